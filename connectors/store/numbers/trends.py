"""How objectives moved, as coarse as a trend line can show it: however long a history is, little of it is read."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import lru_cache

from sqlalchemy import BigInteger, BindParameter, Connection, bindparam, func, or_, select

from connectors.store.database.instant import from_ms
from connectors.store.database.json_text import fraction_of
from connectors.store.database.sql import Statement
from connectors.store.schema import history

LAST = 2**62
"""An instant after all others."""
FINEST = 44
"""Into so many parts the time of a history is cut; of each its last point is kept."""


@dataclass(frozen=True, slots=True)
class ProgressPoint:
    """Where progress stood from a moment on."""

    at: datetime
    progress: Fraction | None


@dataclass(frozen=True, slots=True)
class ProgressTrend:
    """The steps of one objective, oldest first, its first and its last among them; `points` counts all there are."""

    steps: list[ProgressPoint]
    points: int


def trends(
    conn: Connection, sites: Collection[str], ids: Collection[str], until_ms: int = LAST
) -> dict[tuple[str, str], ProgressTrend]:
    """By site and id, in one statement, up to an instant (epoch milliseconds)."""
    found: dict[tuple[str, str], ProgressTrend] = {}
    for row in conn.execute(_thinned(), {"sites": sites, "ids": ids, "until": until_ms}):
        trend = found.setdefault((row.site, row.objective_id), ProgressTrend([], row.points))
        trend.steps.append(ProgressPoint(from_ms(row.at), fraction_of(row.progress)))
    return found


@lru_cache(maxsize=1)
def _thinned() -> Statement:
    """The points of these objectives, each with its part of the time; then the last of each part, and the first of all."""
    its = (history.c.site, history.c.objective_id)
    until = history.c.at <= bindparam("until", type_=BigInteger)
    mine = (history.c.site.in_(_several("sites")), history.c.objective_id.in_(_several("ids")), until)
    first = func.min(history.c.at).over(partition_by=its)
    last = func.max(history.c.at).over(partition_by=its)
    part = (history.c.at - first) * FINEST // (last - first + 1)
    columns = (*its, history.c.id, history.c.at, history.c.progress)
    points = func.count().over(partition_by=its)
    cut = select(*columns, part.label("part"), points.label("points")).where(*mine).subquery("cut")
    whose = (cut.c.site, cut.c.objective_id)
    order = (cut.c.at.desc(), cut.c.id.desc())
    ends = func.row_number().over(partition_by=(*whose, cut.c.part), order_by=order)
    begins = func.row_number().over(partition_by=whose, order_by=(cut.c.at, cut.c.id))
    placed = select(cut, ends.label("ends"), begins.label("begins")).subquery("placed")
    shown = (placed.c.site, placed.c.objective_id, placed.c.at, placed.c.progress, placed.c.points)
    either = or_(placed.c.ends == 1, placed.c.begins == 1)
    return select(*shown).where(either).order_by(placed.c.at, placed.c.id)


def _several(name: str) -> BindParameter[Sequence[str]]:
    return bindparam(name, expanding=True)
