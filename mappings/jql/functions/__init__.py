"""The functions of JQL that are evaluated here, and those of them that look at the issue itself."""
