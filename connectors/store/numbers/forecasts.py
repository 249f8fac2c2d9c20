"""What was forecast of objectives and key results on each day, and what came of it at the end of their cycle.

Of an objective the last of each cycle is kept, and goes once its cycle was judged. Of a key result each day is kept; once judged, days on which the
same was said are one row, and what cannot be counted goes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from sqlalchemy import Connection, Integer, bindparam, delete, func, literal_column, or_, select

from connectors.store.database.json_text import fraction_of, fraction_text
from connectors.store.database.sql import StoredRow, insert_into
from connectors.store.lists import list_line
from connectors.store.schema import forecast as table
from connectors.store.schema import listing
from mappings.forecast.answer import Likelihood, level_of
from mappings.forecast.calibration import PastForecast

OBJECTIVE = ""
"""Stands for the objective itself, where a row is of none of its key results."""
# As it stands and not as a parameter, for both databases see only then that the index of what waits will do.
OF_OBJECTIVES = table.c.key_result_id == literal_column("''")


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
    return sorted(
        conn.execute(select(table.c.cycle).where(table.c.site == site, *_WAITING).distinct()).scalars()
    )


def list_unjudged(conn: Connection, site: str, cycle_id: str) -> list[str]:
    """Ids of the objectives of which forecasts in this cycle wait to be held against what came of it."""
    mine = (table.c.site == site, table.c.cycle == cycle_id, *_WAITING)
    return list(conn.execute(select(table.c.objective_id).where(*mine).distinct()).scalars())


def judge(
    conn: Connection,
    site: str,
    cycle_id: str,
    objective_id: str,
    achieved: Mapping[str, bool],
    today: date,
) -> None:
    """Say of every forecast of an objective in a cycle whether it came true. What is not counted goes: what is of the objective itself, what was
    reached already, and of a key result that nobody measured.
    """
    mine = (table.c.site == site, table.c.cycle == cycle_id, table.c.objective_id == objective_id)
    gone = delete(table).where(*mine, table.c.judged_on.is_(None)).returning(table)
    said: dict[tuple[str, str], list[StoredRow]] = {}
    for row in conn.execute(gone).all():
        if (
            row.key_result_id in achieved
            and row.key_result_id != OBJECTIVE
            and not row.reached
            and row.probability
        ):
            said.setdefault((row.key_result_id, row.probability), []).append(row)
    rows = [
        {
            "site": site,
            "objective_id": objective_id,
            "key_result_id": key_result_id,
            "day": max(row.day for row in told),
            "cycle": cycle_id,
            "probability": probability,
            "reached": 0,
            "judged_on": today.isoformat(),
            "came_true": int(achieved[key_result_id]),
            "days": sum(row.days for row in told),
        }
        for (key_result_id, probability), told in said.items()
    ]
    if rows:
        conn.execute(insert_into(conn, table).on_conflict_do_nothing(), rows)


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
    days = func.sum(table.c.days).cast(Integer).label("days")
    return [
        PastForecast(
            f"{row.site}|{row.objective_id}|{row.key_result_id}", probability, bool(row.came_true), row.days
        )
        for row in conn.execute(select(*what, days).where(*mine).group_by(*what))
        if (probability := fraction_of(row.probability)) is not None
    ]


def prune(conn: Connection, site: str, before: date) -> None:
    """Forget what was said before a day, and of objectives what is followed by what was said later, or was judged."""
    conn.execute(delete(table).where(table.c.site == site, table.c.day < before.isoformat()))
    later = table.alias("later")
    newer = select(later.c.day).where(
        later.c.site == table.c.site,
        later.c.objective_id == table.c.objective_id,
        later.c.key_result_id == OBJECTIVE,
        later.c.cycle == table.c.cycle,
        later.c.day > table.c.day,
    )
    over = or_(table.c.judged_on.is_not(None), newer.correlate(table).exists())
    conn.execute(delete(table).where(table.c.site == site, OF_OBJECTIVES, over))


_WAITING = (OF_OBJECTIVES, table.c.judged_on.is_(None))
