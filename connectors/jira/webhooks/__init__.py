"""Webhooks: what proves them, what they hint at, and how they are registered."""
