"""What was imported from other tools: the plans, and the issue of each row."""
