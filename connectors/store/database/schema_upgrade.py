"""Brings the tables to the shape this code needs, and says which shape they have."""

from __future__ import annotations

from functools import cache

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from connectors.store.database.fault import UPGRADE, StoreError

# Any fixed number serves: it only has to be the same in every process that upgrades.
_UPGRADE_LOCK = 0x0_6A69_7261_6F6B


def to_head(conn: Connection, revision: str = "head") -> None:
    """Run the missing revisions in the caller's transaction; processes that start together take turns."""
    if conn.dialect.name == "postgresql":
        conn.execute(text("SET LOCAL lock_timeout = 0"))  # another's upgrade may take minutes
        conn.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _UPGRADE_LOCK})
    if revision == "head" and current(conn) == head():
        return  # Alembic would load every revision to find that out
    config = _config()
    config.attributes["connection"] = conn
    command.upgrade(config, revision)


def refuse_newer(conn: Connection, where: str) -> None:
    """StoreError where the database was upgraded by a newer release."""
    found = current(conn)
    if found is not None and found not in known_revisions():
        raise StoreError(
            f"the database has revision {found}, which this release does not know (its newest is {head()})",
            where,
            "install the newer release again, or put back the backup that was taken before the upgrade",
        )


def refuse_older(conn: Connection, where: str) -> None:
    """StoreError where revisions are missing."""
    found = current(conn)
    if found != head():
        what = (
            "the database is empty"
            if found is None
            else f"the database has revision {found}, this release needs {head()}"
        )
        raise StoreError(what, where, UPGRADE)


def current(conn: Connection) -> str | None:
    """The revision the database has, None for an empty one."""
    return MigrationContext.configure(conn).get_current_revision()


@cache
def known_revisions() -> tuple[str, ...]:
    """All revisions of this code, newest first."""
    return tuple(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def head() -> str:
    """The revision this code needs."""
    return known_revisions()[0]


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "connectors.store:migrations")
    return config
