"""The one-time link by which the first account is made: its hash, and until when it opens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from connectors.store.database.instant import from_ms, to_ms
from connectors.store.schema import set_up_link as table


@dataclass(frozen=True, slots=True)
class SetUpLink:
    """What is kept of a link; the link itself is not."""

    hash: str
    until: datetime


def get(conn: Connection) -> SetUpLink | None:
    """The link that was given last and not used yet."""
    row = conn.execute(select(table)).first()
    return None if row is None else SetUpLink(row.hash, from_ms(row.until))


def put(conn: Connection, link: SetUpLink) -> None:
    """A new link, in the place of any before."""
    conn.execute(delete(table))
    conn.execute(insert(table).values(hash=link.hash, until=to_ms(link.until)))


def take(conn: Connection) -> SetUpLink | None:
    """The link, and from now on there is none: of those who take it together, one gets it."""
    row = conn.execute(delete(table).returning(table.c.hash, table.c.until)).first()
    return None if row is None else SetUpLink(row.hash, from_ms(row.until))
