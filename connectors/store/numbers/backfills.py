"""The last reconstruction of a site's past: under which mapping revision, when, and how many points it made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.sql import insert_into
from connectors.store.schema import backfill as table


@dataclass(frozen=True, slots=True)
class Backfill:
    """What was made, and from what."""

    revision: str
    at: datetime
    points: int


def load_latest(conn: Connection, site: str) -> Backfill | None:
    """The last one; None before the first."""
    row = conn.execute(select(table).where(table.c.site == site)).first()
    return None if row is None else Backfill(row.revision, from_ms(row.at), row.points)


def note(conn: Connection, site: str, made: Backfill) -> None:
    """Another one was made."""
    values = {"revision": made.revision, "at": to_ms(made.at), "points": made.points}
    statement = insert_into(conn, table).values(site=site, **values)
    conn.execute(statement.on_conflict_do_update(index_elements=[table.c.site], set_=values))
