"""Which processes call a site, by when they said so last."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from connectors.store.database.instant import to_ms
from connectors.store.database.sql import insert_into
from connectors.store.schema import caller as table


def count_with(conn: Connection, site: str, me: str, now: datetime, since: datetime) -> int:
    """How many there are, me among them; whoever said nothing since then is forgotten."""
    statement = insert_into(conn, table).values(site=site, id=me, at=to_ms(now))
    conn.execute(
        statement.on_conflict_do_update(index_elements=[table.c.site, table.c.id], set_={"at": to_ms(now)})
    )
    conn.execute(delete(table).where(table.c.site == site, table.c.at <= to_ms(since)))
    return conn.execute(select(func.count()).where(table.c.site == site)).scalar_one()
