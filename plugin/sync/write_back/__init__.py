"""What is written to Jira, and what is not: places, plans applied, what is held, what is cleared, who is told by mail."""
