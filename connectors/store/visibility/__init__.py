"""Who may see what: the mode of each site, which Jira person an account is, and what Jira said each may see."""
