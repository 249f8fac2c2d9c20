"""What the connector does for a person who asks, and what waits for one: syncs, plans, held, refused, failed, unread."""
