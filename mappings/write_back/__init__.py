"""What is to be written to Jira: desired values, the plan, the brake, the preview."""
