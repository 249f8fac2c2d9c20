"""KPIs: where each stands, the readings that come in, and what is counted of them."""
