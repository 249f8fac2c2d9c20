"""What the sandbox site holds: how it is configured, its issues, and how they may be edited."""
