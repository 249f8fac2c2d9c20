"""Due objectives: coalesced, held by one worker at a time, never lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from connectors.store import Store
from connectors.store.numbers import objectives
from connectors.store.work import due
from connectors.store.work.due import DueObjective
from mappings.rollup.state import ObjectiveState

LEASE = timedelta(seconds=30)
SECOND = timedelta(seconds=1)


def _mark(
    store: Store,
    now: datetime,
    *ids: str,
    reason: str = "event",
    run_after: datetime | None = None,
    bulk: bool = False,
) -> None:
    with store.write() as conn:
        due.mark(conn, "main", ids, now, reason, run_after, bulk=bulk)


def _claim(store: Store, now: datetime, worker: str = "w1", limit: int = 50) -> list[DueObjective]:
    with store.write() as conn:
        return due.claim(conn, worker, now, LEASE, limit)


def _finish(store: Store, held: DueObjective) -> bool:
    with store.write() as conn:
        return due.finish(conn, held)


def _count(store: Store) -> int:
    with store.read() as conn:
        return due.pending_count(conn)


def test_many_events_are_one_row(store: Store, now: datetime) -> None:
    _mark(store, now, "1", "2")
    for second in range(5):
        _mark(store, now + second * SECOND, "1", reason=f"event {second}")
    first, second_one = _claim(store, now + 9 * SECOND)
    assert (first.objective_id, first.generation, first.reason) == ("1", 6, "event 4")
    assert (first.since, first.attempts, first.worker) == (now, 1, "w1")
    assert first.lease_until == now + 9 * SECOND + LEASE
    assert (second_one.objective_id, second_one.generation) == ("2", 1)


def test_what_is_held_is_nobody_elses(store: Store, now: datetime) -> None:
    _mark(store, now, "1", "2", "3")
    mine = _claim(store, now, "w1", limit=2)
    assert [held.objective_id for held in mine] == ["1", "2"]
    assert [held.objective_id for held in _claim(store, now, "w2")] == ["3"]
    assert _claim(store, now + LEASE - SECOND, "w2") == []
    assert len(_claim(store, now + LEASE, "w2")) == 3


def test_finished_work_is_gone(store: Store, now: datetime) -> None:
    _mark(store, now, "1")
    (held,) = _claim(store, now)
    assert _finish(store, held)
    assert _count(store) == 0
    assert not _finish(store, held)


def test_an_event_during_the_work_makes_it_due_again(store: Store, now: datetime) -> None:
    _mark(store, now, "1")
    (held,) = _claim(store, now)
    _mark(store, now + SECOND, "1", reason="later")
    assert _claim(store, now + SECOND, "w2") == [], "it is still held"
    assert not _finish(store, held)
    (again,) = _claim(store, now + SECOND, "w2")
    assert (again.reason, again.since, again.attempts) == ("later", now + SECOND, 1)
    assert _finish(store, again)


def test_a_sleeper_cannot_finish_what_became_of_its_work(store: Store, now: datetime) -> None:
    """Row deleted and marked again: the generation is 1 once more, and still the sleeper must not delete it."""
    _mark(store, now, "1")
    (slept,) = _claim(store, now)
    (other,) = _claim(store, now + LEASE, "w2")
    assert _finish(store, other)
    _mark(store, now + LEASE, "1", reason="new")
    assert not _finish(store, slept)
    assert [held.reason for held in _claim(store, now + LEASE, "w2")] == ["new"]
    with store.write() as conn:
        assert not due.postpone(conn, slept, now + 99 * LEASE, "late")
        assert not due.bury(conn, slept, "late", "", now)
        assert due.renew(conn, slept, now, LEASE) is None
    assert _count(store) == 1


def test_failed_work_waits_and_a_new_event_shortens_the_wait(store: Store, now: datetime) -> None:
    _mark(store, now, "1", "2")
    with store.write() as conn:
        for held in due.claim(conn, "w1", now, LEASE, 9):
            assert due.postpone(conn, held, now + 9 * SECOND, "Jira is down")
    assert _claim(store, now + 8 * SECOND) == []
    _mark(store, now + SECOND, "2")
    assert [(held.objective_id, held.attempts) for held in _claim(store, now + SECOND)] == [("2", 1)]
    assert [(held.objective_id, held.attempts) for held in _claim(store, now + 9 * SECOND)] == [("1", 2)]


def test_an_event_during_failing_work_decides_when(store: Store, now: datetime) -> None:
    _mark(store, now, "1")
    (held,) = _claim(store, now)
    _mark(store, now + SECOND, "1")
    with store.write() as conn:
        assert not due.postpone(conn, held, now + 999 * SECOND, "Jira is down")
    assert len(_claim(store, now + SECOND)) == 1


def test_dead_letters_wait_for_a_person_or_an_event(store: Store, now: datetime) -> None:
    _mark(store, now, "1", "2", "3", "4")
    with store.write() as conn:
        for held in due.claim(conn, "w1", now, LEASE, 9)[:3]:
            assert due.bury(conn, held, "403", "grant Edit Issues", now + SECOND)
        letters = due.dead(conn)
        assert [
            (letter.objective_id, letter.error, letter.remedy, letter.attempts) for letter in letters
        ] == [(name, "403", "grant Edit Issues", 1) for name in ("1", "2", "3")]
        assert letters[0].buried_at == now + SECOND
        assert due.dead(conn, "other") == []
        assert due.pending_count(conn, "main") == 1
        assert due.retry(conn, "main", "1", now)
        assert due.discard(conn, "main", "2")
        assert not due.retry(conn, "main", "4", now), "it is no dead letter"
        assert not due.discard(conn, "main", "4")
        due.mark(conn, "main", ["3"], now + 9 * SECOND, "moved")
        assert due.dead(conn) == []
        claimed = due.claim(conn, "w2", now + 9 * SECOND, LEASE, 9)
    assert [(held.objective_id, held.attempts, held.since) for held in claimed] == [
        ("1", 1, now),
        ("3", 1, now + 9 * SECOND),
    ]


def test_a_quiet_period_starts_with_the_first_event(store: Store, now: datetime) -> None:
    for second in range(9):
        _mark(store, now + second * SECOND, "1", run_after=now + (second + 3) * SECOND)
    assert _claim(store, now + 2 * SECOND) == []
    assert len(_claim(store, now + 3 * SECOND)) == 1


def test_with_a_ceiling_each_event_puts_it_off_but_not_for_ever(store: Store, now: datetime) -> None:
    for second in range(9):
        at = now + second * SECOND
        with store.write() as conn:
            due.mark(conn, "main", ["1"], at, "storm", at + 3 * SECOND, ceiling=10 * SECOND)
    assert _claim(store, now + 9 * SECOND) == []
    assert len(_claim(store, now + 10 * SECOND)) == 1


def test_quiet_holds_after_the_work_as_well(store: Store, now: datetime) -> None:
    _mark(store, now, "1")
    (held,) = _claim(store, now)
    _mark(store, now + SECOND, "1", run_after=now + 4 * SECOND)
    assert not _finish(store, held)
    assert _claim(store, now + 3 * SECOND) == []
    assert len(_claim(store, now + 4 * SECOND)) == 1


def test_next_run_is_when_something_can_be_claimed(store: Store, now: datetime) -> None:
    def next_run() -> datetime | None:
        with store.read() as conn:
            return due.next_run(conn)

    assert next_run() is None
    _mark(store, now, "1", run_after=now + SECOND)
    _mark(store, now, "2", run_after=now + 60 * SECOND)
    assert next_run() == now + SECOND
    (held,) = _claim(store, now + SECOND)
    assert next_run() == held.lease_until
    _finish(store, held)
    assert next_run() == now + 60 * SECOND


def test_leases_are_renewed_and_given_back(store: Store, now: datetime) -> None:
    _mark(store, now, "1", "2")
    held = _claim(store, now)
    with store.write() as conn:
        renewed = due.renew(conn, held[0], now + LEASE, LEASE)
    assert renewed is not None
    assert [found.objective_id for found in _claim(store, now + LEASE, "w2")] == ["2"]
    assert _finish(store, renewed)
    with store.write() as conn:
        assert due.release(conn, "w2") == 1
    assert [found.objective_id for found in _claim(store, now + LEASE, "w3")] == ["2"]


def test_the_oldest_comes_first_so_that_none_starves(store: Store, now: datetime) -> None:
    for second, name in enumerate("cab"):
        _mark(store, now + second * SECOND, name)
    assert [held.objective_id for held in _claim(store, now + 9 * SECOND, limit=2)] == ["c", "a"]


def test_what_people_did_comes_before_what_is_due_in_bulk(store: Store, now: datetime) -> None:
    """Counted: one claim of twenty serves the event, however many thousands a resync has marked before."""
    _mark(store, now, *(f"s{number:04}" for number in range(3_000)), reason="resync", bulk=True)
    _mark(store, now + SECOND, "s2999", "e1")
    taken = _claim(store, now + 2 * SECOND, limit=20)
    assert [held.objective_id for held in taken[:3]] == ["s2999", "e1", "s0000"]
    assert [held.bulk for held in taken] == [False, False] + [True] * 18


def test_what_is_due_in_bulk_has_a_share_whatever_people_do(store: Store, now: datetime) -> None:
    _mark(store, now, *(f"s{number}" for number in range(9)), bulk=True)
    _mark(store, now, *(f"e{number:02}" for number in range(40)))
    taken = _claim(store, now, limit=20)
    assert [held.objective_id for held in taken] == [
        *(f"e{number:02}" for number in range(15)),
        *(f"s{number}" for number in range(5)),
    ]
    assert [held.bulk for held in _claim(store, now, limit=20)].count(True) == 4
    assert [held.bulk for held in _claim(store, now, limit=20)] == [False] * 9


@pytest.mark.parametrize(
    ("marks", "bulk"),
    [
        ([True], True),
        ([True, False], False),
        ([False, True], False),
        ([True, True], True),
    ],
)
def test_an_event_takes_out_of_the_bulk_and_a_sweep_puts_nothing_back(
    store: Store, now: datetime, marks: list[bool], bulk: bool
) -> None:
    for one in marks:
        _mark(store, now, "1", bulk=one)
    assert [held.bulk for held in _claim(store, now)] == [bulk]


def test_a_sweep_during_the_work_of_an_event_is_a_sweep(store: Store, now: datetime) -> None:
    """What the event asked for is being served; what comes now stands behind others again."""
    _mark(store, now, "1")
    held = _claim(store, now)[0]
    _mark(store, now + SECOND, "1", bulk=True)
    assert not _finish(store, held)
    assert [one.bulk for one in _claim(store, now + SECOND)] == [True]


def test_marking_nothing_is_nothing(store: Store, now: datetime) -> None:
    _mark(store, now)
    assert _count(store) == 0


@pytest.mark.parametrize("workers", [4])
def test_threads_never_hold_one_objective_at_once(store: Store, now: datetime, workers: int) -> None:
    ids = [str(number) for number in range(40)]
    _mark(store, now, *ids)
    served: list[str] = []

    def work(name: str) -> None:
        while held := _claim(store, now, name, limit=3):
            for one in held:
                assert _finish(store, one)
                served.append(one.objective_id)

    threads = [threading.Thread(target=work, args=(f"w{number}",)) for number in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # A worker may have found nothing while others still held the rest; what is left is claimed by nobody.
    assert sorted(served, key=int) == ids
    assert _count(store) == 0


def aligned(store: Store, now: datetime, an_objective: Callable[..., ObjectiveState], **above: str) -> None:
    """Stored objectives, each aligned to another one: `_5="1"` is 5, aligned to 1."""
    with store.write() as conn:
        for name, target in above.items():
            state = an_objective(name.removeprefix("_"), aligned_to=(target,))
            objectives.save(conn, "main", state, "r1", now)


def test_what_is_taken_together_comes_from_below(
    store: Store, now: datetime, an_objective: Callable[..., ObjectiveState]
) -> None:
    aligned(store, now, an_objective, _2="1", _3="2", _5="1")
    _mark(store, now, "1", "2", "3", "4", "5")
    assert [held.objective_id for held in _claim(store, now)] == ["3", "2", "5", "1", "4"]


def test_a_circle_is_taken_like_everything_else(
    store: Store, now: datetime, an_objective: Callable[..., ObjectiveState]
) -> None:
    aligned(store, now, an_objective, _1="2", _2="1", _3="3")
    _mark(store, now, "1", "2", "3")
    assert sorted(held.objective_id for held in _claim(store, now)) == ["1", "2", "3"]


def test_a_parent_waits_for_many_due_children_but_not_for_ever(
    store: Store, now: datetime, an_objective: Callable[..., ObjectiveState]
) -> None:
    many = {f"_{number}": "1" for number in range(100, 121)}
    aligned(store, now, an_objective, **many)
    _mark(store, now, "1", *(name.removeprefix("_") for name in many))
    first, *_ = held = _claim(store, now)
    assert len(held) == 21
    assert "1" not in {one.objective_id for one in held}
    assert _claim(store, now, "w2") == []
    _finish(store, first)
    assert [one.objective_id for one in _claim(store, now, "w2")] == ["1"], (
        "twenty are measured along with it"
    )


def test_a_parent_is_not_starved_by_a_storm_below_it(
    store: Store, now: datetime, an_objective: Callable[..., ObjectiveState]
) -> None:
    many = {f"_{number}": "1" for number in range(100, 130)}
    aligned(store, now, an_objective, **many)
    _mark(store, now, "1")
    later = now + due.LONGEST_WAIT
    _mark(store, later, *(name.removeprefix("_") for name in many))
    assert [one.objective_id for one in _claim(store, later - SECOND, "w1")] == ["1"]
    with store.write() as conn:
        due.release(conn, "w1", begun=False)
    assert "1" in {one.objective_id for one in _claim(store, later)}


def test_a_child_that_is_put_off_is_not_waited_for(
    store: Store, now: datetime, an_objective: Callable[..., ObjectiveState]
) -> None:
    many = {f"_{number}": "1" for number in range(100, 130)}
    aligned(store, now, an_objective, **many)
    _mark(store, now, "1")
    _mark(store, now, *(name.removeprefix("_") for name in many), run_after=now + SECOND)
    assert [one.objective_id for one in _claim(store, now)] == ["1"]


def test_what_is_due_now_or_later_is_known(store: Store, now: datetime) -> None:
    _mark(store, now, "1")
    _mark(store, now, "2", run_after=now + SECOND)
    with store.read() as conn:
        assert due.among_due(conn, "main", ["2", "3"]) == {"2"}
        assert due.among_due(conn, "other", ["2", "3"]) == frozenset()
        assert due.ids(conn, "main") == {"1", "2"}


def test_what_fails_is_told_once_it_lasts(store: Store, now: datetime) -> None:
    """By when it is tried again, and by how long it has waited: each alone says so, and half a minute on the dot is but a moment."""
    moment, tick = timedelta(seconds=30), timedelta(milliseconds=1)
    waits = {
        "young": (now, now + moment),
        "just": (now - moment, now),
        "far": (now, now + moment + tick),
        "old": (now - moment - tick, now),
        "later": (now + moment, now),
    }
    for name, (since, until) in waits.items():
        _mark(store, since, name)
        with store.write() as conn:
            [held] = due.claim(conn, "w1", since, LEASE, 1, "main", name)
            assert due.postpone(conn, held, until, f"{name} failed")
            due.mark(conn, "other", [name], since, "event")
    with store.read() as conn:
        assert due.list_failing(conn, "main", now) == [("old", "old failed"), ("far", "far failed")]
        assert due.list_failing(conn, "other", now) == []
