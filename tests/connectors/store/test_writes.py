"""The ledger of writes: intended first, settled after, asked for echoes and flapping."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, event

from connectors.store import Store
from connectors.store.writes import refusals, write_counts, write_retention, writes
from connectors.store.writes.writes import WriteOutcome
from mappings.write_back.plan import Change, Plan

MINUTE = timedelta(minutes=1)


def _plan(*fields: tuple[str, object], objective_id: str = "1") -> Plan:
    changes = (Change("10", "PLAT-10", name, name.title(), None, after, "it moved") for name, after in fields)
    return Plan(objective_id, tuple(changes))


def _written(store: Store, now: datetime, *values: object, field: str = "f") -> None:
    with store.write() as conn:
        for minute, value in enumerate(values):
            at = now + minute * MINUTE
            plan_id = writes.intend(conn, "main", _plan((field, value)), "r1", "webhook", at)
            writes.settle(conn, plan_id, "10", field, "written", "", at)


def test_a_plan_is_intended_and_each_change_settled(store: Store, now: datetime) -> None:
    with store.write() as conn:
        plan_id = writes.intend(conn, "main", _plan(("f", 63), ("g", {"value": "A"})), "r1", "resync", now)
        writes.settle(conn, plan_id, "10", "f", "written", "", now + MINUTE)
        writes.settle(conn, plan_id, "10", "g", "refused", "not on the edit screen", now + MINUTE)
        writes.intend(conn, "main", _plan(("h", None), objective_id="2"), "r1", "webhook", now)
        newest, refused, written = writes.recent(conn, "main", 9)
        assert [found.field_id for found in writes.recent(conn, "main", 1)] == ["h"]
        assert [found.field_id for found in writes.recent(conn, "main", 9, objective_id="2")] == ["h"]
    assert (newest.outcome, newest.settled_at, newest.objective_id) == (None, None, "2")
    assert (refused.outcome, refused.note) == (WriteOutcome.REFUSED, "not on the edit screen")
    assert (refused.after, refused.cause) == ({"value": "A"}, "resync")
    assert (written.after, written.settled_at, written.issue_key) == (63, now + MINUTE, "PLAT-10")


@pytest.mark.parametrize(
    ("values", "outcomes", "last"),
    [
        ([1, 2], ["written", "confirmed"], 2),
        ([1, 2], ["written", None], 2),
        ([1, 2], ["written", "refused"], 1),
        ([1, 2], ["written", "failed"], 1),
        ([1, 2], ["written", "held"], 1),
        ([1], ["refused"], None),
        ([1, None], ["written", "written"], "cleared"),
    ],
)
def test_on_record_is_the_latest_write_that_jira_has_as_far_as_we_know(
    store: Store, now: datetime, values: list[object], outcomes: list[str | None], last: object
) -> None:
    with store.write() as conn:
        for minutes, (value, outcome) in enumerate(zip(values, outcomes, strict=True)):
            at = now + minutes * MINUTE
            plan_id = writes.intend(conn, "main", _plan(("f", value)), "r1", "webhook", at)
            if outcome is not None:
                writes.settle(conn, plan_id, "10", "f", outcome, "", at)
        found = writes.on_record(conn, "main", "10", "f")
        assert (None if found is None else "cleared" if found.after is None else found.after) == last
        assert writes.on_record(conn, "main", "11", "f") is None
        assert writes.on_record(conn, "main", "10", "g") is None


def _after(conn: Connection, field_id: str) -> object:
    last = writes.last_write(conn, "main", "10", field_id)
    assert last is not None
    return last.after


def test_the_last_value_is_the_last_one_that_was_written(store: Store, now: datetime) -> None:
    _written(store, now, 1, 2)
    with store.write() as conn:
        failed = writes.intend(conn, "main", _plan(("f", 3)), "r1", "webhook", now + 9 * MINUTE)
        writes.settle(conn, failed, "10", "f", "failed", "timeout", now + 9 * MINUTE)
        assert _after(conn, "f") == 2
        assert writes.last_write(conn, "main", "10", "g") is None
        assert writes.last_write(conn, "main", "10", "g") is None


@pytest.mark.parametrize(
    ("minutes", "found"), [(-1, [1, 2, 3]), (0, [1, 2, 3]), (1, [1, 2, 3]), (2, [2, 3]), (99, [3])]
)
def test_writes_since_an_instant_begin_with_the_last_one_before_it(
    store: Store, now: datetime, minutes: int, found: list[object]
) -> None:
    _written(store, now, 1, 2, 3)
    with store.read() as conn:
        since = now + minutes * MINUTE
        assert [one.after for one in writes.written_since(conn, "main", "10", "f", since)] == found
        assert writes.written_since(conn, "main", "10", "g", since) == []


def test_a_write_found_there_after_a_crash_is_ours(store: Store, now: datetime) -> None:
    with store.write() as conn:
        plan_id = writes.intend(conn, "main", _plan(("f", 5)), "r1", "webhook", now)
        assert [found.field_id for found in writes.load_unsettled(conn, "main", "1")] == ["f"]
        writes.settle(conn, plan_id, "10", "f", "confirmed", "found there", now)
        assert writes.load_unsettled(conn, "main", "1") == []
        assert _after(conn, "f") == 5
        found = writes.on_record(conn, "main", "10", "f")
        assert found is not None
        assert found.after == 5
        assert writes.written_count(conn, "main") == 1


def _outcomes(conn: Connection) -> list[tuple[object, object, str]]:
    return [(one.before, one.after, str(one.outcome)) for one in reversed(writes.recent(conn, "main", 9))]


def test_what_was_interrupted_and_nobody_can_look_up_waits_until_it_is_looked_up(
    store: Store, now: datetime
) -> None:
    with store.write() as conn:
        plan_id = writes.intend(conn, "main", _plan(("f", 5), ("g", 6)), "r1", "resync", now)
        writes.settle(conn, plan_id, "10", "g", "held", "too much", now)
        [one] = writes.load_unsettled(conn, "main", "1")
        writes.park(conn, "main", one, "nobody can look", now + MINUTE)
        assert writes.load_unsettled(conn, "main", "1") == []
        assert _outcomes(conn) == [(None, 5, "failed"), (None, 6, "held"), (None, 5, "held")]
        [parked] = writes.load_parked(conn, "main")
        assert (parked.cause, parked.note, parked.at) == (writes.INTERRUPTED, "nobody can look", now + MINUTE)
        assert writes.load_parked(conn, "main", "1") == [parked]
        assert writes.load_parked(conn, "main", "2") == writes.load_parked(conn, "other") == []
        assert {held.field_id for held in writes.load_held(conn, "main")} == {"f", "g"}
        assert writes.on_record(conn, "main", "10", "f") is None
        assert writes.outcomes(conn, "main") == {"failed": 1, "held": 2}

        assert writes.reopen(conn, [parked]) == {"1"}
        [again] = writes.load_unsettled(conn, "main", "1")
        writes.park(conn, "main", again, "still not", now + 2 * MINUTE)
        [still] = writes.load_parked(conn, "main")
        assert (still.plan_id, still.at, still.note) == (parked.plan_id, now + MINUTE, "still not")


@pytest.mark.parametrize(
    ("outcome", "shown", "parked"),
    [
        ("written", False, False),
        ("confirmed", False, False),
        ("refused", True, True),
        ("failed", True, True),
        ("lapsed", True, True),
        (None, False, True),
    ],
)
def test_what_was_interrupted_is_no_matter_once_another_value_is_written_there(
    store: Store, now: datetime, outcome: str | None, shown: bool, parked: bool
) -> None:
    with store.write() as conn:
        writes.intend(conn, "main", _plan(("f", 5)), "r1", "resync", now)
        [one] = writes.load_unsettled(conn, "main", "1")
        writes.park(conn, "main", one, "nobody can look", now)
        later = writes.intend(conn, "main", _plan(("f", 7)), "r1", "event", now + MINUTE)
        if outcome is not None:
            writes.settle(conn, later, "10", "f", outcome, "", now + MINUTE)
        assert (5 in [held.after for held in writes.load_held(conn, "main")]) is shown
        writes.lapse(conn, "main", now, "1", [])
        assert bool(writes.load_parked(conn, "main")) is parked
        assert ("held" if parked else "lapsed") in [
            str(one.outcome) for one in writes.recent(conn, "main", 9)
        ]


@pytest.mark.parametrize(("end", "outcome"), [(writes.release, "released"), (writes.drop, "dropped")])
def test_a_person_ends_what_was_interrupted_as_all_that_is_held(
    store: Store, now: datetime, end: Callable[[Connection, str, datetime], int], outcome: str
) -> None:
    with store.write() as conn:
        writes.intend(conn, "main", _plan(("f", 5)), "r1", "resync", now)
        [one] = writes.load_unsettled(conn, "main", "1")
        writes.park(conn, "main", one, "nobody can look", now)
        assert end(conn, "main", now) == 1
        assert writes.load_parked(conn, "main") == []
        latest = writes.load_latest(conn, "main", "10", "f")
        assert latest is not None
        assert latest.outcome == outcome


def test_a_refusal_stands_until_it_is_cleared_or_the_mapping_changes(store: Store, now: datetime) -> None:
    (change,) = _plan(("f", 5)).changes
    with store.write() as conn:
        for message in ("first", "not on the edit screen"):
            refusals.put(conn, "main", "1", change, message, "add it to the screen", "r1", now)
        assert refusals.load_values(conn, "main", "1", "r1") == {("10", "f"): 5}
        assert refusals.load_values(conn, "main", "1", "r2") == {}
        assert [found.message for found in refusals.load_all(conn)] == ["not on the edit screen"]
        assert refusals.load_all(conn, "other") == []
        assert refusals.clear(conn, "main", "1", "10", "g") == 0
        assert refusals.clear(conn, "main", "1") == 1
        assert refusals.load_all(conn) == []


def test_of_old_writes_the_last_of_each_outcome_stays_and_whatever_is_asked_has_the_same_answer(
    store: Store, now: datetime
) -> None:
    """Old are the first five minutes; what is held or under way is never old, and a plan goes with its last change."""
    told = [
        ("f", 1, "written"), ("f", 2, "confirmed"), ("f", 3, "written"), ("f", 4, "failed"), ("f", 4, "failed"),
        ("g", 1, "held"), ("g", 1, "held"), ("h", 1, None), ("h", 1, None), ("f", 5, "written"),
    ]  # fmt: skip
    with store.write() as conn:
        for minute, (field, value, outcome) in enumerate(told):
            at = now + minute * MINUTE
            plan_id = writes.intend(conn, "main", _plan((field, value)), "r1", "webhook", at)
            if outcome is not None:
                writes.settle(conn, plan_id, "10", field, outcome, "", at)
        other = writes.intend(conn, "other", _plan(("f", 1)), "r1", "webhook", now)
        writes.settle(conn, other, "10", "f", "written", "", now)

    def asked() -> list[object]:
        with store.read() as conn:
            return [
                writes.on_record(conn, "main", "10", "f"),
                writes.load_tried(conn, "main", "10", "f", 2),
                writes.load_unsettled(conn, "main", "1"),
                [one.after for one in writes.recent(conn, "other", 9)],
            ]

    before, going = asked(), list[int]()
    old = now + 9 * MINUTE
    assert write_retention.thin(store, "main", old, lambda: going.append(1)) == (3, 3)
    with store.read() as conn:
        left = [(one.field_id, one.after, one.outcome) for one in reversed(writes.recent(conn, "main", 20))]
    assert left == [
        ("f", 3, "written"), ("f", 4, "failed"), ("g", 1, "held"), ("g", 1, "held"), ("h", 1, None), ("h", 1, None), ("f", 5, "written"),
    ]  # fmt: skip
    assert (len(going), asked()[0], asked()[2:]) == (2, before[0], before[2:])
    assert write_retention.thin(store, "main", old) == (0, 0)


def test_outcomes_are_counted_as_they_happen_whatever_is_forgotten_or_summed_up(
    store: Store, now: datetime
) -> None:
    told = ("written", "written", "held", None, "failed", "confirmed", "held")
    with store.write() as conn:
        for minute, outcome in enumerate(told):
            at = now + minute * MINUTE
            plan_id = writes.intend(
                conn, "main", _plan((f"f{minute}", 1), ("g", minute)), "r1", "webhook", at
            )
            for settled in (outcome, outcome and "failed" if outcome != "held" else None):  # an end is an end
                if settled is not None:
                    writes.settle(conn, plan_id, "10", f"f{minute}", settled, "", at)
        other = writes.intend(conn, "other", _plan(("f", 1)), "r1", "webhook", now)
        writes.settle(conn, other, "10", "f", "written", "", now)
    found = {"written": 2, "failed": 1, "confirmed": 1, "held": 2, "open": 8}

    def counted() -> tuple[dict[str, int], dict[str, int]]:
        with store.read() as conn:
            return writes.outcomes(conn, "main"), writes.outcomes(conn, "other")

    assert counted() == (found, {"written": 1})
    write_retention.thin(store, "main", now + timedelta(days=9))
    for _ in range(2):
        with store.write() as conn:
            write_counts.fold(conn, "main")
        assert counted() == (found, {"written": 1})
    with store.write() as conn:
        assert writes.release(conn, "main", now) == 2
    assert counted() == ({one: number for one, number in found.items() if one != "held"}, {"written": 1})


def test_what_waits_is_found_without_going_through_all_writes(store: Store) -> None:
    if store.dialect != "sqlite":
        pytest.skip("an empty table of PostgreSQL is always gone through")
    seen: list[str] = []
    with store.read() as conn:
        event.listen(conn, "before_cursor_execute", lambda _c, _u, text, *_rest: seen.append(text))
        writes.outcomes(conn, "main")
        writes.load_held(conn, "main")
    with store.read() as conn:
        for text in [one for one in seen if "FROM write " in one.replace("\n", " ")]:
            plan = conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", ("main",) * text.count("?")).all()
            assert "ix_write_waiting" in str(plan), plan
