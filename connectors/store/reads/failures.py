"""Reads of the whole scope and of recent changes, rounds of Atlassian Goals, and questions who may see what, that fail again and again: since when, how often and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, delete, select

from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.sql import insert_into
from connectors.store.schema import read_failure as table

Kind = Literal["full", "goals", "recent", "sights"]
MOST_TRIES = 3
KINDS: tuple[Kind, ...] = ("full", "goals", "recent", "sights")


@dataclass(frozen=True, slots=True)
class ReadFailure:
    """A kind of read has failed `tries` times in a row, first at `since` and last at `at`."""

    kind: Kind
    since: datetime
    at: datetime
    tries: int
    error: str
    remedy: str

    @property
    def lasts(self) -> bool:
        """Whether it has failed too often to mend itself."""
        return self.tries >= MOST_TRIES


def note(conn: Connection, site: str, kind: Kind, now: datetime, error: str, remedy: str) -> None:
    """One more read of this kind failed."""
    said = {"at": to_ms(now), "error": error, "remedy": remedy}
    statement = insert_into(conn, table).values(site=site, kind=kind, since=to_ms(now), tries=1, **said)
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=[table.c.site, table.c.kind], set_={"tries": table.c.tries + 1, **said}
        )
    )


def clear(conn: Connection, site: str, kind: Kind) -> None:
    """A read of this kind came to its end."""
    conn.execute(delete(table).where(table.c.site == site, table.c.kind == kind))


def load_standing(conn: Connection, site: str) -> tuple[ReadFailure, ...]:
    """The reads that fail at present, a full one first."""
    found = conn.execute(select(table).where(table.c.site == site).order_by(table.c.kind))
    return tuple(
        ReadFailure(
            kind=row.kind,
            since=from_ms(row.since),
            at=from_ms(row.at),
            tries=row.tries,
            error=row.error,
            remedy=row.remedy,
        )
        for row in found
    )
