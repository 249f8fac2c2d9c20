"""Mirrored issues, and the objectives, histories and lists that are made of them."""
