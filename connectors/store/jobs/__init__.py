"""What processes tell each other of themselves and of the work that one of them does for all."""
