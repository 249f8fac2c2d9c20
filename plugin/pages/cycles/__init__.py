"""Pages of a cycle: its review, closing it, carrying on in the next one, and a replay under another mapping."""
