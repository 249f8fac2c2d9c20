"""The last no to a key result's becoming a KPI, one row a key result: what was achieved until then is not counted again."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Connection, select

from connectors.store.database.instant import to_ms
from connectors.store.database.sql import insert_into
from connectors.store.schema import promotion as table


def load_dismissed(conn: Connection, site: str) -> dict[str, date]:
    """The last day of the latest cycle that was closed when somebody said no, by id of the key result."""
    rows = conn.execute(select(table.c.key_result, table.c.until).where(table.c.site == site))
    return {row.key_result: date.fromisoformat(row.until) for row in rows}


def dismiss(conn: Connection, site: str, key_result: str, until: date, by: str, now: datetime) -> None:
    """Keep a no; a later one stands in the place of the former."""
    statement = insert_into(conn, table)
    row = {"site": site, "key_result": key_result, "until": until.isoformat(), "at": to_ms(now), "by": by}
    news = {name: statement.excluded[name] for name in ("until", "at", "by")}
    key = [table.c.site, table.c.key_result]
    conn.execute(statement.on_conflict_do_update(index_elements=key, set_=news), row)
