"""People, their accounts and tokens, and the record of what they did."""
