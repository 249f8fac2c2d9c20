"""What engines do around the work: who is woken, how long nothing is looked for, how they end, and which faults they outlive."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import procrastinate
import pytest

from connectors.jira.http.errors import AuthFailure
from connectors.store import Store, StoreError
from connectors.store.work import due, inbox
from connectors.store.work.next_work import NextWork
from plugin.jobs import distributed_engine, embedded_engine, engine_for, fresh_start, orphans
from plugin.jobs.distributed_engine import DistributedEngine
from plugin.jobs.embedded_engine import EmbeddedEngine, look_at_clock, look_for_orphans
from plugin.jobs.orphans import find_orphans
from plugin.jobs.schedules import Schedule, Schedules
from plugin.runtime.connector import Connector, Refusal
from plugin.runtime.processes.process import this_process, worker_name
from plugin.runtime.settings import read_settings
from plugin.sync import outage, work
from plugin.sync.work import WorkTurn

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
LEASE = timedelta(minutes=5)


def connector_of(store: Store, **settings: Any) -> Connector:
    given = {"resync_minutes": 0, "recent_minutes": 0, **settings}
    return Connector(read_settings(env_file=None, **given), store, {"main": object()}, lambda: NOW)


def engine_of(store: Store, workers: int = 1, tasks: tuple[Schedule, ...] = ()) -> EmbeddedEngine:
    connector = connector_of(store)
    schedules = Schedules(connector)
    schedules.all = list(tasks)
    return EmbeddedEngine(connector, workers, schedules)


def own_threads() -> set[str]:
    """Our threads by name; what Python keeps for tasks until it ends (`okr-task`, `okr-job`) is idle."""
    names = {thread.name for thread in threading.enumerate() if thread.is_alive()}
    return {name for name in names if name.startswith(("okr-work", "okr-sweep", "okr-keep", "okr-scheduler", "APScheduler"))}  # fmt: skip


def test_a_stopped_engine_leaves_no_thread_behind(works: Any, eventually: Any) -> None:
    """It works when it is stopped: a stop that comes before that takes another way."""
    before = own_threads()
    works.mark([next(iter(works.measured()))])
    engine = works.engine(workers=2)
    eventually(works.idle)
    assert len(own_threads() - before) >= 3
    engine.stop()
    eventually(lambda: own_threads() <= before)
    engine.stop()


def test_an_engine_without_workers_begins_nothing(works: Any) -> None:
    before = own_threads()
    objective_id = next(iter(works.measured()))
    works.engine(workers=0)
    works.mark([objective_id])
    assert own_threads() <= before
    assert not works.idle()


def test_the_settings_say_which_engine_it_is(store: Store) -> None:
    connector = connector_of(store)
    assert isinstance(engine_for(connector, 0), EmbeddedEngine)
    named = SimpleNamespace(settings=SimpleNamespace(engine_name="procrastinate", heartbeat_seconds=1.0))
    assert isinstance(engine_for(named, 0), DistributedEngine)  # type: ignore[arg-type]


def test_whoever_watches_wakes_the_others_for_what_nobody_announced(
    works: Any, eventually: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each run waits for the other: one worker alone would never come to an end of the first."""
    monkeypatch.setattr(embedded_engine, "REST_SECONDS", 600.0)
    monkeypatch.setattr(work, "CLAIM", 1)
    works.lease(120)
    both, met = threading.Barrier(2), []
    original = work.reconcile

    def waits(*given: Any) -> Any:
        if len(met) < 2:
            both.wait(20)
        met.append(1)
        return original(*given)

    ids = list(works.measured())[:2]
    assert len(ids) == 2
    works.engine(workers=2)
    time.sleep(1)  # both rest, one of them for long
    monkeypatch.setattr(work, "reconcile", waits)
    with works.connector.store.write() as conn:
        works.context.mark(conn, ids, "a test")
    eventually(works.idle, 30)
    assert len(met) >= 2
    assert not both.broken


@pytest.mark.parametrize(
    ("next_run", "rounds", "seconds"),
    [
        (None, 1, 0.5),
        (None, 19, 0.5),
        (None, 20, 1.0),
        (0.3, 1, 0.3),
        (9.0, 1, 0.5),
        (9.0, 20, 1.0),
        (0.7, 20, 1.0),
        (0.7, 5, 0.5),
        (-1.0, 1, 0.02),
        (0.0, 2, 0.04),
        (0.0, 3, 0.08),
        (0.0, 5, 0.32),
        (0.0, 6, 0.5),
        (0.0, 20, 1.0),
        (0.0, 5_000, 1.0),
        (0.06, 3, 0.08),
        (0.1, 3, 0.1),
    ],
)
def test_an_idle_worker_looks_again_when_a_row_is_due_and_ever_later_in_vain(
    store: Store, next_run: float | None, rounds: int, seconds: float
) -> None:
    at = None if next_run is None else NOW + timedelta(seconds=next_run)
    found = engine_of(store)._idle_seconds(NextWork(at_once=False, next_run=at), rounds)
    assert found == pytest.approx(seconds)


def test_where_the_database_does_not_say_what_waits_a_turn_finds_out(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = engine_of(store)
    assert engine._next_work() == NextWork(at_once=False, next_run=None)

    def broken(*_: Any) -> None:
        raise StoreError("away", "a database", "start it")

    monkeypatch.setattr(embedded_engine.next_work, "look", broken)
    assert engine._next_work() == NextWork(at_once=True, next_run=None)


@pytest.mark.parametrize("fault", [Refusal("no mapping is active"), ValueError("invented")])
def test_a_turn_that_breaks_is_an_idle_one(
    store: Store, fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded_engine, "IDLE_SECONDS", 0.0)

    def breaks(*_: Any) -> None:
        raise fault

    monkeypatch.setattr(Connector, "context", breaks)
    taken = engine_of(store)._turn("main", "me")
    assert taken == WorkTurn()
    assert taken.idle


def test_a_stop_waits_for_what_runs_and_no_longer_than_it_was_told(store: Store) -> None:
    begun, release, ended = threading.Event(), threading.Event(), threading.Event()

    def long(*_: Any) -> None:
        begun.set()
        release.wait(60)
        ended.set()

    engine = engine_of(store, 1, (Schedule("long", timedelta(hours=1), long),))
    engine.start()
    assert begun.wait(20)
    engine.stop(0.1)
    assert not ended.is_set()
    release.set()
    assert ended.wait(20)

    begun.clear()
    release.clear()
    ended.clear()
    patient = engine_of(store, 1, (Schedule("long again", timedelta(hours=1), long),))
    patient.start()
    assert begun.wait(20)
    threading.Timer(2.0, release.set).start()
    patient.stop(60)
    assert ended.is_set()


def test_each_task_that_is_due_runs_once_and_a_broken_one_breaks_no_other(store: Store) -> None:
    ran: list[str] = []

    class Pool:
        def submit(self, run: Callable[..., None], *given: Any) -> None:
            run(*given)

    def task(name: str) -> Any:
        def run() -> None:
            ran.append(name)
            if name == "broken":
                raise ValueError("invented")

        return SimpleNamespace(run=run)

    names = ["broken", "sound", "of no hour"]
    due_now = SimpleNamespace(due=lambda: [SimpleNamespace(name=name) for name in names[:2]])
    look_at_clock(due_now, Pool(), {name: task(name) for name in names})  # type: ignore[arg-type]
    assert ran == ["broken", "sound"]


def held_by_the_dead(store: Store) -> None:
    holder = f"{replace(this_process(), began='0').name}/work-0"
    with store.write() as conn:
        due.mark(conn, "main", ["1"], NOW, "a test")
        inbox.store(conn, "main", "1", b"{}", NOW)
        assert len(due.claim(conn, holder, NOW, LEASE, 9, "main")) == 1
        assert len(inbox.claim(conn, "main", holder, NOW, LEASE, 9)) == 1


def test_what_the_dead_held_wakes_somebody_and_nothing_else_does(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[int] = []
    connector = connector_of(store)
    connector.announce = lambda: rung.append(1)
    look_for_orphans(connector)
    assert rung == []
    held_by_the_dead(store)
    look_for_orphans(connector)
    assert rung == [1]
    with store.read() as conn:
        assert due.holders(conn) | inbox.holders(conn) == set()

    def broken(_store: Store) -> None:
        raise StoreError("away", "a database", "start it")

    monkeypatch.setattr(embedded_engine, "free_orphans", broken)
    look_for_orphans(connector)
    assert rung == [1]


def test_a_process_is_asked_for_once_however_much_it_held() -> None:
    asked: list[str] = []

    def gone(process: Any) -> bool:
        asked.append(process.name)
        return True

    names = [worker_name("b"), worker_name("a"), "no process at all"]
    assert find_orphans(names, gone) == sorted(names[:2])
    assert asked == [this_process().name]
    assert find_orphans(names, lambda _process: False) == []


@pytest.mark.parametrize("engine", [EmbeddedEngine, DistributedEngine])
def test_who_starts_gives_back_what_the_dead_held_and_tries_jira_at_once(
    store: Store, engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    connector = connector_of(store)
    for site in ("main", "other"):
        connector.sites[site] = connector.sites["main"]
        with store.write() as conn:
            outage.strike(conn, site, NOW, AuthFailure("no", status=401), whole=True)
    held_by_the_dead(store)
    began: list[str] = []
    monkeypatch.setattr(threading.Thread, "start", lambda self: began.append(self.name))
    monkeypatch.setattr(embedded_engine.BackgroundScheduler, "start", lambda _self: began.append("scheduler"))
    engine(connector, 2).start()
    expected = {
        EmbeddedEngine: ["scheduler", "okr-work-0", "okr-work-1"],
        DistributedEngine: ["okr-work", "okr-sweep", "okr-keep-schedules"],
    }
    assert began == expected[engine]
    with store.read() as conn:
        assert not any(outage.rests(conn, site, NOW) for site in ("main", "other"))
        assert bool(due.holders(conn)) is (engine is DistributedEngine)  # it looks when it mends


def test_the_clock_is_watched_and_so_are_the_dead_each_once_however_late(store: Store) -> None:
    scheduler = EmbeddedEngine(connector_of(store), 2)._scheduled()
    scheduler.start(paused=True)
    try:
        kept = {
            one.id: (one.coalesce, one.max_instances, one.misfire_grace_time) for one in scheduler.get_jobs()
        }
    finally:
        scheduler.shutdown(wait=False)
    assert kept == dict.fromkeys(("clock", "orphans", "workers"), (True, 2, None))


def test_a_site_whose_outage_cannot_be_looked_up_keeps_nobody_from_starting(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    connector = connector_of(store)
    connector.sites["other"] = connector.sites["main"]
    tried: list[str] = []

    def fails(_store: Store, site: str, _now: datetime) -> None:
        tried.append(site)
        raise StoreError("away", "a database", "start it")

    monkeypatch.setattr(outage, "try_now", fails)
    fresh_start.try_jira_at_once(connector)
    assert tried == ["main", "other"]


# -- the distributed engine, by its parts


def test_a_refresh_goes_on_until_the_inbox_is_empty_or_it_is_to_stop(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = DistributedEngine(connector_of(store), 1)
    left = [200, 200, 3, 0, 5]
    workers: list[str] = []

    def batch(_context: Any, worker: str) -> int:
        workers.append(worker)
        if len(left) == 1:
            engine._stop.set()
        return left.pop(0)

    monkeypatch.setattr(Connector, "context", lambda _self, _site: SimpleNamespace())
    monkeypatch.setattr(distributed_engine, "work_off_inbox", batch)
    job = SimpleNamespace(job=SimpleNamespace(id=7))
    engine._refresh(job, "main")  # type: ignore[arg-type]
    assert left == [5]
    assert set(workers) == {worker_name("job-7")}
    engine._refresh(job, "main")  # type: ignore[arg-type]
    engine._refresh(job, "main")  # type: ignore[arg-type]
    assert left == []


def test_a_reconcile_follows_its_row_where_it_may_be_worked(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = DistributedEngine(connector_of(store), 1)
    done: list[Any] = []
    context = SimpleNamespace(store=store, clock=lambda: NOW)
    monkeypatch.setattr(Connector, "context", lambda _self, _site: context)
    monkeypatch.setattr(distributed_engine, "reconcile_one", lambda _context, *given: done.append(given))
    monkeypatch.setattr(distributed_engine.queue, "follow_up", lambda _conn, *given: done.append(given))
    job = SimpleNamespace(job=SimpleNamespace(id=7))
    engine._reconcile(job, "main", "1")  # type: ignore[arg-type]
    assert done == [(worker_name("job-7"), "1"), ("main", "1", NOW)]
    with store.write() as conn:
        outage.strike(conn, "main", NOW, AuthFailure("no", status=401), whole=True)
    engine._reconcile(job, "main", "1")  # type: ignore[arg-type]
    assert done[2:] == [(worker_name("job-7"), "1")]
    engine._stop.set()
    engine._reconcile(job, "main", "1")  # type: ignore[arg-type]
    assert len(done) == 3


def test_where_jira_is_out_only_its_next_try_is_announced(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    announced: list[str] = []
    swept: list[Any] = []
    monkeypatch.setattr(distributed_engine.queue, "announce", lambda _conn, jobs: announced.extend(one.key for one in jobs))  # fmt: skip
    monkeypatch.setattr(distributed_engine.queue, "sweep", lambda _conn, sites, now, **more: swept.append((sites, now, more)))  # fmt: skip
    engine = DistributedEngine(connector_of(store), 1)
    with store.write() as conn:
        engine._announce_due(conn, NOW)
        struck = outage.strike(conn, "main", NOW, AuthFailure("no", status=401), whole=True)
        engine._announce_due(conn, NOW)
        engine._announce_due(conn, struck.next_try)
    assert announced == ["inbox:main"]
    main, none = {"main"}, set[str]()
    assert swept == [
        (main, NOW, {"resting": none, "without": none}),
        (main, NOW, {"resting": main, "without": main}),
        (main, struck.next_try, {"resting": none, "without": main}),
    ]


def test_what_a_dead_worker_held_is_given_back_by_its_job_alone(store: Store) -> None:
    engine = DistributedEngine(connector_of(store), 1)
    holders = ["a/1/job-7", "b/2/job-7", "a/1/job-17", "a/1/work-7"]
    with store.write() as conn:
        for place, holder in enumerate(holders):
            due.mark(conn, "main", [str(place)], NOW, "a test")
            inbox.store(conn, "main", str(place), b"{}", NOW)
            assert len(due.claim(conn, holder, NOW, LEASE, 9, "main")) == 1
            assert len(inbox.claim(conn, "main", holder, NOW, LEASE, 9)) == 1
    engine._release("/job-7")
    with store.read() as conn:
        assert due.holders(conn) == inbox.holders(conn) == set(holders[2:])


def test_the_jobs_that_the_dead_held_are_ended_by_their_numbers(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[Any] = []

    async def finish(number: int, status: Any, *, delete_job: bool) -> None:
        ended.append((number, status.value, delete_job))
        if number == 7:
            raise distributed_engine.ConnectorException("another process was faster")

    names = ["a/1/job-7", "a/1/work-3", "a/1/job-x", "a/1/job-12", "a/1/job-"]
    monkeypatch.setattr(distributed_engine, "free_orphans", lambda _store: names)
    app = SimpleNamespace(job_manager=SimpleNamespace(finish_job_by_id_async=finish))
    asyncio.run(DistributedEngine(connector_of(store), 1)._free_orphans(app))  # type: ignore[arg-type]
    assert ended == [(7, "failed", False), (12, "failed", False)]
    assert orphans.LOOK_SECONDS == 5.0


def test_it_looks_again_and_again_for_what_dead_workers_left(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every fault is outlived; a fourth look ends the test."""
    told: list[Any] = []
    faults: list[Exception | None] = []

    class Over(BaseException):
        pass

    async def stalled(*, seconds_since_heartbeat: float) -> list[Any]:
        told.append(("stalled", seconds_since_heartbeat))
        fault = faults.pop(0)
        if fault is not None:
            raise fault
        return ["a job", "another"]

    async def forget(hours: int, **more: bool) -> None:
        told.append(("forget", hours, more))

    async def sleep(seconds: float) -> None:
        told.append(("sleep", seconds))
        if not faults or len(told) > 50:
            raise Over

    async def end(_app: Any, job: str) -> None:
        told.append(("end", job))

    async def free(_app: Any) -> None:
        told.append("free")

    manager = SimpleNamespace(get_stalled_jobs=stalled, delete_old_jobs=forget)
    for heartbeat, pause in ((2.5, 2.5), (10.0, 5.0)):
        faults[:] = [distributed_engine.ConnectorException("away"), ValueError("invented"), None]
        told.clear()
        engine = DistributedEngine(connector_of(store, heartbeat_seconds=heartbeat), 1)
        monkeypatch.setattr(engine, "_end_stalled", end)
        monkeypatch.setattr(engine, "_free_orphans", free)
        app: Any = SimpleNamespace(job_manager=manager)
        with monkeypatch.context() as patched:
            patched.setattr(distributed_engine.asyncio, "sleep", sleep)
            with pytest.raises(Over):
                asyncio.run(engine._mend(app))
        look = ["free", ("stalled", 3 * heartbeat)]
        assert told == [
            *(*look, ("sleep", pause)),
            *(*look, ("sleep", pause)),
            *look,
            ("end", "a job"),
            ("end", "another"),
            ("forget", 24, {"include_failed": True, "include_aborted": True}),
            ("sleep", pause),
        ]


@pytest.mark.parametrize("stopped", [False, True])
def test_a_worker_takes_as_many_jobs_at_once_as_it_has_threads_and_hears_a_stop_that_came_early(
    store: Store, stopped: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []

    class Worker:
        def __init__(self, app: Any, **options: Any) -> None:
            told.append((app, options))

        async def run(self) -> None:
            told.append("run")

        def stop(self) -> None:
            told.append("stop")

    monkeypatch.setattr(distributed_engine, "Worker", Worker)
    engine = DistributedEngine(connector_of(store, heartbeat_seconds=4.0), 7)
    if stopped:
        engine._stop.set()
    asyncio.run(engine._run_worker("an app"))  # type: ignore[arg-type]
    options = {
        "queues": ["okr"],
        "concurrency": 7,
        "fetch_job_polling_interval": 0.2,
        "delete_jobs": "successful",
        "install_signal_handlers": False,
        "update_heartbeat_interval": 4.0,
        "stalled_worker_timeout": 12.0,
    }
    assert told == [("an app", options), "run", *(["stop"] if stopped else [])]
    assert engine._worker is None


def test_each_thread_has_a_connection_and_there_are_three_more(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = procrastinate.PsycopgConnector
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(
        procrastinate, "PsycopgConnector", lambda **options: asked.append(options) or made(**options)
    )
    DistributedEngine(connector_of(store), 7)._app()
    (options,) = asked
    assert (options["min_size"], options["max_size"]) == (1, 10)
    assert options["conninfo"].startswith("postgresql:")


def test_a_worker_that_breaks_is_replaced_until_it_is_to_stop(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = DistributedEngine(connector_of(store), 1)
    runs: list[int] = []
    waits: list[float] = []

    async def breaks() -> None:
        runs.append(1)
        if len(runs) == 3:
            engine._stop.set()
        raise ConnectionError("the database was away")

    monkeypatch.setattr(engine, "_run", breaks)
    monkeypatch.setattr(engine._stop, "wait", waits.append)
    engine._work()
    assert (len(runs), waits) == (3, [1.0] * 3)


def test_a_sweep_outlives_its_faults_and_schedules_are_looked_at_each_second(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = DistributedEngine(connector_of(store), 1)
    told: list[Any] = []

    def wait(seconds: float) -> bool:
        told.append(seconds)
        return len(told) > 4

    def broken(_conn: Any, now: datetime) -> None:
        told.append(now)
        raise ValueError("invented")

    monkeypatch.setattr(engine._stop, "wait", wait)
    monkeypatch.setattr(engine, "_announce_due", broken)
    engine._sweep()
    assert told == [1.0, NOW, 1.0, NOW, 1.0]
    told.clear()
    monkeypatch.setattr(Schedules, "run_due", lambda _self: told.append("run"))
    engine._keep_schedules()
    assert told == [1.0, "run", 1.0, "run", 1.0]
