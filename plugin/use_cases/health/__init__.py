"""How the sites stand, and what ought to trouble somebody."""
