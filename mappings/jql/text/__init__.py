"""JQL as text: cut into tokens and read into a tree with exact places."""
