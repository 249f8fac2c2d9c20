"""What was forecast of objectives and key results on each day, and what came of it at the end of their cycle."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from sqlalchemy import Connection, Integer, and_, bindparam, delete, func, select, update

from connectors.store.database.json_text import fraction_of, fraction_text
from connectors.store.database.sql import insert_into
from connectors.store.lists import list_line
from connectors.store.schema import forecast as table
from connectors.store.schema import listing
from mappings.forecast.answer import Likelihood, level_of
from mappings.forecast.calibration import PastForecast

OBJECTIVE = ""
"""Stands for the objective itself, where a row is of none of its key results."""


@dataclass(frozen=True, slots=True)
class KeptForecast:
    """One forecast of one day: of a key result, or of the objective itself (`OBJECTIVE`). None: there was nothing to say."""

    objective_id: str
    key_result_id: str
    day: date
    cycle_id: str
    probability: Fraction | None
    reached: bool = False

    @property
    def level(self) -> Likelihood | None:
        """How it was called."""
        return None if self.probability is None else level_of(self.probability)


def keep(conn: Connection, site: str, found: Iterable[KeptForecast]) -> None:
    """Keep what is said on a day; what was said first on that day stands."""
    rows = [
        {
            "site": site,
            "objective_id": one.objective_id,
            "key_result_id": one.key_result_id,
            "day": one.day.isoformat(),
            "cycle": one.cycle_id,
            "probability": fraction_text(one.probability),
            "reached": int(one.reached),
        }
        for one in found
    ]
    if rows:
        conn.execute(insert_into(conn, table).on_conflict_do_nothing(), rows)


def list_wanting(conn: Connection, site: str, cycles: Collection[str], day: date) -> list[str]:
    """Ids of the objectives of these cycles of which nothing was kept on this day."""
    there = (
        select(table.c.objective_id)
        .where(
            table.c.site == listing.c.site,
            table.c.objective_id == listing.c.id,
            table.c.key_result_id == OBJECTIVE,
            table.c.day == day.isoformat(),
        )
        .exists()
    )
    of_cycles = listing.c.cycle.in_([list_line.storable_text(one) for one in cycles])
    found = select(listing.c.id).where(listing.c.site == site, of_cycles, ~there).order_by(listing.c.id)
    return list(conn.execute(found).scalars())


def load_latest(
    conn: Connection, sites: Collection[str], ids: Collection[str], since: date
) -> dict[tuple[str, str], KeptForecast]:
    """The last that was kept of each of these objectives from a day on, by site and id."""
    found = (
        select(table)
        .where(
            table.c.site.in_(bindparam("sites", expanding=True)),
            table.c.objective_id.in_(bindparam("ids", expanding=True)),
            table.c.key_result_id == OBJECTIVE,
            table.c.day >= since.isoformat(),
        )
        .order_by(table.c.day)
    )
    rows = conn.execute(found, {"sites": list(sites), "ids": list(ids)})
    return {
        (row.site, row.objective_id): KeptForecast(
            objective_id=row.objective_id,
            key_result_id=row.key_result_id,
            day=date.fromisoformat(row.day),
            cycle_id=row.cycle,
            probability=fraction_of(row.probability),
            reached=bool(row.reached),
        )
        for row in rows
    }


def cycles(conn: Connection, site: str) -> list[str]:
    """Ids of the cycles of which forecasts wait to be held against what came of it."""
    mine = (table.c.site == site, table.c.judged_on.is_(None))
    return sorted(conn.execute(select(table.c.cycle).where(*mine).distinct()).scalars())


def list_unjudged(conn: Connection, site: str, cycle_id: str) -> list[str]:
    """Ids of the objectives of which forecasts in this cycle wait to be held against what came of it."""
    mine = (table.c.site == site, table.c.cycle == cycle_id, table.c.judged_on.is_(None))
    return list(conn.execute(select(table.c.objective_id).where(*mine).distinct()).scalars())


def judge(
    conn: Connection,
    site: str,
    cycle_id: str,
    objective_id: str,
    achieved: Mapping[str, bool],
    today: date,
) -> None:
    """Say of every forecast of an objective in a cycle whether it came true; of a key result that nobody measured that stays unknown."""
    mine = and_(table.c.site == site, table.c.cycle == cycle_id, table.c.objective_id == objective_id)
    conn.execute(update(table).where(mine).values(judged_on=today.isoformat()))
    for key_result_id, came_true in achieved.items():
        its = table.c.key_result_id == key_result_id
        conn.execute(update(table).where(mine, its).values(came_true=int(came_true)))


def load_judged(conn: Connection, sites: Collection[str], cycle_id: str) -> list[PastForecast]:
    """All forecasts of key results in a cycle that came true or did not, equal ones of one key result together."""
    what = (table.c.site, table.c.objective_id, table.c.key_result_id, table.c.probability, table.c.came_true)
    mine = (
        table.c.site.in_(list(sites)),
        table.c.cycle == cycle_id,
        table.c.key_result_id != OBJECTIVE,
        table.c.came_true.is_not(None),
        table.c.reached == 0,
    )
    days = func.count().cast(Integer).label("days")
    return [
        PastForecast(
            f"{row.site}|{row.objective_id}|{row.key_result_id}", probability, bool(row.came_true), row.days
        )
        for row in conn.execute(select(*what, days).where(*mine).group_by(*what))
        if (probability := fraction_of(row.probability)) is not None
    ]


def prune(conn: Connection, site: str, before: date) -> None:
    """Forget what was said before a day."""
    conn.execute(delete(table).where(table.c.site == site, table.c.day < before.isoformat()))
