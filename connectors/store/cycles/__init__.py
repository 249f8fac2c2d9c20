"""Cycles that have ended: what stood at their end, the records of closed ones, and what was carried on."""
