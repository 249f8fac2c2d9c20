"""Pages of objectives: the list, one and why, check-ins."""
