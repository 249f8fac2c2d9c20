"""Writing to issues: fields and remote links."""
