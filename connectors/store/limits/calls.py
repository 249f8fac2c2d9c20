"""How much a site was called, minute by minute."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select

from connectors.store.database.sql import insert_into
from connectors.store.schema import call_minute as table


def by_minute(conn: Connection, site: str, after: int) -> dict[int, int]:
    """The calls of each minute after that one; minutes since 1970."""
    rows = conn.execute(
        select(table.c.minute, table.c.calls).where(table.c.site == site, table.c.minute > after)
    )
    return {row.minute: row.calls for row in rows}


def add(conn: Connection, site: str, minute: int, calls: int, *, after: int) -> None:
    """So many more in this minute; what is not after that one is forgotten."""
    statement = insert_into(conn, table).values(site=site, minute=minute, calls=calls)
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=[table.c.site, table.c.minute],
            set_={"calls": table.c.calls + statement.excluded.calls},
        )
    )
    conn.execute(delete(table).where(table.c.site == site, table.c.minute <= after))
