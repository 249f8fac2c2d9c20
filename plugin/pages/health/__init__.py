"""Sync health: how fresh the data is, what waits for a person, and the buttons beside it."""
