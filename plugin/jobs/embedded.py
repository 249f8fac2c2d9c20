"""The embedded engine: worker threads inside the serving process, over the tables of the store. Nothing to install."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable

import structlog

from connectors.store import StoreError, due
from plugin.connector import Connector, NotReady
from plugin.jobs.fresh_start import try_jira_at_once
from plugin.jobs.orphans import LOOK_SECONDS, free_orphans
from plugin.jobs.schedules import Schedules
from plugin.process import worker_name
from plugin.sync.work import Turn, turn

IDLE_SECONDS = 0.5
"""How long an idle worker waits before it looks again: rows become due by time, without an announcement."""

SHORTEST_SECONDS = 0.02

log = structlog.get_logger("jira_okr.engine")


class EmbeddedEngine:
    """Threads that take turns; the first one also keeps the schedules."""

    def __init__(self, connector: Connector, workers: int) -> None:
        self._connector = connector
        self._count = workers
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Give back what a killed process held, then start the workers and the scheduler."""
        if self._count:
            look_for_orphans(self._connector)
            try_jira_at_once(self._connector)
        loops: list[Callable[[], None]] = [self._work] * self._count
        if self._count:
            loops.append(self._keep_schedules)
        for number, loop in enumerate(loops):
            thread = threading.Thread(
                target=loop, name=f"okr-{loop.__name__.strip('_')}-{number}", daemon=True
            )
            thread.start()
            self._threads.append(thread)

    def announce(self) -> None:
        """Wake an idle worker."""
        self._wake.set()

    def stop(self, timeout: float = 10.0) -> None:
        """Let every worker finish its objective, then end."""
        self._stop.set()
        self._wake.set()
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._threads.clear()

    def _work(self) -> None:
        worker = worker_name(f"{threading.current_thread().name}-{uuid.uuid4().hex[:8]}")
        idle = 0
        while not self._stop.is_set():
            self._wake.clear()
            turns = [self._turn(site, worker) for site in list(self._connector.sites)]
            idle = idle + 1 if all(taken.idle for taken in turns) else 0
            if idle:
                self._wake.wait(self._idle_seconds(idle))
            elif any(taken.deliveries for taken in turns):
                self._wake.set()

    def _turn(self, site: str, worker: str) -> Turn:
        try:
            return turn(self._connector.context(site), worker, self._stop.is_set)
        except NotReady:
            return Turn()
        except Exception:  # a worker thread must outlive any fault; the work is still in the tables
            log.exception("turn failed", site=site)
            self._stop.wait(IDLE_SECONDS)
            return Turn()

    def _idle_seconds(self, rounds: int) -> float:
        """Until the next row is due, if that is soon; longer after each round in vain, for what nobody may take is overdue as well."""
        least = min(SHORTEST_SECONDS * 2.0 ** min(rounds - 1, 10), IDLE_SECONDS)
        try:
            with self._connector.store.read() as conn:
                following = due.next_run(conn)
        except StoreError:
            return IDLE_SECONDS
        if following is None:
            return IDLE_SECONDS
        left = (following - self._connector.clock()).total_seconds()
        return min(max(left, least), IDLE_SECONDS)

    def _keep_schedules(self) -> None:
        schedules = Schedules(self._connector, self._stop.is_set)
        looked = time.monotonic()
        while not self._stop.wait(1.0):
            schedules.run_due()
            if time.monotonic() - looked >= LOOK_SECONDS:
                looked = time.monotonic()
                look_for_orphans(self._connector)


def look_for_orphans(connector: Connector) -> None:
    """Give back what dead processes hold, and wake somebody for it. A fault waits for the next look."""
    try:
        if free_orphans(connector.store):
            connector.announce()
    except Exception:
        log.exception("what dead processes held could not be given back")
