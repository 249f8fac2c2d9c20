"""Who gets events posted: addresses, secrets, and how far each is."""
