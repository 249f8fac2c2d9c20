"""What the pruning of every six hours leaves: attempts to sign in for a day, and of old history what held where a cycle begins."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from fractions import Fraction
from typing import Any

from connectors.store.database.kept_rows import kept_rows
from connectors.store.numbers import objectives
from connectors.store.people import sign_in_attempts
from connectors.store.work import inbox
from connectors.store.writes import writes
from mappings.write_back.plan import Change, Plan
from plugin.jobs.schedules import prune
from tests.plugin.sync.conftest import PROGRESS

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
        saved = next(one for one in objectives.load_all(conn, "main") if one.state.cycle_id)
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


def test_events_of_many_days_leave_a_point_a_week_and_one_write_a_place(small: Any) -> None:
    """Three events a day, each a step with its ledger, a write and a delivery: what is kept after sixty days beside thirty."""
    connector = small.connector
    short = {"keep_history_days": 5, "keep_daily_history_days": 12, "keep_deliveries_days": 3}
    connector.settings = connector.settings.model_copy(update=short)
    with connector.store.read() as conn:
        saved = objectives.load_objectives(conn, "main")[0]

    def event(number: int) -> None:
        now, share = small.clock(), Fraction(number, 1000)
        state = replace(saved.state, progress=share, ledger=replace(saved.state.ledger, total=share))
        change = Change("10001", "PLAT-1", PROGRESS, "OKR progress", number - 1, number, "moved")
        with connector.store.write() as conn:
            objectives.save(conn, "main", state, saved.mapping_revision, now)
            written = writes.intend(
                conn, "main", Plan(state.id, (change,)), saved.mapping_revision, "event", now
            )
            writes.settle(conn, written, "10001", PROGRESS, "written", "", now)
            delivery = inbox.store(conn, "main", f"event-{number}", b"{}", now)
            inbox.settle(conn, delivery, "done", "", now)

    def kept_after(days: int) -> dict[str, int]:
        for day in range(days):
            for hour in range(3):
                event(3 * int((small.clock() - began) / DAY) + hour + 1)
                small.clock.pass_by(hours=8)
            if day % 5 == 4:
                prune(connector, "main", lambda: None)
        with connector.store.read() as conn:
            return {one.what: one.rows for one in kept_rows(conn, "main")}

    began = small.clock()
    month = kept_after(30)
    both = kept_after(30)
    grown = {what: rows - month[what] for what, rows in both.items() if rows != month[what]}
    assert set(grown) == {"steps of objectives"}
    assert 0 < grown["steps of objectives"] <= 2 * (30 // 7 + 1), "a point and a ledger a week"
