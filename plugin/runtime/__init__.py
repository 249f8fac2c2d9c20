"""Settings, composition, processes, logs, metrics and serving: what keeps the product running."""
