"""Operations on objectives and KPIs: numbers, ledgers, history, check-ins, forecasts, exports."""
