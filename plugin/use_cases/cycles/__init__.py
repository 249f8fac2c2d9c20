"""Cycles: which there are, what they came to, closing them and opening them again."""
