"""The last full read of a site that came to its end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.sql import insert_into
from connectors.store.schema import full_read as table


@dataclass(frozen=True, slots=True)
class FullRead:
    """When it ended, under which mapping revision, how many issues it read, and how many of them were wrong in the mirror.

    None is what releases of former times did not keep.
    """

    at: datetime
    revision: str | None = None
    issues: int | None = None
    wrong: int | None = None


def load_latest(conn: Connection, site: str) -> FullRead | None:
    """The last one; None before the first."""
    row = conn.execute(select(table).where(table.c.site == site)).first()
    return None if row is None else FullRead(from_ms(row.at), row.revision, row.issues, row.wrong)


def note(conn: Connection, site: str, read: FullRead) -> None:
    """Another one came to its end."""
    values = {"at": to_ms(read.at), "revision": read.revision, "issues": read.issues, "wrong": read.wrong}
    statement = insert_into(conn, table).values(site=site, **values)
    conn.execute(statement.on_conflict_do_update(index_elements=[table.c.site], set_=values))
