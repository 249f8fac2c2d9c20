"""Commands about accounts and their tokens."""
