"""The record of what was done: bound into a chain, what was refused, and what is kept of a person."""
