"""Commands of operators: serve, work, the database, sites, webhooks, the sandbox and the demo."""
