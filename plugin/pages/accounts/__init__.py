"""Pages of accounts: signing in, one's own account and tokens, people, the audit log, what people keep for themselves, the tour of the demo."""
