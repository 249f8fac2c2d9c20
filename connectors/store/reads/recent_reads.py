"""Looks at what changed of late: when the last one was, and what they found wrong since the last full read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from connectors.store.database.instant import maybe_from_ms, to_ms
from connectors.store.database.sql import insert_into
from connectors.store.schema import recent_read as table


@dataclass(frozen=True, slots=True)
class RecentReads:
    """`at` is when the last was; `wrong` counts the issues found wrong by all since the last full read, the latest at `wrong_at`."""

    at: datetime | None = None
    wrong: int = 0
    wrong_at: datetime | None = None


def load_reads(conn: Connection, site: str) -> RecentReads:
    """Those of a site."""
    row = conn.execute(select(table).where(table.c.site == site)).first()
    if row is None:
        return RecentReads()
    return RecentReads(maybe_from_ms(row.at), row.wrong, maybe_from_ms(row.wrong_at))


def note(conn: Connection, site: str, now: datetime, wrong: int) -> None:
    """One came to its end, and found so many issues wrong."""
    at = to_ms(now)
    found = {"wrong": table.c.wrong + wrong, "wrong_at": at} if wrong else {}
    statement = insert_into(conn, table).values(site=site, at=at, wrong=wrong, wrong_at=at if wrong else None)
    conn.execute(statement.on_conflict_do_update(index_elements=[table.c.site], set_={"at": at, **found}))


def count_anew(conn: Connection, site: str) -> None:
    """A full read came to its end: what was wrong before it counts no more."""
    conn.execute(update(table).where(table.c.site == site).values(wrong=0, wrong_at=None))
