"""Deliveries: taken in, sorted, told from echoes of our own writes, and taken up in batches."""
