"""How many deliveries of a site are taken at once, where that is fewer than usual."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select

from connectors.store.database.sql import insert_into
from connectors.store.schema import batch_size as table


def get(conn: Connection, site: str) -> int | None:
    """How many; None for as many as usual."""
    return conn.execute(select(table.c.deliveries).where(table.c.site == site)).scalar()


def put(conn: Connection, site: str, deliveries: int) -> None:
    """From now on so many."""
    statement = insert_into(conn, table).values(site=site, deliveries=deliveries)
    conn.execute(
        statement.on_conflict_do_update(index_elements=[table.c.site], set_={"deliveries": deliveries})
    )


def clear(conn: Connection, site: str) -> None:
    """From now on as many as usual."""
    conn.execute(delete(table).where(table.c.site == site))
