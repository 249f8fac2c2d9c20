"""The day for which the objectives of a site were looked at last: a new day changes what is expected of them."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, select

from connectors.store.database.sql import insert_into
from connectors.store.schema import pace_day as table


def turn(conn: Connection, site: str, day: date) -> bool:
    """It is this day; False where that was known: of those who turn to a day, one does."""
    text = day.isoformat()
    statement = insert_into(conn, table).values(site=site, day=text)
    turned = conn.execute(
        statement.on_conflict_do_update(
            index_elements=[table.c.site], set_={"day": text}, where=table.c.day != text
        ).returning(table.c.day)
    )
    return turned.first() is not None


def is_known(conn: Connection, site: str, day: date) -> bool:
    """Whether it was this day already when they were looked at last."""
    return conn.execute(select(table.c.day).where(table.c.site == site)).scalar() == day.isoformat()
