"""Where an objective stood, as pages show it: charts and their marks, trend lines, what moved it."""
