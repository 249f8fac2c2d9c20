"""A cycle as pages show it: its review, its scores, and a replay of it."""
