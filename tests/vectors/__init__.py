"""Golden vectors of the calculator: what the numbers come to, for a second implementation that has to agree."""
