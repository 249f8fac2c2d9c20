"""Who may see what: the mode of a site, who accounts are in Jira, what Jira says each may see, and the cut that follows."""
