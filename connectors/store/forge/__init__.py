"""What is kept of the Forge app."""
