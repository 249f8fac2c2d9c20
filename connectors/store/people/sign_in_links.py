"""One-time links by which an operator lets somebody in: their hashes, for which account, and until when they open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from connectors.store.database.instant import from_ms, to_ms
from connectors.store.schema import sign_in_link as table


@dataclass(frozen=True, slots=True)
class SignInLink:
    """What is kept of a link; the link itself is not."""

    hash: str
    account_id: int
    until: datetime


def put(conn: Connection, link: SignInLink, now: datetime) -> None:
    """A new link, in the place of any before for this account; those whose time is over are forgotten."""
    conn.execute(delete(table).where((table.c.account_id == link.account_id) | (table.c.until < to_ms(now))))
    conn.execute(insert(table).values(hash=link.hash, account_id=link.account_id, until=to_ms(link.until)))


def get(conn: Connection, link_hash: str) -> SignInLink | None:
    """The link of this hash; None where there is none, or it was used."""
    row = conn.execute(select(table).where(table.c.hash == link_hash)).one_or_none()
    return None if row is None else SignInLink(row.hash, row.account_id, from_ms(row.until))


def take(conn: Connection, link_hash: str) -> SignInLink | None:
    """The same, and from now on there is none: of those who take it together, one gets it."""
    taken = delete(table).where(table.c.hash == link_hash).returning(table.c.account_id, table.c.until)
    row = conn.execute(taken).first()
    return None if row is None else SignInLink(link_hash, row.account_id, from_ms(row.until))


def clear(conn: Connection) -> None:
    """No link opens any more."""
    conn.execute(delete(table))
