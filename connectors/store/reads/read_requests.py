"""That everything of a site is to be read again: how often it was asked for, and which of that a read has served.

Counted, so that a wish which comes while a read is under way is not taken for the one that it serves.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select, update

from connectors.store.database.instant import to_ms
from connectors.store.database.sql import insert_into
from connectors.store.schema import read_request as table


def ask(conn: Connection, site: str, now: datetime, *, once: bool = False) -> None:
    """Everything is to be read, also what is read just now; `once`: unless that is wanted already."""
    statement = insert_into(conn, table).values(site=site, asked=1, served=0, at=to_ms(now))
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=[table.c.site],
            set_={"asked": table.c.asked + 1, "at": statement.excluded.at},
            where=table.c.asked == table.c.served if once else None,
        )
    )


def count_requests(conn: Connection, site: str) -> int:
    """How often it was asked for until now."""
    return conn.execute(select(table.c.asked).where(table.c.site == site)).scalar() or 0


def is_open(conn: Connection, site: str) -> bool:
    """Whether everything is still to be read."""
    waiting = (table.c.site == site, table.c.asked > table.c.served)
    return conn.execute(select(table.c.site).where(*waiting)).first() is not None


def serve(conn: Connection, site: str, asked: int) -> None:
    """A read came to its end that began when it had been asked for so often."""
    conn.execute(update(table).where(table.c.site == site, table.c.served < asked).values(served=asked))
