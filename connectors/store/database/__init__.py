"""The database itself: engine, upgrades, faults, and how values are kept as text."""
