"""Commands about objectives and KPIs: why a number is what it is, what moved it, check-ins, cycles, forecasts, exports."""
