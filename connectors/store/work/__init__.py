"""Work that waits and what became of it: deliveries, due objectives, writes, refusals, gaps, losses."""
