"""The embedded engine: worker threads inside the serving process, over the tables of the store. Nothing to install."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable

import structlog

from connectors.store import StoreError, due
from plugin.connector import Connector, NotReady
from plugin.jobs.schedules import Schedules
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
        """Start the workers and the scheduler."""
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
        worker = f"{threading.current_thread().name}-{uuid.uuid4().hex[:8]}"
        while not self._stop.is_set():
            self._wake.clear()
            turns = [self._turn(site, worker) for site in list(self._connector.sites)]
            if all(taken.idle for taken in turns):
                self._wake.wait(self._idle_seconds())
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

    def _idle_seconds(self) -> float:
        """Until the next row is due, if that is soon."""
        try:
            with self._connector.store.read() as conn:
                following = due.next_run(conn)
        except StoreError:
            return IDLE_SECONDS
        if following is None:
            return IDLE_SECONDS
        left = (following - self._connector.clock()).total_seconds()
        return min(max(left, SHORTEST_SECONDS), IDLE_SECONDS)

    def _keep_schedules(self) -> None:
        schedules = Schedules(self._connector, self._stop.is_set)
        while not self._stop.wait(1.0):
            schedules.run_due()
