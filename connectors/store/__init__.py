"""What the connector remembers: one database (SQLite or PostgreSQL) and, beside, one module of functions for each kind of memory.

Every function takes a Connection first and a site where it matters; the caller decides what belongs into one transaction.
"""

from __future__ import annotations

from connectors.store.database.engine import Store, current_revision, open_store, open_to_read, upgrade
from connectors.store.database.fault import StoreError
from connectors.store.database.hurry import hurry
from connectors.store.database.table_copy import backup

__all__ = [
    "Store",
    "StoreError",
    "backup",
    "current_revision",
    "hurry",
    "open_store",
    "open_to_read",
    "upgrade",
]
