"""Who changed what of the configuration, and when. Rows are added and, after the time an operator sets, forgotten; changed only where a person is erased."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from connectors.store.database import json_text
from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.sql import StoredRow, plain
from connectors.store.schema import audit as table

LONGEST_NAME = 500


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act; `site` is empty for what concerns the whole installation, `detail` never holds a secret."""

    id: int
    at: datetime
    site: str
    who: str
    what: str
    detail: dict[str, object]


def note(
    conn: Connection,
    who: str,
    what: str,
    now: datetime,
    detail: Mapping[str, object] | None = None,
    site: str = "",
) -> None:
    """Add an entry, in the transaction of the act itself."""
    row = {
        "at": to_ms(now),
        "site": site,
        "who": plain(who, LONGEST_NAME),
        "what": plain(what, LONGEST_NAME),
        "detail": json_text.encode(detail or {}),
    }
    conn.execute(insert(table), row)


def recent(conn: Connection, limit: int, before_id: int | None = None) -> list[AuditEntry]:
    """The latest entries, newest first; `before_id` asks for the page after the one that ended there."""
    statement = select(table).order_by(table.c.id.desc()).limit(limit)
    if before_id is not None:
        statement = statement.where(table.c.id < before_id)
    return [_entry(row) for row in conn.execute(statement)]


def of_kpi(conn: Connection, site: str, kpi_id: str, limit: int) -> list[AuditEntry]:
    """What was done about what a KPI became, or is to become, newest first."""
    said = f'"kpi":{json_text.encode(kpi_id)}'
    statement = select(table).where(
        table.c.site == site, table.c.what.contains(" KPI "), table.c.detail.contains(said, autoescape=True)
    )
    newest = statement.order_by(table.c.id.desc()).limit(limit)
    return [one for row in conn.execute(newest) if "episode" in (one := _entry(row)).detail]


def of_kpis(conn: Connection, site: str, since: datetime) -> list[AuditEntry]:
    """What was done since then about what KPIs became, the oldest first."""
    mine = (table.c.site == site, table.c.at > to_ms(since), table.c.what.contains(" KPI "))
    rows = conn.execute(select(table).where(*mine).order_by(table.c.id))
    return [one for row in rows if "episode" in (one := _entry(row)).detail]


def _entry(row: StoredRow) -> AuditEntry:
    detail = json_text.decode(row.detail, dict[str, object])
    return AuditEntry(id=row.id, at=from_ms(row.at), site=row.site, who=row.who, what=row.what, detail=detail)
