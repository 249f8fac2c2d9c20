"""What Jira asked to leave alone for a while: everything, one endpoint, or the writes to one issue."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.sql import insert_into
from connectors.store.schema import pause as table


@dataclass(frozen=True, slots=True)
class KeptPause:
    """Nothing of `what` before `until`; `strikes` counts refusals in a row."""

    what: str
    until: datetime
    strikes: int
    reason: str


def load_all(conn: Connection, site: str) -> list[KeptPause]:
    """Those of a site by what they hold; one that is over may be among them."""
    rows = conn.execute(select(table).where(table.c.site == site).order_by(table.c.what))
    return [KeptPause(row.what, from_ms(row.until), row.strikes, row.reason) for row in rows]


def put(conn: Connection, site: str, news: Iterable[KeptPause], now: datetime) -> None:
    """Of each the longer one stands; what is over is forgotten."""
    for one in sorted(news, key=lambda pause: pause.what):
        values = {"until": to_ms(one.until), "strikes": one.strikes, "reason": one.reason}
        statement = insert_into(conn, table).values(site=site, what=one.what, **values)
        conn.execute(
            statement.on_conflict_do_update(
                index_elements=[table.c.site, table.c.what],
                set_=values,
                where=table.c.until < statement.excluded.until,
            )
        )
    conn.execute(delete(table).where(table.c.site == site, table.c.until <= to_ms(now)))
