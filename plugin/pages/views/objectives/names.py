"""What objectives are called on pages, and how their names are sorted."""

from __future__ import annotations

from plugin.use_cases.objectives.objective_columns import orders
from plugin.use_cases.objectives.objective_list import Head

ORDERS: dict[str, str] = {order.name: order.label for order in orders()}
"""The orders of the list in words. Each objective stands below the one it is aligned to."""


def natural(key: str) -> tuple[str, int]:
    """PLAT-9 before PLAT-10."""
    prefix, _, number = key.rpartition("-")
    return (prefix, int(number)) if number.isdecimal() and number.isascii() else (key, 0)


def name(head: Head) -> str:
    """What an objective is called in addresses: its key, or its id where it has none."""
    return head.key or head.id
