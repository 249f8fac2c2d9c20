"""What every objective stood at, at one moment: the last point of its history that is not later."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select

from connectors.store.database.instant import to_ms
from connectors.store.database.json_text import fraction_of
from connectors.store.schema import history as points
from mappings.digest.digest import FormerStanding
from mappings.rollup.state import HealthLevel


def stood_at(conn: Connection, site: str, moment: datetime) -> dict[str, FormerStanding]:
    """By objective; one that had no history then is left out."""
    rank = func.row_number().over(
        partition_by=points.c.objective_id, order_by=(points.c.at.desc(), points.c.id.desc())
    )
    ranked = (
        select(points.c.objective_id, points.c.progress, points.c.health, rank.label("rank"))
        .where(points.c.site == site, points.c.at <= to_ms(moment))
        .subquery()
    )
    rows = conn.execute(select(ranked).where(ranked.c.rank == 1))
    return {
        row.objective_id: FormerStanding(fraction_of(row.progress), HealthLevel(row.health)) for row in rows
    }
