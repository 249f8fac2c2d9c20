"""Pages of KPIs: the board, one KPI and its readings."""
