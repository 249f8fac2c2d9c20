"""What a meeting over objectives looks at: the agenda, each with why it is on it, and how it stands altogether."""
