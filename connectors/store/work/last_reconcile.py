"""When an objective of a site was reconciled last."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import Insert

from connectors.store.database.instant import maybe_from_ms, to_ms
from connectors.store.database.sql import upsert
from connectors.store.schema import last_reconcile as table


def load_instant(conn: Connection, site: str) -> datetime | None:
    """When that was; None before the first time."""
    return maybe_from_ms(conn.execute(select(table.c.at).where(table.c.site == site)).scalar())


def note(conn: Connection, site: str, now: datetime) -> None:
    """It is now."""
    conn.execute(_noting(conn.dialect.name), {"site": site, "at": to_ms(now)})


@cache
def _noting(dialect: str) -> Insert:
    statement = upsert(dialect, table)
    return statement.on_conflict_do_update(index_elements=[table.c.site], set_={"at": statement.excluded.at})
