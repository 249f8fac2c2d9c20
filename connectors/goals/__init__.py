"""Atlassian Goals over Atlassian's GraphQL gateway. Cloud alone has them."""

from __future__ import annotations

from connectors.goals.client import Goals, goals_of

__all__ = ["Goals", "goals_of"]
