"""Objectives as pages show them: lists, bars, charts, ledgers, movement, check-ins."""
