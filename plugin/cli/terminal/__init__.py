"""How commands open the connector, and how they speak."""
