"""A copy of the whole database while it is in use. SQLite only: PostgreSQL has `pg_dump`."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import cast

from connectors.store.database import Store
from connectors.store.fault import StoreError


def backup(store: Store, path: Path) -> None:
    """Copy the database into a new file; readers and writers go on meanwhile. StoreError where the file is there already."""
    if store.dialect != "sqlite":
        raise StoreError(
            "only a SQLite database is backed up here", store.where, "use pg_dump for PostgreSQL"
        )
    if path.exists():
        raise StoreError(
            "the backup file is there already", str(path), "name a new file, or move the old one away"
        )
    unfinished = path.with_name(path.name + ".part")
    try:
        _copy(store, unfinished)
    except (OSError, sqlite3.Error) as error:
        unfinished.unlink(missing_ok=True)
        raise StoreError(
            f"the backup could not be written: {error}",
            str(path),
            "name a directory that can be written and has room",
        ) from error
    unfinished.replace(path)


def _copy(store: Store, path: Path) -> None:
    with store.read() as conn, closing(sqlite3.connect(path)) as target:
        cast("sqlite3.Connection", conn.connection.driver_connection).backup(target)
