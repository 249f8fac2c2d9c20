"""The JSON of issues as Jira sends it, decoded issue by issue."""
