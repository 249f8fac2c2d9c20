"""What processes count while they work: calls to Jira, and how long events waited to be written.

A process tells its figures with its sign of life; when it has gone they are added to the sum of all former ones.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from connectors.store.database import json_text, sql
from connectors.store.database.sql import insert_into
from connectors.store.schema import former_call, former_lag

LAG_BOUNDS = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)
"""Seconds; the upper bounds of the classes of the histogram, the last class being without bound."""


@dataclass(frozen=True, slots=True)
class Lag:
    """Times from the first unserved event to the written field: how many in each class, and their sum in seconds."""

    classes: tuple[int, ...] = (0,) * (len(LAG_BOUNDS) + 1)
    seconds: float = 0.0

    def with_one(self, seconds: float) -> Lag:
        """One more."""
        at = bisect_left(LAG_BOUNDS, seconds)
        grown = tuple(number + (place == at) for place, number in enumerate(self.classes))
        return Lag(grown, self.seconds + seconds)

    def __add__(self, other: Lag) -> Lag:
        pairs = zip(self.classes, other.classes, strict=True)
        return Lag(tuple(one + two for one, two in pairs), self.seconds + other.seconds)


@dataclass(frozen=True, slots=True)
class ProcessCounts:
    """Figures since a beginning. `calls` by `site|method|endpoint|outcome`, `points` and `lags` by site.

    Points are an estimate: what Jira charges OAuth and Forge apps, one a call.
    """

    calls: Mapping[str, int] = field(default_factory=dict)
    lags: Mapping[str, Lag] = field(default_factory=dict)

    def __add__(self, other: ProcessCounts) -> ProcessCounts:
        calls = Counter(self.calls)
        calls.update(other.calls)
        sites = self.lags.keys() | other.lags.keys()
        lags = {site: self.lags.get(site, Lag()) + other.lags.get(site, Lag()) for site in sites}
        return ProcessCounts(dict(calls), lags)


def load_former(conn: Connection) -> ProcessCounts:
    """What processes counted that are gone."""
    calls = {f"{row.site}|{row.call}": row.calls for row in conn.execute(select(former_call))}
    return ProcessCounts(calls, _lags(conn))


def add(conn: Connection, counted: ProcessCounts) -> None:
    """A process is gone: its figures stay."""
    sql.hold(conn, "counted by former processes")
    calls = insert_into(conn, former_call)
    more = calls.on_conflict_do_update(
        index_elements=[former_call.c.site, former_call.c.call],
        set_={"calls": former_call.c.calls + calls.excluded.calls},
    )
    for key, number in sorted(counted.calls.items()):
        site, _, call = key.partition("|")
        conn.execute(more, {"site": site, "call": call, "calls": number})
    before = _lags(conn)
    lags = insert_into(conn, former_lag)
    sums = lags.on_conflict_do_update(
        index_elements=[former_lag.c.site],
        set_={"classes": lags.excluded.classes, "seconds": lags.excluded.seconds},
    )
    for site, lag in sorted(counted.lags.items()):
        total = before.get(site, Lag()) + lag
        row = {"site": site, "classes": json_text.encode(total.classes), "seconds": total.seconds}
        conn.execute(sums, row)


def _lags(conn: Connection) -> dict[str, Lag]:
    found = conn.execute(select(former_lag))
    return {row.site: Lag(json_text.decode(row.classes, tuple[int, ...]), row.seconds) for row in found}
