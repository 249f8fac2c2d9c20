"""Sites and the revisions of their mappings."""
