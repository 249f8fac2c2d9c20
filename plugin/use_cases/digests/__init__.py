"""Digests: what would be told to whom, telling it once, and stopping it."""
