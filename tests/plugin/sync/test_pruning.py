"""What the pruning of every six hours leaves: attempts to sign in for a day, and of old history what held where a cycle begins."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from fractions import Fraction
from typing import Any

from connectors.store.numbers import objectives
from connectors.store.people import sign_in_attempts
from plugin.jobs.schedules import prune

DAY = timedelta(days=1)


def test_attempts_to_sign_in_are_remembered_for_a_day(small: Any) -> None:
    now, store = small.clock(), small.connector.store
    with store.write() as conn:
        sign_in_attempts.count(conn, "of yesterday", now - DAY - timedelta(milliseconds=1), DAY)
        sign_in_attempts.count(conn, "of today", now - DAY, DAY)
    prune(small.connector, "main", lambda: None)
    with store.write() as conn:
        said = [sign_in_attempts.count(conn, key, now, 2 * DAY).count for key in ("of yesterday", "of today")]
    assert said == [1, 2]


def test_of_old_history_stays_what_held_where_a_cycle_begins(small: Any) -> None:
    store, mapping = small.connector.store, small.context.mapping
    with store.read() as conn:
        saved = next(one for one in objectives.all(conn, "main") if one.state.cycle_id)
    cycle = mapping.cycles.get(saved.state.cycle_id)
    begins = datetime.combine(cycle.start, time(), mapping.zone)
    points = [begins + hours * timedelta(hours=1) for hours in (-2, -1, 1, 2)]
    past = [(at, replace(saved.state, progress=Fraction(place, 100))) for place, at in enumerate(points)]
    with store.write() as conn:
        objectives.backfill(conn, "main", past, saved.mapping_revision)
    small.clock.pass_by(days=800)
    prune(small.connector, "main", lambda: None)
    with store.read() as conn:
        left = [point.at for point in objectives.history(conn, "main", saved.state.id)]
    assert [at for at in points if at in left] == [points[1], points[3]]
