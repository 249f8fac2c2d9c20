"""What is: Jira over HTTP, the database, KPI sources and the sandbox Jira. All input and output lives here."""
