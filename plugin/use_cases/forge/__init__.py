"""The Forge app: who it is that calls, pairing, events, and what its pages ask."""
