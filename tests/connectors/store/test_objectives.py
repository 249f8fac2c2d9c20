"""Saved objectives: states come back exactly, history has a point where something moved, dependencies follow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction

import pytest

from connectors.store import Store
from connectors.store.numbers import objectives
from connectors.store.numbers.objectives import HistoryPoint, SavedObjective
from mappings.rollup.state import Health, HealthLevel, ObjectiveState

AnObjective = Callable[..., ObjectiveState]
HOUR = timedelta(hours=1)


def test_a_state_comes_back_exactly(store: Store, an_objective: AnObjective, now: datetime) -> None:
    state = an_objective(
        progress=Fraction(1, 3), flags=("delivered, outcome unmoved",), aligned_to=("@company",)
    )
    with store.write() as conn:
        objectives.save(conn, "main", state, "r1", now)
        assert objectives.load(conn, "main", state.id) == SavedObjective(state, "r1", now, now)
        assert objectives.load(conn, "other", state.id) is None
        assert objectives.load_all(conn, "main") == [SavedObjective(state, "r1", now, now)]


def test_history_has_a_point_only_where_something_moved(
    store: Store, an_objective: AnObjective, now: datetime
) -> None:
    half = an_objective(progress=Fraction(1, 2))
    at_risk = replace(half, health=Health(HealthLevel.AT_RISK, "pace", "late"))
    states = [half, replace(half, title="renamed"), at_risk, replace(at_risk, progress=None)]
    with store.write() as conn:
        for hours, state in enumerate(states):
            objectives.save(conn, "main", state, "r1", now + hours * HOUR)
        found = objectives.history(conn, "main", half.id)
        saved = objectives.load(conn, "main", half.id)
        late = objectives.history(conn, "main", half.id, since=now + 3 * HOUR)
    level, half_way = HealthLevel, Fraction(1, 2)
    assert found == [
        HistoryPoint(now, half_way, half_way, None, Fraction(1, 3), level.ON_TRACK, "r1"),
        HistoryPoint(now + 2 * HOUR, half_way, half_way, None, Fraction(1, 3), level.AT_RISK, "r1"),
        HistoryPoint(now + 3 * HOUR, None, half_way, None, Fraction(1, 3), level.AT_RISK, "r1"),
    ]
    assert late == found[-1:]
    assert saved == SavedObjective(states[-1], "r1", now + 3 * HOUR, now + 3 * HOUR)


def test_when_nothing_moved_only_the_time_of_computing_does(
    store: Store, an_objective: AnObjective, now: datetime
) -> None:
    with store.write() as conn:
        objectives.save(conn, "main", an_objective(), "r1", now)
        objectives.save(conn, "main", an_objective(), "r2", now + HOUR)
        saved = objectives.load(conn, "main", "10001")
    assert saved == SavedObjective(an_objective(), "r2", now + HOUR, now)


@pytest.mark.parametrize(
    ("issue_ids", "expected"),
    [
        (["a"], {"1"}),
        (["b"], {"1", "2"}),
        (["c"], {"2"}),
        (["gone"], set()),
        (["a", "c"], {"1", "2"}),
        ([], set()),
    ],
)
def test_dependencies_follow_the_state(
    store: Store, an_objective: AnObjective, now: datetime, issue_ids: list[str], expected: set[str]
) -> None:
    with store.write() as conn:
        objectives.save(conn, "main", an_objective("1", touched=frozenset({"a", "gone"})), "r1", now)
        objectives.save(conn, "main", an_objective("1", touched=frozenset("ab")), "r1", now)
        objectives.save(conn, "main", an_objective("2", touched=frozenset("bc")), "r1", now)
        assert objectives.depending_on(conn, "main", issue_ids) == expected
        assert objectives.depending_on(conn, "other", issue_ids) == set()


def test_removed_objectives_leave_their_history(
    store: Store, an_objective: AnObjective, now: datetime
) -> None:
    with store.write() as conn:
        objectives.save(conn, "main", an_objective("1"), "r1", now)
        objectives.save(conn, "main", an_objective("2"), "r1", now)
        objectives.remove(conn, "main", ["1"], now)
        assert [saved.state.id for saved in objectives.load_all(conn, "main")] == ["2"]
        assert objectives.depending_on(conn, "main", ["1", "10002"]) == {"2"}
        assert len(objectives.history(conn, "main", "1")) == 1


def test_objectives_are_found_by_what_they_are_aligned_to(
    store: Store, an_objective: AnObjective, now: datetime
) -> None:
    def above(target: str) -> list[str]:
        with store.read() as conn:
            return [saved.state.id for saved in objectives.aligned_to(conn, "main", target)]

    with store.write() as conn:
        objectives.save(conn, "main", an_objective("1", aligned_to=("@company", "2")), "r1", now)
        objectives.save(conn, "main", an_objective("3", aligned_to=("@company",)), "r1", now)
        assert objectives.ids(conn, "main") == ["1", "3"]
    assert above("@company") == ["1", "3"]
    with store.write() as conn:
        objectives.save(conn, "main", an_objective("1", aligned_to=("2",)), "r1", now)
        objectives.remove(conn, "main", ["3"], now)
    assert above("@company") == []
    assert above("2") == ["1"]


def test_what_is_known_is_read_again_only_where_something_else_is_kept(
    store: Store, an_objective: AnObjective, now: datetime
) -> None:
    with store.write() as conn:
        objectives.save(conn, "main", an_objective("1"), "r1", now)
        known = objectives.load(conn, "main", "1")
        objectives.confirm(conn, "main", ["1"], "r1", now + timedelta(days=1))
        same = objectives.load(conn, "main", "1", known)
        assert known is not None
        assert same is not None
        assert same.state is known.state
        assert same.computed_at == known.computed_at + timedelta(days=1)
        objectives.save(conn, "main", an_objective("1", title="another"), "r1", now)
        assert objectives.load(conn, "main", "1", same) == objectives.load(conn, "main", "1") != same
