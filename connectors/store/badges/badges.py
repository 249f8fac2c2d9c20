"""Badges that somebody made public: a row lets whoever has its address see the numbers of one objective or cycle; without it nobody does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, delete, insert, select

from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.sql import StoredRow
from connectors.store.schema import badge as table

BadgeKind = Literal["objective", "cycle"]


@dataclass(frozen=True, slots=True)
class PublicBadge:
    """What is public under an address: an objective or a cycle by its id, called by the words that were made public with it."""

    token: str
    site: str
    kind: BadgeKind
    subject: str
    words: str
    by: str
    at: datetime


def add(conn: Connection, one: PublicBadge) -> None:
    """Make it public."""
    values = {
        "token": one.token,
        "site": one.site,
        "kind": one.kind,
        "subject": one.subject,
        "words": one.words,
        "by": one.by,
        "at": to_ms(one.at),
    }
    conn.execute(insert(table).values(values))


def get(conn: Connection, token: str) -> PublicBadge | None:
    """What is public under this address, None where nothing is."""
    row = conn.execute(select(table).where(table.c.token == token)).one_or_none()
    return None if row is None else _badge(row)


def of_site(conn: Connection, site: str) -> list[PublicBadge]:
    """All that is public of a site, the latest first."""
    found = select(table).where(table.c.site == site).order_by(table.c.at.desc(), table.c.token)
    return [_badge(row) for row in conn.execute(found)]


def remove(conn: Connection, site: str, token: str) -> bool:
    """Make it public no more; whether it was."""
    mine = (table.c.site == site, table.c.token == token)
    return conn.execute(delete(table).where(*mine)).rowcount > 0


def _badge(row: StoredRow) -> PublicBadge:
    return PublicBadge(
        token=row.token,
        site=row.site,
        kind=row.kind,
        subject=row.subject,
        words=row.words,
        by=row.by,
        at=from_ms(row.at),
    )
