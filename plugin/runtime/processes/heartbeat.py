"""Every process says now and then that it lives, how many of its workers do, and what it has counted so far.

The sayings are in the store, so that any serving process can answer for all: `/readyz`, `/metrics` and `jira-okr status`
read them. What a process counted outlives it: when it ends, or falls silent for long, its figures go into one sum.
"""

from __future__ import annotations

import os
import socket
import threading
import uuid
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from connectors.store import StoreError
from connectors.store.jobs import counts, crashes
from connectors.store.jobs import processes as signs
from connectors.store.jobs.counts import ProcessCounts
from connectors.store.jobs.processes import SignOfLife
from plugin.runtime.connector import Connector
from plugin.runtime.processes.process import ProcessId, is_gone, this_process
from plugin.use_cases.health.budget import spend_all

EVERY_SECONDS = 10.0
SILENT_AFTER = timedelta(minutes=1)
"""A process that said nothing for so long is not counted on."""
FORGET_AFTER = timedelta(hours=1)
WORKER_LOOP = "okr-work"
"""The thread of the distributed engine in which all its workers run; those of the embedded engine have a number behind."""

log = structlog.get_logger("jira_okr.heartbeat")


@dataclass(frozen=True, slots=True)
class Process(SignOfLife):
    """A process as it spoke last, and whether it may be counted on."""

    @property
    def works(self) -> bool:
        """Whether it is there to work, and can."""
        return self.wanted > 0 and self.workers > 0

    def silent(self, now: datetime) -> bool:
        """Whether nothing was heard of it for too long."""
        return now - self.at > SILENT_AFTER

    @property
    def gone(self) -> bool:
        """Whether it certainly lives no more: it was killed or crashed, for who ends in order takes itself off the list."""
        return is_gone(ProcessId(self.place, self.pid, self.began))

    def lives(self, now: datetime) -> bool:
        """Whether it may be counted on."""
        return not self.silent(now) and not self.gone


class Heartbeat:
    """Speaks for this process until stopped."""

    def __init__(self, connector: Connector, role: str, workers: int, every: float = EVERY_SECONDS) -> None:
        self._connector = connector
        self._role = role
        self._wanted = workers
        self._every = every
        self._id = uuid.uuid4().hex
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._keep_on, name="okr-heartbeat", daemon=True)

    def start(self) -> None:
        """Speak now and from now on, in the place of a process that was killed here."""
        self._succeed()
        self._beat()
        self._thread.start()

    def stop(self) -> None:
        """The last word: the process goes, its figures stay."""
        self._stop.set()
        self._thread.join(EVERY_SECONDS)
        try:
            self._beat()
            with self._connector.store.write() as conn:
                _retire(conn, self._id)
        except StoreError as error:
            log.warning("the last heartbeat was not stored", error=str(error))

    def _keep_on(self) -> None:
        while not self._stop.wait(self._every):
            self._beat()

    def _succeed(self) -> None:
        """What a killed process of this role and place counted stays; the process itself need not be shown any more."""
        try:
            with self._connector.store.write() as conn:
                for sign in signs.load_all(conn):
                    if sign.role == self._role and _process(sign).gone:
                        _bury(conn, sign.id, self._connector.clock())
        except StoreError as error:
            log.warning("former processes were not taken off the list", error=str(error))

    def _beat(self) -> None:
        now = self._connector.clock()
        word = SignOfLife(
            id=self._id,
            host=socket.gethostname(),
            pid=os.getpid(),
            role=self._role,
            at=now,
            wanted=self._wanted,
            workers=living_workers(self._wanted),
            counted=self._connector.meter.counted(),
            place=this_process().place,
            began=this_process().began,
        )
        try:
            with self._connector.store.write() as conn:
                signs.put(conn, word)
                spend_all(conn, self._connector.meter.untold_calls(), now)
                for other in signs.load_all(conn):
                    if now - other.at > FORGET_AFTER:
                        _bury(conn, other.id, now)
        except Exception as error:  # the next word is due soon
            log.warning("heartbeat not stored", error=str(error))


def tell_calls(connector: Connector) -> None:
    """What a process without a heartbeat asked of Jira, told as it ends; a store that cannot be written to is no reason to fail."""
    called = connector.meter.untold_calls()
    if not called:
        return
    with suppress(StoreError), connector.store.write() as conn:
        spend_all(conn, called, connector.clock())


def living_workers(wanted: int) -> int:
    """How many workers of this process's engine take work, of those that were wanted."""
    names = [thread.name for thread in threading.enumerate()]
    if WORKER_LOOP in names:
        return wanted
    return min(wanted, sum(name.startswith(f"{WORKER_LOOP}-") for name in names))


def processes(conn: Connection) -> list[Process]:
    """Every process that was heard of within the hour, the latest first."""
    return [_process(sign) for sign in signs.load_all(conn)]


def working_here(connector: Connector) -> bool:
    """Whether a process of this machine works."""
    with connector.store.read() as conn:
        known = processes(conn)
    here = socket.gethostname()
    return any(one.works and one.host == here and one.lives(connector.clock()) for one in known)


def count_processes(conn: Connection) -> ProcessCounts:
    """What all processes counted, those of former times too."""
    total = counts.load_former(conn)
    for process in processes(conn):
        total = total + process.counted
    return total


def _process(sign: SignOfLife) -> Process:
    return Process(**{one.name: getattr(sign, one.name) for one in fields(sign)})


def _retire(conn: Connection, id_: str) -> SignOfLife | None:
    """Take a process off the list and keep its figures; of two that try, one does it and gets what it said last."""
    sign = signs.take(conn, id_)
    if sign is not None:
        counts.add(conn, sign.counted)
    return sign


def _bury(conn: Connection, id_: str, now: datetime) -> None:
    """The same for a process that did not do it itself: it crashed, which is kept and told."""
    sign = _retire(conn, id_)
    if sign is not None:
        crashes.note(conn, sign, now)
        log.warning(
            "a process ended without a word",
            process=sign.pid,
            host=sign.host,
            role=sign.role,
            last=sign.at.isoformat(),
        )
