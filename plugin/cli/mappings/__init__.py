"""Commands of the life of a mapping."""
