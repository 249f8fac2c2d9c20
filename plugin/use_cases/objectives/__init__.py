"""Objectives and KPIs: lists, one of them and why, movement, check-ins, the reconstructed past."""
