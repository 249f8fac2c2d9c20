"""What is known of Jira: issues and how they hang together, the catalogue, selectors, gaps."""
