"""What is wrong or doubtful in a document: its own contradictions, and what the live site says of it."""
