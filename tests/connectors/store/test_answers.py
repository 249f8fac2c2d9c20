"""Kept answers, and history in the order in which it was made, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

from connectors.store import Store
from connectors.store.mirror import browse
from connectors.store.numbers import objectives
from connectors.store.people import idempotency
from mappings.rollup.rows.ledger import Contribution, Disposition, Ledger
from mappings.rollup.state import Health, HealthLevel, ObjectiveState

NOW = datetime(2026, 10, 5, 9, tzinfo=UTC)


def standing_at(progress: Fraction) -> ObjectiveState:
    row = Contribution("2", "PLAT-2", "Story", Disposition.COUNTED, "", Fraction(1), progress, progress)
    health = Health(HealthLevel.ON_TRACK, "pace", "On pace.")
    return ObjectiveState("1", "epics", "Faster", progress, health, Ledger((row,), progress), key="PLAT-1")


def test_a_key_is_taken_once_and_answers_the_same_until_it_is_pruned(store: Store) -> None:
    with store.write() as conn:
        assert idempotency.begin(conn, "lee", "k", "f", NOW) is None
        under_way = idempotency.begin(conn, "lee", "k", "f", NOW)
        assert under_way is not None
        assert under_way.content is None
        idempotency.finish(conn, "lee", "k", {"status": 200})
        kept = idempotency.begin(conn, "lee", "k", "other", NOW)
        assert kept is not None
        assert (kept.fingerprint, kept.content) == ("f", {"status": 200})
        assert idempotency.begin(conn, "kim", "k", "f", NOW) is None
        assert idempotency.prune(conn, NOW + timedelta(seconds=1)) == 2
        assert idempotency.begin(conn, "lee", "k", "other", NOW) is None
        idempotency.release(conn, "lee", "k")
        assert idempotency.begin(conn, "lee", "k", "third", NOW) is None


def test_each_point_says_where_its_objective_stood_before(store: Store) -> None:
    with store.write() as conn:
        for step in range(3):
            state = standing_at(Fraction(step, 3))
            objectives.save(conn, "main", state, "r1", NOW + timedelta(hours=step))
    with store.read() as conn:
        points = browse.history_after(conn, "main", 10, 0)
        assert [one.progress_before for one in points] == [None, Fraction(0), Fraction(1, 3)]
        assert [one.health_before for one in points] == [None, "on_track", "on_track"]
