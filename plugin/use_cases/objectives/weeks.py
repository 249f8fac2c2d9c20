"""What a week did to objectives that stand in a list: by how much, and by what in words. Each is worked out once and kept while it holds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from fractions import Fraction
from functools import partial

from sqlalchemy import Connection

from connectors.store.numbers import snapshots
from mappings.explain.week import WeekMove, unmoved, week_of
from plugin.runtime.connector import Connector
from plugin.use_cases.objectives import movement as movements

WEEK = timedelta(days=7)


def weeks(
    connector: Connector, conn: Connection, site: str, progress: Mapping[str, Fraction | None]
) -> Mapping[str, WeekMove]:
    """The week until now of those whose history reaches back so far, by id; `progress` is where each stands."""
    now = connector.clock()
    since = now - WEEK
    found: dict[str, WeekMove] = {}
    for id_, (first, last) in snapshots.spans(conn, site, progress, since).items():
        if first == last:
            found[id_] = unmoved(progress[id_])
            continue
        work_out = partial(_moved, conn, site, id_, since, now)
        found[id_] = connector.weeks.known((site, id_, first, last), work_out)
    return found


def _moved(conn: Connection, site: str, objective_id: str, since: datetime, now: datetime) -> WeekMove:
    told = movements.between(conn, site, objective_id, since, now).movement
    return WeekMove(None, ()) if told is None else week_of(told)
