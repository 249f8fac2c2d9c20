"""Schedules: when they are due, in one process at a time, taken over from a silent one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from structlog.testing import CapturingLogger

from connectors.jira.http.errors import AuthFailure, JiraOutage
from connectors.store import Store
from connectors.store.jobs import schedules
from connectors.store.work import due, inbox
from connectors.store.work.next_work import NextWork, look
from plugin.jobs import embedded_engine
from plugin.jobs.embedded_engine import TOLD_AFTER, EmbeddedEngine, SingleRun, WakeSignal
from plugin.jobs.schedules import (
    AGAIN_AFTER,
    LEASE,
    RunInterruption,
    Schedule,
    Schedules,
)
from plugin.runtime.connector import Connector
from plugin.runtime.settings import read_settings
from plugin.sync import outage

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("last", "due_now"),
    [
        (None, True),
        (NOW - HOUR, True),
        (NOW - timedelta(minutes=59), False),
        (NOW - timedelta(days=3), True),
        (NOW + HOUR, False),
        (NOW + timedelta(days=365), True),
    ],
)
def test_a_task_is_due_after_its_interval(store: Store, last: datetime | None, due_now: bool) -> None:
    with store.write() as conn:
        if last is not None:
            schedules.ran(conn, "main", "task", last)
        assert schedules.take(conn, "main", "task", "me", NOW, NOW + LEASE, HOUR) is due_now
        assert schedules.holders(conn) == (frozenset({"me"}) if due_now else frozenset())


@pytest.mark.parametrize(
    ("holder", "until", "free"),
    [
        (None, NOW, True),
        ("me", NOW + HOUR, True),
        ("other", NOW + HOUR, False),
        ("other", NOW, True),
        ("other", NOW + timedelta(days=365), True),
    ],
)
def test_a_task_is_free_unless_another_process_is_at_it(
    store: Store, holder: str | None, until: datetime, free: bool
) -> None:
    with store.write() as conn:
        if holder is not None:
            assert schedules.take(conn, "main", "task", holder, NOW, until, HOUR)
        assert schedules.take(conn, "main", "task", "me", NOW, NOW + LEASE, HOUR) is free
        assert schedules.renew(conn, "main", "task", "me", NOW + HOUR) is free
        assert schedules.take(conn, "other", "task", "third", NOW, NOW + LEASE, HOUR)
        schedules.release(conn, ["third", holder or "me"])
        assert schedules.last(conn, "main", "task") is None


class World:
    """Several processes' schedules on one store, with one task and a clock that is set by hand."""

    def __init__(self, store: Store) -> None:
        self.now = NOW
        self.connector = Connector(
            read_settings(env_file=None, resync_minutes=0), store, {"main": object()}, lambda: self.now
        )

    def process(
        self, run: Callable[[Any, str, Callable[[], None]], object], stopping: bool = False
    ) -> Schedules:
        made = Schedules(self.connector, lambda: stopping)
        made.all = [Schedule("task", HOUR, run)]
        return made


@pytest.fixture
def world(store: Store) -> World:
    return World(store)


def test_one_process_runs_a_task_that_several_see_due(world: World) -> None:
    runs: list[str] = []
    inside, release = threading.Event(), threading.Event()

    def slow(_connector: Any, site: str, _going_on: Any) -> None:
        runs.append(site)
        inside.set()
        release.wait(5)

    processes = [world.process(slow) for _ in range(4)]
    threads = [threading.Thread(target=one.run_due) for one in processes]
    for thread in threads:
        thread.start()
    assert inside.wait(5)
    world.process(slow).run_due()
    release.set()
    for thread in threads:
        thread.join(5)
    world.process(slow).run_due()

    assert runs == ["main"]
    world.now += HOUR
    world.process(slow).run_due()
    assert runs == ["main", "main"]


def test_a_long_task_of_the_embedded_engine_delays_no_short_one(world: World) -> None:
    begun, release, short = threading.Event(), threading.Event(), threading.Event()

    def reads_everything(_connector: Any, _site: str, _going_on: Any) -> None:
        begun.set()
        release.wait(30)

    def reads_recent(_connector: Any, _site: str, _going_on: Any) -> None:
        if begun.is_set():
            short.set()
        else:
            raise RunInterruption

    schedules = Schedules(world.connector)
    schedules.all = [Schedule("long", HOUR, reads_everything), Schedule("short", HOUR, reads_recent)]
    engine = EmbeddedEngine(world.connector, 1, schedules)
    engine.start()
    try:
        assert short.wait(20)
        assert not release.is_set()
    finally:
        release.set()
        engine.stop()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_worker_thread_that_died_gets_a_successor_and_one_that_was_stopped_none(world: World) -> None:
    class Mortal(EmbeddedEngine):
        """Its first look ends the thread, as no `except Exception` can keep it from."""

        looks = 0

        def _next_work(self) -> NextWork:
            self.looks += 1
            if self.looks == 1:
                raise SystemExit
            return super()._next_work()

    def alive() -> int:
        return sum(thread.name == "okr-work-0" for thread in threading.enumerate())

    schedules = Schedules(world.connector)
    schedules.all = []
    before = alive()
    engine = Mortal(world.connector, 1, schedules)
    engine.start()
    try:
        deadline = time.monotonic() + 5
        while alive() > before and time.monotonic() < deadline:
            time.sleep(0.01)
        assert alive() == before
        engine.replace_dead()
        assert alive() == before + 1
        engine.replace_dead()
        assert alive() == before + 1
    finally:
        engine.stop()
    engine.replace_dead()
    assert alive() == before


def test_a_task_that_still_runs_is_passed_over_and_told_of_once(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[int] = []
    told = CapturingLogger()  # at every level, whatever another test made of logging
    monkeypatch.setattr(embedded_engine, "log", told)

    def long() -> None:
        begun.append(1)
        for _ in range(3 * TOLD_AFTER):
            task.run()

    task = SingleRun("resync", long)
    task.run()
    assert begun == [1]
    assert [(one.method_name, one.args, one.kwargs) for one in told.calls] == [
        ("info", ("schedule still runs",), {"schedule": "resync"})
    ]

    def fails() -> None:
        raise ValueError("invented")

    broken = SingleRun("broken", fails)
    for _ in range(2):  # a fault frees it
        with pytest.raises(ValueError, match="invented"):
            broken.run()


def test_a_run_that_fell_silent_is_taken_over_and_the_sleeper_stops(world: World) -> None:
    seen: list[str] = []

    def killed(_connector: Any, _site: str, going_on: Callable[[], None]) -> None:
        going_on()
        world.now += LEASE
        world.process(lambda *_: seen.append("taken over")).run_due()
        seen.append("awake")
        with pytest.raises(RunInterruption):
            going_on()
        raise RunInterruption

    def held(_connector: Any, _site: str, going_on: Callable[[], None]) -> None:
        world.now += LEASE / 2
        going_on()
        world.now += LEASE / 2
        world.process(lambda *_: seen.append("too early")).run_due()

    world.process(held).run_due()
    world.now += HOUR
    world.process(killed).run_due()

    assert seen == ["taken over"] or seen[:2] == ["taken over", "awake"]
    assert "too early" not in seen


def test_a_run_that_failed_rests_a_moment_and_is_tried_again(world: World) -> None:
    runs: list[datetime] = []

    def fails(_connector: Any, _site: str, _going_on: Any) -> None:
        runs.append(world.now)
        raise JiraOutage("away")

    process = world.process(fails)
    for _ in range(3):
        process.run_due()
    assert runs == [NOW]
    world.now += AGAIN_AFTER
    process.run_due()
    assert runs == [NOW, NOW + AGAIN_AFTER]


def test_stopping_leaves_the_run_to_another_process(world: World) -> None:
    stopping = Schedules(world.connector, lambda: True)
    begun: list[int] = []
    stopping.all = [Schedule("task", HOUR, lambda *_: begun.append(1))]
    stopping.run_due()
    assert begun == []
    world.process(lambda *_: begun.append(2)).run_due()
    assert begun == [2]
    with world.connector.store.read() as conn:
        assert schedules.last(conn, "main", "task") == NOW


def test_refused_credentials_are_an_outage_for_operators_though_no_delivery_came(world: World) -> None:
    def refused(*_: Any) -> None:
        raise AuthFailure("Jira did not accept the credentials (401).", status=401)

    def down(*_: Any) -> None:
        raise JiraOutage("Jira cannot answer now (503).")

    world.process(down).run_due()
    with world.connector.store.read() as conn:
        assert outage.load_standing(conn, "main") is None
    world.now += AGAIN_AFTER
    world.process(refused).run_due()
    with world.connector.store.read() as conn:
        found = outage.load_standing(conn, "main")
    assert found is not None
    assert (found.kind, found.whole, found.since) == ("sign_in", True, world.now)


def test_one_look_shows_every_task_that_is_due_and_whoever_runs_one_looks_again(world: World) -> None:
    def due_now() -> list[str]:
        return [one.name for one in world.process(lambda *_: None).due()]

    assert due_now() == ["task"]
    with world.connector.store.write() as conn:
        assert schedules.take(conn, "main", "task", "other", NOW, NOW + LEASE, HOUR)
    assert due_now() == []
    world.now += LEASE
    assert due_now() == ["task"]
    with world.connector.store.write() as conn:
        schedules.ran(conn, "main", "task", world.now)
    assert due_now() == []
    world.now += HOUR
    assert due_now() == ["task"]


def test_an_idle_worker_sees_in_one_look_whether_anything_waits(store: Store) -> None:
    def waits(at: datetime = NOW) -> bool:
        with store.read() as conn:
            return look(conn, at).by(at)

    assert not waits()
    with store.write() as conn:
        due.mark(conn, "main", ["10001"], NOW, "issues changed", NOW + HOUR)
    assert (waits(), waits(NOW + HOUR)) == (False, True)
    with store.write() as conn:
        inbox.store(conn, "main", "one", b"{}", NOW)
    assert waits()
    with store.write() as conn:
        assert inbox.claim(conn, "main", "other", NOW, timedelta(minutes=1), 1)
    assert (waits(), waits(NOW + timedelta(minutes=1))) == (False, True)


def test_a_ring_between_a_look_and_the_rest_is_missed_by_none_of_those_who_looked() -> None:
    bell = WakeSignal()
    noted = bell.rings
    bell.ring()
    assert [bell.wait(noted, 1) for _worker in range(2)] == [True, True]
    assert not bell.wait(bell.rings, 0)
