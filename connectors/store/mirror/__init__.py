"""The local copy of Jira's issues: their facts, names and texts."""
