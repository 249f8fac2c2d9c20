"""OKRs from other tools: planned, applied once, and how far that is."""
