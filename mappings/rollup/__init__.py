"""From key results to objectives: what reaches an objective, how it rolls up, and how objectives hang together."""
