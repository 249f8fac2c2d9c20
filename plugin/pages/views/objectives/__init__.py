"""Objectives as pages show them: lists, trees, bars, charts, ledgers, movement, check-ins, reviews."""
