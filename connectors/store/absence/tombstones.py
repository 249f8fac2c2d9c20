"""When an issue left the mirror: one row for each that left lately."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.sql import among, insert_into
from connectors.store.schema import tombstone as table

ROUNDED_UP = timedelta(microseconds=999)
"""What was read within the same millisecond counts as read before."""


def put(conn: Connection, site: str, issue_ids: Iterable[str], now: datetime) -> None:
    """These issues left now."""
    at = to_ms(now + ROUNDED_UP)
    rows = [{"site": site, "issue_id": id_, "at": at} for id_ in sorted(set(issue_ids))]
    if rows:
        statement = insert_into(conn, table)
        conn.execute(
            statement.on_conflict_do_update(
                index_elements=[table.c.site, table.c.issue_id], set_={"at": statement.excluded.at}
            ),
            rows,
        )


def among_these(
    conn: Connection, site: str, issue_ids: Iterable[str], since: datetime
) -> dict[str, datetime]:
    """Which of these issues left after this instant, and when."""
    mine = (table.c.site == site, among(conn, table.c.issue_id, issue_ids), table.c.at > to_ms(since))
    return {row.issue_id: from_ms(row.at) for row in conn.execute(select(table).where(*mine))}


def prune(conn: Connection, before: datetime) -> int:
    """Forget what left before this instant; how many issues."""
    return conn.execute(delete(table).where(table.c.at < to_ms(before))).rowcount
