"""What is kept of a person, wherever it stands: in which spellings they are known, in which columns these are looked for, and how they go."""
