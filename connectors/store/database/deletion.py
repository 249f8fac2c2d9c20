"""Many rows deleted a thousand at a time: whoever writes waits no longer than that takes."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import ColumnElement, Table, delete, select

from connectors.store.database.engine import Store

MOST_AT_ONCE = 1_000
"""Rows that are deleted in one transaction."""


def delete_where(store: Store, table: Table, which: ColumnElement[bool], going_on: Callable[[], None]) -> int:
    """Delete the rows of a table (which has an `id`) that are so; how many went.

    They are looked for without holding anybody back, and asked for again as they go: meanwhile they may be so no more, and SQLite gives an id
    anew once its row is gone. Before each thousand `going_on` is called, which may raise to stop.
    """
    with store.read() as conn:
        ids = list(conn.execute(select(table.c.id).where(which).order_by(table.c.id)).scalars())
    went = 0
    for first in range(0, len(ids), MOST_AT_ONCE):
        going_on()
        some = ids[first : first + MOST_AT_ONCE]
        still = (table.c.id.between(some[0], some[-1]), table.c.id.in_(some))
        with store.write() as conn:
            went += conn.execute(delete(table).where(*still, which)).rowcount
    return went
