"""What was planned and written, what stands in Jira because of it, what was refused or held, and who may edit."""
