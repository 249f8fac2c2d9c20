"""A copy of the whole database while it is in use, and the way back. SQLite only: PostgreSQL has `pg_dump` and `pg_restore`."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import cast

from connectors.store.database import schema_upgrade
from connectors.store.database.engine import Store, database_address, make_private, show_address
from connectors.store.database.fault import StoreError, not_a_database

BESIDE = ("-wal", "-shm", "-journal")


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


def restore(path: Path, url: str) -> str:
    """Put a backup in the place of the database of this URL; its revision. The former database is kept beside as `.before`.

    Nothing may use the database meanwhile. StoreError where the backup is damaged or newer than this release.
    """
    address = database_address(url)
    if address.get_backend_name() != "sqlite" or not address.database:
        raise StoreError("only a SQLite database is restored here", show_address(address), "use pg_restore")
    revision = inspect_copy(path)
    target = Path(address.database)
    target.parent.mkdir(parents=True, exist_ok=True)
    refuse_busy(target)
    arriving = target.with_name(target.name + ".part")
    try:
        make_private(arriving)
        with (
            closing(_opened(path)) as source,
            closing(sqlite3.connect(arriving)) as copy,
        ):
            source.backup(copy)
    except (OSError, sqlite3.Error) as error:
        arriving.unlink(missing_ok=True)
        raise StoreError(
            f"the copy could not be written: {error}", str(target), "make room, or let files be written there"
        ) from error
    if target.exists():
        target.replace(target.with_name(target.name + ".before"))
    for ending in BESIDE:
        target.with_name(target.name + ending).unlink(missing_ok=True)
    arriving.replace(target)
    return revision


def former_database(url: str) -> Path | None:
    """Where the database is kept that a restored one took the place of; None where there is none."""
    address = database_address(url).database or ""
    kept = Path(f"{address}.before")
    return kept if address and kept.is_file() else None


def token_hashes(path: Path) -> frozenset[str] | None:
    """The hashes of the API tokens in a database file, of whatever revision; None where it cannot be read."""
    try:
        with closing(_opened(path)) as conn:
            return frozenset(str(row[0]) for row in conn.execute("SELECT token_hash FROM api_token"))
    except sqlite3.Error:
        return None


def inspect_copy(path: Path) -> str:
    """The revision of a database file that is whole and known to this release; StoreError otherwise."""
    if not path.is_file():
        raise StoreError("there is no such file", str(path), "name a file that jira-okr db backup wrote")
    try:
        with closing(_opened(path)) as conn:
            faults = [row[0] for row in conn.execute("PRAGMA integrity_check(5)")]
            revision = _revision(conn)
    except sqlite3.DatabaseError as error:
        raise not_a_database(str(path)) from error
    if faults != ["ok"]:
        raise StoreError(f"the file is damaged: {faults[0]}", str(path), "take another backup")
    if revision is None:
        raise StoreError("the file holds no database of jira-okr", str(path), "name another file")
    if revision not in schema_upgrade.known_revisions():
        raise StoreError(
            f"the backup has revision {revision}, which this release does not know",
            str(path),
            "install the release that wrote it, or a newer one",
        )
    return revision


def faults(store: Store) -> list[str]:
    """What the database itself finds wrong with its file; PostgreSQL looks after that by itself."""
    if store.dialect != "sqlite":
        return []
    with store.read() as conn:
        found = [row[0] for row in conn.exec_driver_sql("PRAGMA integrity_check(20)")]
        dangling = conn.exec_driver_sql("PRAGMA foreign_key_check").all()
    return [line for line in found if line != "ok"] + [
        f"a row of {row[0]} points nowhere" for row in dangling
    ]


def _opened(path: Path) -> sqlite3.Connection:
    """The file to be read alone, whatever its name."""
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)


def _revision(conn: sqlite3.Connection) -> str | None:
    try:
        row = conn.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError:
        return None
    return None if row is None else str(row[0])


def refuse_busy(target: Path) -> None:
    """StoreError where another process uses the database: it would go on writing into the file that is moved away."""
    if not target.exists():
        return
    try:
        with closing(sqlite3.connect(target, timeout=0.2, isolation_level=None)) as conn:
            conn.execute("PRAGMA locking_mode=EXCLUSIVE")
            conn.execute("BEGIN EXCLUSIVE")
            conn.execute("ROLLBACK")
            conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.OperationalError as error:
        raise StoreError(
            "another process uses the database", str(target), "stop jira-okr serve and every worker first"
        ) from error
    except sqlite3.DatabaseError:
        return  # damaged: that is why a backup is put in its place


def _copy(store: Store, path: Path) -> None:
    make_private(path)
    with store.read() as conn, closing(sqlite3.connect(path)) as target:
        cast("sqlite3.Connection", conn.connection.driver_connection).backup(target)
        target.execute("PRAGMA journal_mode=DELETE")
    _flush(path)


def _flush(path: Path) -> None:
    """On the disk before it gets its name."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
