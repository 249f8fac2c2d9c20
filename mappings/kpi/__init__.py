"""KPIs: when one becomes a key result and when it is a watched KPI again."""
