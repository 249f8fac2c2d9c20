"""Operations on what the connector does and what waits for a person."""
