"""Badges and cards of what was made public."""
