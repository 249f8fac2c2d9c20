"""Signs of life and what processes counted: nothing is counted twice or lost where several retire one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier, Thread

from connectors.store import Store
from connectors.store.jobs import counts, pace_days, processes, schedules
from connectors.store.jobs.counts import Lag, ProcessCounts
from connectors.store.jobs.processes import SignOfLife

HOUR = timedelta(hours=1)


def test_a_process_is_what_it_said_last_until_it_is_taken_off(store: Store, now: datetime) -> None:
    one = SignOfLife("a", "host", 7, "serve", now, 2, 2, ProcessCounts({"main|GET|field|ok": 3}), "boot", "9")
    other = replace(one, id="b", at=now + HOUR)
    with store.write() as conn:
        processes.put(conn, replace(one, workers=0))
        processes.put(conn, one)
        processes.put(conn, other)
        assert processes.load_all(conn) == [other, one]
        assert processes.take(conn, "a") == one
        assert processes.take(conn, "a") is None
        assert processes.load_all(conn) == [other]


def test_the_figures_of_all_former_processes_add_up(store: Store) -> None:
    start = Barrier(3)
    figures = ProcessCounts(
        {"main|GET|field|ok": 1, "other|PUT|issue/*|ok": 2}, {"main": Lag().with_one(0.25)}
    )

    def retire() -> None:
        start.wait()
        for _ in range(10):
            with store.write() as conn:
                counts.add(conn, figures)

    threads = [Thread(target=retire) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as conn:
        total = counts.load_former(conn)
    assert total.calls == {"main|GET|field|ok": 30, "other|PUT|issue/*|ok": 60}
    assert total.lags == {"main": Lag((30, *[0] * 10), 7.5)}


def test_of_the_processes_that_take_a_task_one_is_at_it_and_its_end_is_its_own(
    store: Store, now: datetime
) -> None:
    start, taken = Barrier(4), []

    def take(holder: str) -> None:
        start.wait()
        with store.write() as conn:
            if schedules.take(conn, "main", "task", holder, now, now + HOUR, HOUR):
                taken.append(holder)

    threads = [Thread(target=take, args=(str(number),)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (holder,) = taken
    with store.write() as conn:
        schedules.end(conn, "main", "task", "somebody else")
        schedules.rest(conn, "main", "task", "somebody else", None)
        assert schedules.holders(conn) == {holder}
        schedules.rest(conn, "main", "task", holder, now + HOUR)
        assert not schedules.take(conn, "main", "task", holder, now, now + HOUR, HOUR)
        assert schedules.take(conn, "main", "task", "next", now + HOUR, now + 2 * HOUR, HOUR)
        schedules.ran(conn, "main", "task", now + HOUR)
        schedules.end(conn, "main", "task", "next")
        assert not schedules.take(conn, "main", "task", "next", now + HOUR, now + 2 * HOUR, HOUR)


def test_a_day_is_turned_to_once(store: Store, now: datetime) -> None:
    with store.write() as conn:
        assert pace_days.turn(conn, "main", now.date())
        assert not pace_days.turn(conn, "main", now.date())
        assert pace_days.turn(conn, "other", now.date())
        assert pace_days.turn(conn, "main", (now + 24 * HOUR).date())
