"""Announcements inside the transaction that makes work due, and what is done about jobs whose worker died."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import text

from connectors.clock import system_clock
from connectors.store import Store, open_store, upgrade
from connectors.store.jobs import engine_versions
from connectors.store.work import due, inbox
from plugin.jobs import queue
from plugin.jobs.distributed_engine import DistributedEngine
from plugin.jobs.queue import (
    QueueAnnouncer,
    announce,
    follow_up,
    install,
    newer_scripts,
    reconcile_job,
    refresh_job,
    sweep,
)
from plugin.runtime.connector import Connector, Refusal
from plugin.runtime.settings import read_settings

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def with_queue(store: Store) -> None:
    upgrade(store)
    install(store)


@pytest.fixture
def empty(postgres_copy: Callable[..., AbstractContextManager[str]]) -> Iterator[Store]:
    """A store of its own: the tables of the queue stay in a database."""
    with postgres_copy(upgrade) as url:
        store = open_store(url)
        yield store
        store.close()


@pytest.fixture
def installed(postgres_copy: Callable[..., AbstractContextManager[str]]) -> Iterator[Store]:
    """A store with the tables of the queue."""
    with postgres_copy(with_queue) as url:
        store = open_store(url)
        yield store
        store.close()


def keys(store: Store) -> list[str]:
    with store.read() as conn:
        return list(
            conn.execute(
                text("SELECT queueing_lock FROM procrastinate_jobs WHERE status = 'todo' ORDER BY 1")
            ).scalars()
        )


def test_many_processes_may_install_at_once(empty: Store) -> None:
    failed: list[Exception] = []

    def run() -> None:
        try:
            install(empty)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    with empty.read() as conn:
        assert engine_versions.get(conn, queue.ENGINE)


def test_what_is_announced_goes_with_its_transaction(installed: Store) -> None:
    with pytest.raises(RuntimeError), installed.write() as conn:  # noqa: PT012
        inbox.store(conn, "main", "d-1", b"{}", NOW)
        QueueAnnouncer().delivered(conn, "main")
        raise RuntimeError
    assert keys(installed) == []

    with installed.write() as conn:
        inbox.store(conn, "main", "d-1", b"{}", NOW)
        QueueAnnouncer().delivered(conn, "main")
    assert keys(installed) == ["inbox:main"]


def test_one_job_waits_for_each_key(installed: Store) -> None:
    for _ in range(3):
        with installed.write() as conn:
            announce(conn, [reconcile_job("main", "2"), reconcile_job("main", "1"), refresh_job("main")])

    assert keys(installed) == ["inbox:main", "objective:main:1", "objective:main:2"]


def test_two_transactions_that_announce_one_key_at_once_both_succeed(installed: Store) -> None:
    first_announced, done = threading.Event(), []

    def second() -> None:
        first_announced.wait(5)
        with installed.write() as conn:
            announce(conn, [reconcile_job("main", "1"), reconcile_job("main", "2")])
        done.append(True)

    thread = threading.Thread(target=second)
    thread.start()
    with installed.write() as conn:
        announce(conn, [reconcile_job("main", "1")])
        first_announced.set()
        thread.join(0.3)
    thread.join(5)

    assert done == [True]
    assert keys(installed) == ["objective:main:1", "objective:main:2"]


def test_what_others_announce_one_after_the_other_keeps_nothing_else_back(installed: Store) -> None:
    """Two that hold a key each end while a third announces both keys and one more."""
    wanted = [reconcile_job("main", number) for number in "123"]

    def third() -> None:
        with installed.write() as conn:
            announce(conn, wanted)

    thread = threading.Thread(target=third)
    with installed.write() as held:
        announce(held, wanted[1:2])
        with installed.write() as conn:
            announce(conn, wanted[:1])
            thread.start()
            thread.join(0.3)
        thread.join(0.3)
    thread.join(5)
    assert keys(installed) == ["objective:main:1", "objective:main:2", "objective:main:3"]


def test_after_a_run_what_is_to_be_served_soon_is_announced_again(installed: Store) -> None:
    with installed.write() as conn:
        for number, after in (("1", timedelta(0)), ("2", queue.FURTHEST + timedelta(seconds=1))):
            due.mark(conn, "main", [number], NOW, "an event", NOW + after)
        for number in "123":
            follow_up(conn, "main", number, NOW)
    assert keys(installed) == ["objective:main:1"]


def test_what_is_due_much_later_has_no_waiting_job_that_would_hide_an_event(installed: Store) -> None:
    later = system_clock() + timedelta(minutes=10)
    with installed.write() as conn:
        QueueAnnouncer().marked(conn, "main", ["1"], later)
    assert keys(installed) == []


def order(store: Store) -> list[str]:
    """The keys of the waiting jobs as Procrastinate takes them."""
    with store.read() as conn:
        asked = (
            "SELECT queueing_lock FROM procrastinate_jobs WHERE status = 'todo' ORDER BY priority DESC, id"
        )
        return list(conn.execute(text(asked)).scalars())


def test_what_people_did_is_taken_before_what_is_due_in_bulk(installed: Store) -> None:
    with installed.write() as conn:
        due.mark(conn, "main", ["1", "2", "3"], NOW, "resync", bulk=True)
        sweep(conn, ["main"], NOW, share=0)
        due.mark(conn, "main", ["4"], NOW, "an event")
        QueueAnnouncer().marked(conn, "main", ["4"], NOW)
    assert order(installed) == ["objective:main:4", *(f"objective:main:{number}" for number in (1, 2, 3))]
    with installed.write() as conn:
        due.mark(conn, "main", ["3"], NOW, "an event")
        QueueAnnouncer().marked(conn, "main", ["3"], NOW)
    assert order(installed)[:2] == ["objective:main:3", "objective:main:4"]


def test_a_sweep_leaves_a_share_to_what_is_due_in_bulk(installed: Store) -> None:
    with installed.write() as conn:
        due.mark(conn, "main", ["1", "2", "3"], NOW, "resync", bulk=True)
        sweep(conn, ["main"], NOW, share=1)
        due.mark(conn, "main", ["4", "5"], NOW, "an event")
        QueueAnnouncer().marked(conn, "main", ["4", "5"], NOW)
    assert order(installed) == [f"objective:main:{number}" for number in (1, 4, 5, 2, 3)]


def test_five_of_what_is_due_in_bulk_become_urgent_at_a_sweep(installed: Store) -> None:
    with installed.write() as conn:
        due.mark(conn, "main", [str(number) for number in range(8)], NOW, "resync", bulk=True)
        sweep(conn, ["main"], NOW)
        urgent = "SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo' AND priority = 0"
        assert conn.execute(text(urgent)).scalar() == 5


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ({}, ["objective:main:1"]),
        ({"run_after": NOW + timedelta(minutes=5)}, []),
        ({"held": True}, []),
        ({"held": True, "later": timedelta(minutes=3)}, ["objective:main:1"]),
        ({"buried": True}, []),
    ],
)
def test_the_sweep_finds_what_can_be_claimed_and_waits_for_nobody(
    installed: Store, row: dict[str, Any], found: list[str]
) -> None:
    with installed.write() as conn:
        due.mark(conn, "main", ["1"], NOW, "a test", row.get("run_after"))
        if row.get("held") or row.get("buried"):
            (claim,) = due.claim(conn, "w", NOW, timedelta(minutes=2), 1)
        if row.get("buried"):
            due.bury(conn, claim, "no", "", NOW)

    with installed.write() as conn:
        sweep(conn, ["main"], NOW + row.get("later", timedelta(0)))

    assert keys(installed) == found


def test_the_sweep_finds_deliveries_that_nobody_announced(installed: Store) -> None:
    with installed.write() as conn:
        inbox.store(conn, "main", "d-1", b"{}", NOW)
    for _ in range(2):
        with installed.write() as conn:
            sweep(conn, ["main", "other"], NOW)
    assert keys(installed) == ["inbox:main"]


def test_rows_of_a_site_that_was_removed_are_announced_to_nobody(installed: Store) -> None:
    with installed.write() as conn:
        for site in ("main", "gone", "resting", "barred"):
            due.mark(conn, site, ["1"], NOW, "a test")
            inbox.store(conn, site, "d-1", b"{}", NOW)
    with installed.write() as conn:
        known = ["main", "resting", "barred"]
        sweep(conn, known, NOW, resting=["resting", "barred"], without=["barred"])
    assert keys(installed) == ["inbox:main", "objective:main:1", "objective:resting:1"]


def test_a_release_brings_the_scripts_after_the_installed_one() -> None:
    names = ["03.01.00_01_pre_x.sql", "03.04.00_01_pre_y.sql", "03.11.00_50_post_z.sql"]
    paths = [Path(name) for name in names]

    assert [path.name for path in newer_scripts(paths, "3.2.0")] == names[1:]
    assert [path.name for path in newer_scripts(paths, "3.10.0")] == names[2:]
    assert newer_scripts(paths, "3.11.0") == []
    assert newer_scripts(paths, None) == []


def test_two_processes_that_end_the_same_stalled_job_both_go_on(installed: Store) -> None:
    with installed.write() as conn:
        announce(conn, [refresh_job("main")])
    engine = DistributedEngine(Connector(read_settings(env_file=None), installed, {}, lambda: NOW), 1)

    async def ended() -> list[str]:
        app = engine._app()
        async with app.open_async():
            worker = await app.job_manager.register_worker()
            job = await app.job_manager.fetch_job(queues=None, worker_id=worker)
            assert job is not None
            for _ in range(2):
                await engine._end_stalled(app, job)
            return [one.status for one in await app.job_manager.list_jobs_async()]

    assert asyncio.run(ended()) == ["failed"]


@pytest.mark.parametrize("fault", [Refusal("not yet"), ValueError("invented"), None])
def test_a_job_of_a_site_that_cannot_be_worked_for_ends(store: Store, fault: Exception | None) -> None:
    """It is not ready, its context fails, or (where that is nothing to work with) its work does."""
    asked: list[str] = []

    class Faulty(Connector):
        def context(self, name: str) -> Any:
            asked.append(name)
            if len(asked) > 1:
                raise SystemExit
            if fault is not None:
                raise fault
            return SimpleNamespace()

    engine = DistributedEngine(Faulty(read_settings(env_file=None), store, {}, lambda: NOW), 1)
    engine._refresh(SimpleNamespace(job=SimpleNamespace(id=7)), "main")
    assert asked == ["main"]
