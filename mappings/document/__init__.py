"""The mapping document: the YAML or JSON an admin writes, read into one model with every finding at its line and column."""
