"""KPIs as pages show them."""
