"""KPIs: what each was read as, why a period has no reading, and which promotions were declined."""
