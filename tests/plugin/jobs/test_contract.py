"""What every engine promises, on every database: the same tests over all of them."""

from __future__ import annotations

import random
import signal
import threading
import time
from datetime import timedelta
from typing import Any

import pytest

from connectors.jira.http.errors import JiraRefusal
from connectors.store.work import due
from plugin.sync import work
from plugin.sync.reconcile import failures


def test_what_is_announced_is_done(works: Any, eventually: Any) -> None:
    works.engine()
    objective_id, rows = next(iter(works.measured().items()))
    before = works.in_jira(objective_id)

    works.estimate(rows[0], 40)

    eventually(lambda: works.in_jira(objective_id) != before)
    eventually(works.idle)
    assert works.in_jira(objective_id) == works.wanted(objective_id)


def test_what_was_announced_before_the_engine_started_is_done(works: Any, eventually: Any) -> None:
    objective_id, rows = next(iter(works.measured().items()))
    before = works.in_jira(objective_id)
    works.estimate(rows[0], 40)

    works.engine()

    eventually(lambda: works.in_jira(objective_id) != before)
    eventually(works.idle)


def test_many_events_are_few_reconciles(works: Any, eventually: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[str] = []
    original = work.reconcile

    def counted(context: Any, objective_id: str, *more: Any) -> Any:
        runs.append(objective_id)
        return original(context, objective_id, *more)

    monkeypatch.setattr(work, "reconcile", counted)
    objective_id = next(iter(works.measured()))
    for _ in range(300):
        works.mark([objective_id])

    works.engine()

    eventually(works.idle)
    assert 1 <= len(runs) <= 3


def test_an_event_during_a_run_is_not_lost_and_no_two_run_at_once(
    works: Any, eventually: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    works.lease(120)
    objective_id = next(iter(works.measured()))
    begun, release, running = threading.Event(), threading.Event(), []
    most, lock, runs = [0], threading.Lock(), []
    original = work.reconcile

    def slow(context: Any, wanted: str, *more: Any) -> Any:
        if wanted != objective_id:
            return original(context, wanted, *more)
        with lock:
            running.append(1)
            most[0] = max(most[0], len(running))
        runs.append(wanted)
        begun.set()
        release.wait(5)
        with lock:
            running.pop()  # not later: at its end the row is free again before the function returns
        return original(context, wanted, *more)

    monkeypatch.setattr(work, "reconcile", slow)
    works.engine(workers=3)
    works.engine(workers=3)
    works.mark([objective_id])
    assert begun.wait(10)
    works.mark([objective_id])
    time.sleep(0.5)
    release.set()

    eventually(works.idle)
    assert most[0] == 1
    assert len(runs) == 2


def test_a_failing_objective_blocks_no_other_and_waits_for_a_person(
    works: Any, eventually: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Jira's refusal is tried again some times before it waits; the waits between are cut short here."""
    broken, *others = works.measured()
    original = work.reconcile

    def fails(context: Any, objective_id: str, *more: Any) -> Any:
        if objective_id == broken:
            raise JiraRefusal(400, ("nothing helps",))
        return original(context, objective_id, *more)

    monkeypatch.setattr(failures, "LONGEST_WAIT", timedelta(milliseconds=50))
    monkeypatch.setattr(work, "reconcile", fails)
    for one in others:
        works.spoil(one)
    works.mark([broken, *others])
    works.engine()

    eventually(lambda: all(works.in_jira(one) == works.wanted(one) for one in others))
    eventually(works.idle)
    with works.connector.store.read() as conn:
        letters = due.dead(conn, "main")
    assert [letter.objective_id for letter in letters] == [broken]
    assert "nothing helps" in letters[0].error
    assert f"Tried {failures.MOST_REFUSALS} times" in letters[0].remedy

    monkeypatch.setattr(work, "reconcile", original)
    works.mark([broken])
    eventually(works.idle)
    with works.connector.store.read() as conn:
        assert due.dead(conn, "main") == []


def test_stopping_finishes_what_is_under_way_and_leaves_the_rest_free(
    works: Any, eventually: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = list(works.measured())
    begun, finished = threading.Event(), []
    original = work.reconcile

    def slow(context: Any, objective_id: str, *more: Any) -> Any:
        begun.set()
        time.sleep(0.3)
        outcome = original(context, objective_id, *more)
        finished.append(objective_id)
        return outcome

    monkeypatch.setattr(work, "reconcile", slow)
    works.lease(120)
    engine = works.engine(workers=1)
    works.mark(ids)
    assert begun.wait(10)
    engine.stop()

    done = len(finished)
    assert done >= 1
    time.sleep(0.5)
    assert len(finished) == done, "nothing is begun after the stop"
    monkeypatch.setattr(work, "reconcile", original)
    works.engine()
    eventually(works.idle, 60)  # the leases of two minutes are not waited for


def test_workers_may_come_and_go(works: Any, eventually: Any) -> None:
    first = works.engine(workers=1)
    ids = list(works.measured())
    works.mark(ids)
    works.engine(workers=2)
    first.stop()
    works.mark(ids)

    eventually(works.idle)


def test_a_worker_that_lost_its_lease_writes_nothing(
    works: Any, eventually: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    objective_id = next(iter(works.measured()))
    works.spoil(objective_id)
    edits = works.edits(objective_id)
    works.mark([objective_id])
    with works.connector.store.write() as conn:
        (claim,) = due.claim(
            conn, "sleeper", works.context.clock(), works.context.lease, 1, "main", objective_id
        )
    with works.connector.store.write() as conn:
        due.release(conn, "sleeper")

    assert work.reconcile_claim(works.context, claim) is None
    assert works.edits(objective_id) == edits

    works.engine()
    eventually(lambda: works.in_jira(objective_id) == works.wanted(objective_id))
    assert works.edits(objective_id) == edits + 1


@pytest.mark.slow
def test_workers_that_are_killed_at_random_instructions_lose_nothing_and_block_nobody(
    works: Any, eventually: Any
) -> None:
    """Real processes, real SIGKILL, while the estimates of many issues change."""
    chance = random.Random(11)
    rows = {objective_id: found for objective_id, found in works.measured().items() if found}
    works.process()
    works.process()
    for _ in range(4):
        for objective_id, found in rows.items():
            works.estimate(chance.choice(found), chance.choice((1, 2, 3, 5, 8, 13)))
            works.mark([objective_id])
        time.sleep(chance.uniform(0.8, 1.6))
        victim = works.processes[-1 - chance.randrange(2)]
        victim.send_signal(signal.SIGKILL)
        works.process()

    eventually(works.idle, 90)
    for objective_id in rows:
        assert works.in_jira(objective_id) == works.wanted(objective_id)
    with works.connector.store.read() as conn:
        assert due.dead(conn, "main") == []


@pytest.mark.slow
def test_a_worker_process_ends_in_order_when_asked_to(works: Any, eventually: Any) -> None:
    process = works.process()
    ids = list(works.measured())
    works.mark(ids)
    eventually(works.idle, 60)

    process.terminate()

    assert process.wait(15) == 0
