"""How issues, key results and objectives hang together, and which of them a change may concern."""
