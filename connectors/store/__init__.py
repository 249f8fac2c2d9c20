"""What the connector remembers: one database (SQLite or PostgreSQL) and, beside, one module of functions for each kind of memory.

Every function takes a Connection first and a site where it matters; the caller decides what belongs into one transaction.
"""

from __future__ import annotations

from connectors.store.copying import backup
from connectors.store.database import Store, current_revision, open_store, upgrade
from connectors.store.fault import StoreError

__all__ = ["Store", "StoreError", "backup", "current_revision", "open_store", "upgrade"]
