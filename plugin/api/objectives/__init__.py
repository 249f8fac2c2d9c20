"""Operations on objectives: numbers, ledgers, history, check-ins, cycles, forecasts, exports."""
