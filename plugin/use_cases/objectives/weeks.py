"""What a week did to objectives that stand in a list: by how much, and by what in words. Each is worked out once and kept while it holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from threading import Lock
from weakref import WeakKeyDictionary

from sqlalchemy import Connection

from connectors.store.database.engine import Store
from connectors.store.numbers import snapshots
from mappings.explain.cause import row_cause
from mappings.explain.movement import Movement
from plugin.use_cases.objectives import movement as movements

WEEK = timedelta(days=7)
MOST_KEPT = 4000
TOLD = 3
"""As many causes are told in words as are read at a glance."""


@dataclass(frozen=True, slots=True)
class WeekMove:
    """By how much an objective moved in a week (a share of 1; None where it was unknown at either end), and the strongest causes."""

    total: Fraction | None
    causes: tuple[str, ...]


Key = tuple[str, str, datetime, datetime]
_kept: WeakKeyDictionary[Store, dict[Key, WeekMove]] = WeakKeyDictionary()
_lock = Lock()


def weeks(
    store: Store, conn: Connection, site: str, ids: Iterable[str], now: datetime
) -> Mapping[str, WeekMove]:
    """The week up to `now` of those whose history reaches back so far, by id."""
    since = now - WEEK
    found: dict[str, WeekMove] = {}
    for id_, (first, last) in snapshots.spans(conn, site, ids, since).items():
        key = (site, id_, first, last)
        with _lock:
            known = _kept.setdefault(store, {}).get(key)
        if known is None:
            told = movements.between(conn, site, id_, since, now).movement
            known = WeekMove(None, ()) if told is None else week_of(told)
            with _lock:
                kept = _kept[store]
                if len(kept) >= MOST_KEPT:
                    kept.clear()
                kept[key] = known
        found[id_] = known
    return found


def week_of(told: Movement) -> WeekMove:
    """The movement in a line: the rows that did most come first."""
    rows = sorted((row for row in told.rows if row.effect), key=lambda row: -abs(row.effect or Fraction(0)))
    return WeekMove(told.total, tuple(row_cause(row) for row in rows[:TOLD]))
