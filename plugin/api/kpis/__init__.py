"""Operations on KPIs: where they stand, their readings, and key results that are to become KPIs."""
