"""Reading issues: by search and by id, their history, parents and entity properties."""
