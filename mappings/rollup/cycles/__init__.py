"""The cycle of an objective: how much of it has passed, what stood at its end, its score, its closing, what is carried on."""
