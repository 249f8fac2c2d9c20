"""The one-time code by which an installation is paired with a site: its hash, and until when it opens."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, select

from connectors.store.database.instant import to_ms
from connectors.store.database.sql import insert_into
from connectors.store.schema import forge_code as table


def put(conn: Connection, site: str, hash_: str, until: datetime) -> None:
    """A new code, in the place of the one that the site had."""
    values = {"hash": hash_, "until": to_ms(until)}
    statement = insert_into(conn, table).values(site=site, **values)
    conn.execute(statement.on_conflict_do_update(index_elements=[table.c.site], set_=values))


def site_of(conn: Connection, hash_: str, now: datetime) -> str | None:
    """The site whose code this is; None where there is none, or it has run out."""
    held = (table.c.hash == hash_, table.c.until > to_ms(now))
    found: str | None = conn.execute(select(table.c.site).where(*held)).scalar()
    return found


def take(conn: Connection, site: str, hash_: str) -> bool:
    """Use a code up; False where somebody else did meanwhile."""
    return conn.execute(delete(table).where(table.c.site == site, table.c.hash == hash_)).rowcount == 1
