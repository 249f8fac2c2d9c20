"""Objectives as they stood: numbers, ledgers, histories, check-ins, forecasts."""
