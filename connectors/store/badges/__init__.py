"""What was made public, by the address of each badge."""
