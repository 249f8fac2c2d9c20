"""The embedded engine: worker threads inside the serving process, over the tables of the store. Nothing to install."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC
from functools import partial

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from connectors.store.work import next_work
from connectors.store.work.next_work import NextWork
from plugin.jobs.fresh_start import try_jira_at_once
from plugin.jobs.orphans import LOOK_SECONDS, free_orphans
from plugin.jobs.port import STOP_SECONDS
from plugin.jobs.schedules import Schedules
from plugin.runtime.connector import Connector, Refusal
from plugin.runtime.processes.process import worker_name
from plugin.sync.work import WorkTurn, turn

IDLE_SECONDS = 0.5
"""How long the worker that watches waits before it looks again: another process makes rows due without an announcement."""
QUIET_SECONDS = 1.0
"""The same once it has looked in vain for a while."""
QUIET_AFTER = 20
"""Looks in vain until then."""
REST_SECONDS = 10.0
"""How long the other idle workers wait to be woken by the one that watches."""

SHORTEST_SECONDS = 0.02
LOOK_AT_CLOCK = 1.0
"""Seconds between two looks whether a task is due; when it ran last is known to the store alone."""

TOLD_AFTER = 60
"""Looks that are passed over because the task still runs, before that is said once: a minute at least."""

log = structlog.get_logger("jira_okr.engine")


class EmbeddedEngine:
    """Threads that take turns, and a scheduler for what happens by the clock."""

    def __init__(self, connector: Connector, workers: int, schedules: Schedules | None = None) -> None:
        self._connector = connector
        self._count = workers
        self._schedules = schedules or Schedules(connector, lambda: self._stop.is_set())
        self._bell = WakeSignal()
        self._watching = threading.Lock()
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._scheduler: BackgroundScheduler | None = None
        self._tasks = ThreadPoolExecutor(len(self._schedules.all) + 1, thread_name_prefix="okr-task")

    def start(self) -> None:
        """Give back what a killed process held, then start the workers and the scheduler."""
        if self._count:
            look_for_orphans(self._connector)
            try_jira_at_once(self._connector)
            self._scheduler = self._scheduled()
            self._scheduler.start()
        self._threads = [self._worker(number) for number in range(self._count)]

    def _worker(self, number: int) -> threading.Thread:
        thread = threading.Thread(target=self._work, name=f"okr-work-{number}", daemon=True)
        thread.start()
        return thread

    def replace_dead(self) -> None:
        """Start a successor for each worker thread that ended although nobody told it to."""
        for number, thread in enumerate(self._threads):
            if not thread.is_alive() and not self._stop.is_set():
                log.error("a worker thread died; another starts", thread=thread.name)
                self._threads[number] = self._worker(number)

    def announce(self) -> None:
        """Wake the idle workers."""
        self._bell.ring()

    def stop(self, timeout: float = STOP_SECONDS) -> None:
        """Let every worker finish its objective, then end."""
        self._stop.set()
        self.announce()
        deadline = time.monotonic() + timeout
        if self._scheduler is not None:
            # What runs is told at its next page to stop; it is waited for no longer than everything else.
            end = threading.Thread(
                target=end_schedules,
                args=(self._scheduler, self._tasks),
                name="okr-scheduler-end",
                daemon=True,
            )
            end.start()
            self._threads.append(end)
            self._scheduler = None
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._threads.clear()

    def _work(self) -> None:
        worker = worker_name(f"{threading.current_thread().name}-{uuid.uuid4().hex[:8]}")
        idle, watched = 0, False
        while not self._stop.is_set():
            heard = self._bell.rings
            ahead = self._next_work()
            some = ahead.by(self._connector.clock())
            if watched and some:
                heard = self._bell.ring()
            turns = [self._turn(site, worker) for site in list(self._connector.sites)] if some else []
            idle = idle + 1 if all(taken.idle for taken in turns) else 0
            watched = self._rest(ahead, idle, heard) if idle else False
            if any(taken.deliveries for taken in turns):
                self.announce()

    def _next_work(self) -> NextWork:
        """Whether anything waits; where the database does not say so, the turn itself finds out."""
        try:
            with self._connector.store.read() as conn:
                return next_work.look(conn, self._connector.clock())
        except Exception:
            return NextWork(at_once=True, next_run=None)

    def _rest(self, ahead: NextWork, idle: int, heard: int) -> bool:
        """One of the idle workers watches, the others wait until it, or an announcement, wakes them. Whether it was this one."""
        if not self._watching.acquire(blocking=False):
            self._bell.wait(heard, REST_SECONDS)
            return False
        try:
            self._bell.wait(heard, self._idle_seconds(ahead, idle))
        finally:
            self._watching.release()
        return True

    def _turn(self, site: str, worker: str) -> WorkTurn:
        try:
            return turn(self._connector.context(site), worker, self._stop.is_set)
        except Refusal:
            return WorkTurn()
        except Exception:  # a worker thread must outlive any fault; the work is still in the tables
            log.exception("turn failed", site=site)
            self._stop.wait(IDLE_SECONDS)
            return WorkTurn()

    def _idle_seconds(self, ahead: NextWork, rounds: int) -> float:
        """Until the next row is due, if that is soon; longer after each round in vain, for what nobody may take is overdue as well."""
        longest = IDLE_SECONDS if rounds < QUIET_AFTER else QUIET_SECONDS
        if ahead.next_run is None:
            return longest
        least = min(SHORTEST_SECONDS * 2.0 ** min(rounds - 1, 10), longest)
        left = (ahead.next_run - self._connector.clock()).total_seconds()
        return min(max(left, least), longest)

    def _scheduled(self) -> BackgroundScheduler:
        """Each task in a thread of its own, so that a long one (reading everything) never delays a short one."""
        schedules = self._schedules
        scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": {"type": "threadpool", "max_workers": 3}},
            job_defaults={"coalesce": True, "max_instances": 2, "misfire_grace_time": None},
        )
        tasks = {one.name: SingleRun(one.name, partial(schedules.run, one)) for one in schedules.all}
        look = SingleRun("clock", partial(look_at_clock, schedules, self._tasks, tasks))
        scheduler.add_job(look.run, "interval", seconds=LOOK_AT_CLOCK, id="clock")
        orphans = SingleRun("orphans", partial(look_for_orphans, self._connector))
        scheduler.add_job(orphans.run, "interval", seconds=LOOK_SECONDS, id="orphans")
        scheduler.add_job(
            SingleRun("workers", self.replace_dead).run, "interval", seconds=LOOK_SECONDS, id="workers"
        )
        return scheduler


class WakeSignal:
    """Wakes all who wait. Whoever noted the `rings` before looking for work misses none that comes after, however many others hear it."""

    def __init__(self) -> None:
        self.rings = 0
        self._heard = threading.Condition()

    def ring(self) -> int:
        """Wake them; how often it has rung now."""
        with self._heard:
            self.rings += 1
            self._heard.notify_all()
            return self.rings

    def wait(self, noted: int, seconds: float) -> bool:
        """Wait for a ring after those that were noted; False where none came in this time."""
        with self._heard:
            return self._heard.wait_for(lambda: self.rings != noted, seconds)


class SingleRun:
    """A task that is never begun while it runs. The scheduler's own limit would write a warning each second for as long as that lasts."""

    def __init__(self, name: str, task: Callable[[], object]) -> None:
        self._name = name
        self._task = task
        self._busy = threading.Lock()
        self._passed_over = 0

    def run(self) -> None:
        """Begin it, or pass this time over."""
        if not self._busy.acquire(blocking=False):
            self._passed_over += 1
            if self._passed_over == TOLD_AFTER:
                log.info("schedule still runs", schedule=self._name)
            return
        try:
            self._passed_over = 0
            self._task()
        finally:
            self._busy.release()


def look_at_clock(schedules: Schedules, pool: ThreadPoolExecutor, tasks: Mapping[str, SingleRun]) -> None:
    """Begin what is due, each in a thread of its own: one look for all of them.

    A pool beside the scheduler's: its own one-shot jobs die with it (`JobLookupError` in its thread, where the end comes between the run of
    one and its removal).
    """
    for one in schedules.due():
        pool.submit(run_told, one.name, tasks[one.name])


def run_told(name: str, task: SingleRun) -> None:
    """Run it; what it raises is told in the log, for nobody asks the pool."""
    try:
        task.run()
    except Exception:
        log.exception("schedule broke", schedule=name)


def end_schedules(scheduler: BackgroundScheduler, tasks: ThreadPoolExecutor) -> None:
    """Begin nothing more, and wait for what runs."""
    scheduler.shutdown()
    tasks.shutdown()


def look_for_orphans(connector: Connector) -> None:
    """Give back what dead processes hold, and wake somebody for it. A fault waits for the next look."""
    try:
        if free_orphans(connector.store):
            connector.announce()
    except Exception:
        log.exception("what dead processes held could not be given back")
