"""One objective brought to its desired state: measured, planned, written, or held."""
