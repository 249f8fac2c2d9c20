"""Working everything off: how long it waits between two looks, when it gives up, and what it tells meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.store.work import due
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.runtime.processes.process import this_process
from plugin.sync.drain import DrainResult, drain
from plugin.sync.resync.mirror_update import ResyncResult
from plugin.use_cases.work.sync import SyncResult, run
from tests.plugin.sync.test_leftovers import WITH_KEY_RESULTS, epic


class Waits:
    """Lets the time pass and writes down how long."""

    def __init__(self, hand: Any) -> None:
        self.hand, self.all = hand, []

    def __call__(self, seconds: float) -> None:
        self.all.append(round(seconds, 3))
        self.hand.clock.pass_by(seconds=seconds)


@pytest.fixture
def objective(hand: Any) -> str:
    hand.activate(WITH_KEY_RESULTS)
    made: str = epic(hand)
    hand.sync()
    return made


WAITS = {
    "at once": (0, []),
    "sooner than it looks again": (0.01, [0.05]),
    "as long as that": (0.3, [0.3]),
    "looking once a second": (3.4, [1.0, 1.0, 1.0, 0.4]),
    "nearly to the end of its patience": (29, [1.0] * 29),
}


def test_it_waits_for_what_is_due_within_its_patience_and_looks_once_a_second(
    hand: Any, objective: str
) -> None:
    for name, (seconds, expected) in WAITS.items():
        waits, later = Waits(hand), hand.clock() + timedelta(seconds=seconds)
        with hand.connector.store.write() as conn:
            due.mark(conn, "main", [objective], hand.clock(), "a test", later)
        assert drain(lambda: hand.context, wait=waits) == DrainResult(reconciled=1), name
        assert waits.all == expected, name


def test_what_is_due_later_than_that_it_leaves(hand: Any, objective: str) -> None:
    with hand.connector.store.write() as conn:
        later = hand.clock() + timedelta(seconds=30, milliseconds=1)
        due.mark(conn, "main", [objective], hand.clock(), "a test", later)
    waits = Waits(hand)
    assert drain(lambda: hand.context, wait=waits) == DrainResult()
    assert waits.all == []
    assert drain(lambda: hand.context, patience=timedelta(seconds=31), wait=waits) == DrainResult(
        reconciled=1
    )


def test_it_tells_how_many_of_how_many(hand: Any) -> None:
    """Twenty are claimed at a time."""
    hand.activate(WITH_KEY_RESULTS)
    for _ in range(23):
        hand.issue("Epic", labels=["okr"])
    hand.sync()
    with hand.connector.store.write() as conn:
        due.mark(conn, "main", [str(one) for one in hand.sandbox.sandbox.records], hand.clock(), "a test")
    told: list[tuple[int, int | None]] = []
    assert drain(lambda: hand.context, lambda done, total: told.append((done, total))).reconciled == 23
    assert told == [(20, 23), (23, 23), (23, 23)]


def test_what_others_hold_to_the_end_still_waits_and_a_sync_says_so(hand: Any, objective: str) -> None:
    """Nobody may say then that everything was right, and Jira may lack the number."""
    now = hand.clock()
    with hand.connector.store.write() as conn:
        due.mark(conn, "main", [objective], now, "a test")
        assert due.claim(conn, "somebody elsewhere", now, timedelta(minutes=2), 1, "main")
    done = drain(lambda: hand.context, wait=Waits(hand))
    assert done == DrainResult(waiting=1)
    found = SyncResult(ResyncResult(), done)
    assert found.wrong
    assert "1 still wait: another process has them" in found.said
    assert "everything was right" not in found.said
    assert "everything was right" not in SyncResult(ResyncResult(), DrainResult(written=1)).said
    fine = SyncResult(ResyncResult(), DrainResult())
    assert (fine.wrong, "everything was right already" in fine.said) == (False, True)


def test_a_sync_takes_up_what_a_process_held_that_died(hand: Any, objective: str) -> None:
    """Killed between its claim and its write: the next sync waits for no lease."""
    dead, now = replace(this_process(), began="0").name, hand.clock()
    hand.status(hand.issue("Story", objective), "Done")
    hand.land(*hand.sandbox.sandbox.records)
    with hand.connector.store.write() as conn:
        assert due.claim(conn, f"{dead}/drain", now, timedelta(minutes=2), 9, "main")
    found = run(hand.connector, COMMAND_LINE, "main")
    assert (found.done.reconciled, found.done.waiting, found.wrong) == (1, 0, False)
    assert hand.field(objective) == 67
