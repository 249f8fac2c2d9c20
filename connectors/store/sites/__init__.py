"""Sites: how they are spoken to, by whose consent, and what Jira says of their webhooks."""
