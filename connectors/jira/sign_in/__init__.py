"""How we are let in: credentials, what a token may, and the server that gives tokens."""
