"""Why a period of a KPI has no reading though its source was asked, how often it was, and when last."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.sql import insert_into, plain
from connectors.store.schema import kpi_failure as table

LONGEST_TEXT = 2_000


@dataclass(frozen=True, slots=True)
class KpiFailure:
    """No reading for the period that ends with `last`: why, what to do, and after how many attempts."""

    kpi: str
    last: datetime
    kind: str
    reason: str
    remedy: str
    tried_at: datetime
    attempts: int = 1


def load_failures(
    conn: Connection, site: str, since: datetime | None = None, kpi_id: str | None = None
) -> tuple[KpiFailure, ...]:
    """The failures of periods that end then or later, of one KPI or of all."""
    statement = select(table).where(table.c.site == site)
    if kpi_id is not None:
        statement = statement.where(table.c.kpi_id == kpi_id)
    if since is not None:
        statement = statement.where(table.c.last >= to_ms(since))
    return tuple(
        KpiFailure(
            kpi=row.kpi_id,
            last=from_ms(row.last),
            kind=row.kind,
            reason=row.reason,
            remedy=row.remedy,
            tried_at=from_ms(row.tried_at),
            attempts=row.attempts,
        )
        for row in conn.execute(statement.order_by(table.c.kpi_id, table.c.last))
    )


def put(conn: Connection, site: str, failures: Iterable[KpiFailure]) -> None:
    """Keep these, in the place of what was said of their periods before."""
    rows = [
        {
            "site": site,
            "kpi_id": one.kpi,
            "last": to_ms(one.last),
            "kind": one.kind,
            "reason": plain(one.reason, LONGEST_TEXT),
            "remedy": plain(one.remedy, LONGEST_TEXT),
            "tried_at": to_ms(one.tried_at),
            "attempts": one.attempts,
        }
        for one in failures
    ]
    if rows:
        statement = insert_into(conn, table)
        names = ("kind", "reason", "remedy", "tried_at", "attempts")
        news = {name: statement.excluded[name] for name in names}
        key = [table.c.site, table.c.kpi_id, table.c.last]
        conn.execute(statement.on_conflict_do_update(index_elements=key, set_=news), rows)


def forget(conn: Connection, site: str, kpi_id: str, last: datetime) -> None:
    """The period was read after all."""
    mine = (table.c.site == site, table.c.kpi_id == kpi_id, table.c.last == to_ms(last))
    conn.execute(delete(table).where(*mine))


def prune(conn: Connection, site: str, before: datetime) -> None:
    """Forget what was said of periods that ended before then."""
    conn.execute(delete(table).where(table.c.site == site, table.c.last < to_ms(before)))
