"""Objectives: lists, one of them and why, movement, Atlassian Goals, the reconstructed past."""
