"""Takes one delivery in: verified by the caller, stored here, worked on later. No Jira call and no rollup happens in the request.

SQLite takes one writer at a time, so requests that come together would queue for a commit each. The first in the queue stores
what the others bring in its own transaction; all of them answer when it is committed. PostgreSQL takes many at once: there
everybody commits alone, and two processes never wait for each other's identifiers.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Literal

from sqlalchemy import Connection

from connectors.jira.webhooks.signature import HEADER, IDENTIFIER, identifier, is_said, verify
from connectors.store import Store, StoreError
from connectors.store.work import inbox
from plugin.sync.announcement import SILENT, Announcer

Source = Literal["webhook", "rule", "address"]
"""What proves a delivery: a signature (webhooks of Jira, post functions of workflows), a header with a secret, or the address itself."""


def source_of(site: str, secrets: Sequence[str], headers: Mapping[str, str], body: bytes) -> Source | None:
    """By what a sender shows that it knows one of the secrets of a site; None where it knows none."""
    given = {name.lower(): value for name, value in headers.items()}
    if any(verify(secret, body, given.get("x-hub-signature")) for secret in secrets):
        return "webhook"
    said = given.get(HEADER.lower())
    return "rule" if any(is_said(secret, site, said) for secret in secrets) else None


@dataclass(frozen=True, slots=True)
class Accepted:
    """A delivery that is safe in the inbox; `new` is False for a retry of one that was there already."""

    identifier: str
    new: bool


def accept(
    store: Store,
    site: str,
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
    announcer: Announcer = SILENT,
) -> Accepted:
    """Store a delivery whose signature holds; raises StoreError where it could not be made durable."""
    return Intake(store).accept(site, headers, body, now, announcer)


@dataclass(slots=True, eq=False)
class _Waiting:
    """A delivery on its way into the inbox; `settled` once it is known what became of it, `fault` where that is an error."""

    site: str
    identifier: str
    body: bytes
    now: datetime
    announcer: Announcer
    new: bool = False
    settled: bool = False
    fault: StoreError | None = None

    def stored(self, conn: Connection) -> None:
        """Into the inbox, and announced where it was not there yet."""
        self.new = inbox.store(conn, self.site, self.identifier, self.body, self.now) is not None
        if self.new:
            self.announcer.delivered(conn, self.site)


class Intake:
    """Where the requests of one process bring their deliveries. Threads share it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._together = store.dialect == "sqlite"
        self._turn = threading.Lock()
        self._queue: list[_Waiting] = []
        self._queue_guard = threading.Lock()
        self._numbers = count()

    def accept(
        self,
        site: str,
        headers: Mapping[str, str],
        body: bytes,
        now: datetime,
        announcer: Announcer,
        source: Source = "webhook",
    ) -> Accepted:
        """Store a delivery that is proved; raises StoreError where it could not be made durable."""
        mine = _Waiting(site, self._identifier(source, headers, body, now), body, now, announcer)
        if self._together:
            self._queued(mine)
        else:
            self._commit([mine])
        if mine.fault is not None:
            raise mine.fault
        return Accepted(mine.identifier, mine.new)

    def _identifier(self, source: Source, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
        """A rule sends the same body each time, and never the same request twice: what comes later is news."""
        if source != "rule" or any(name.lower() == IDENTIFIER for name in headers):
            return identifier(headers, body)
        number = f"{int(now.timestamp() * 1000)}-{next(self._numbers)}"
        return f"rule-{number}-{identifier(headers, body)[-32:]}"

    def _queued(self, mine: _Waiting) -> None:
        with self._queue_guard:
            self._queue.append(mine)
        with self._turn:
            if not mine.settled:
                self._settle(mine, self._taken(mine))

    def _taken(self, mine: _Waiting) -> Sequence[_Waiting]:
        """All that waits; a delivery that somebody took and could not settle is stored alone."""
        with self._queue_guard:
            if mine not in self._queue:
                return [mine]
            taken, self._queue = self._queue, []
            return taken

    def _settle(self, mine: _Waiting, taken: Sequence[_Waiting]) -> None:
        try:
            self._commit(taken)
        except StoreError as fault:
            # The database is at fault, so it would be for each of them.
            for one in taken:
                one.fault, one.settled = fault, True
        except Exception:
            # One of them may be at fault: the others find themselves unsettled.
            if len(taken) == 1:
                raise
            self._commit([mine])

    def _commit(self, taken: Sequence[_Waiting]) -> None:
        with self._store.write() as conn:
            for one in taken:
                one.stored(conn)
        for one in taken:
            one.settled = True
