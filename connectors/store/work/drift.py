"""Drift by objective: how many issues beneath each one resyncs found wrong since the last full read began to count anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.sql import insert_into
from connectors.store.schema import drift


@dataclass(frozen=True, slots=True)
class ObjectiveDrift:
    """One objective: how many of its issues were wrong, and when that was found last."""

    objective_id: str
    issues: int
    at: datetime


def add(conn: Connection, site: str, issues: Mapping[str, int], now: datetime) -> None:
    """So many issues more were wrong, by objective."""
    rows = [
        {"site": site, "objective_id": objective_id, "issues": count, "at": to_ms(now)}
        for objective_id, count in sorted(issues.items())
        if count
    ]
    if not rows:
        return
    statement = insert_into(conn, drift)
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=[drift.c.site, drift.c.objective_id],
            set_={"issues": drift.c.issues + statement.excluded.issues, "at": statement.excluded.at},
        ),
        rows,
    )


def restart(conn: Connection, site: str) -> None:
    """Count from nothing again."""
    conn.execute(delete(drift).where(drift.c.site == site))


def worst(conn: Connection, site: str, most: int = 1_000) -> list[ObjectiveDrift]:
    """The objectives that were wrong, those with the most issues first."""
    order = (drift.c.issues.desc(), drift.c.objective_id)
    found = conn.execute(select(drift).where(drift.c.site == site).order_by(*order).limit(most))
    return [ObjectiveDrift(row.objective_id, row.issues, from_ms(row.at)) for row in found]


def load_drift(conn: Connection, site: str, objective_id: str) -> ObjectiveDrift | None:
    """One objective, None where nothing of it was wrong."""
    mine = (drift.c.site == site, drift.c.objective_id == objective_id)
    row = conn.execute(select(drift).where(*mine)).first()
    return None if row is None else ObjectiveDrift(row.objective_id, row.issues, from_ms(row.at))


def count(conn: Connection, site: str) -> int:
    """How many objectives were wrong."""
    return conn.execute(select(func.count()).select_from(drift).where(drift.c.site == site)).scalar_one()
