"""Takes one delivery in: verified by the caller, stored here, worked on later. No Jira call and no rollup happens in the request.

SQLite takes one writer at a time, so requests that come together would queue for a commit each. The first in the queue stores
what the others bring in its own transaction; all of them answer when it is committed. PostgreSQL takes many at once: there
everybody commits alone, and two processes never wait for each other's identifiers.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Literal

from sqlalchemy import Connection

from connectors.jira import IgnoredBody, read_hints
from connectors.jira.webhooks.delivery_token import proves, token_in
from connectors.jira.webhooks.signature import (
    HEADER,
    IDENTIFIER,
    event_identifier,
    identifier,
    is_said,
    is_signature,
    verify,
)
from connectors.store import Store, StoreError
from connectors.store.work import delivery_sources, inbox
from plugin.sync.announcement import SILENT, Announcer

NOTED_EACH = timedelta(seconds=10)
"""How often one process notes that a source was heard."""
Source = Literal["webhook", "app", "rule", "address", "forge"]
"""What proves a delivery: a signature (webhooks of Jira, post functions of workflows), a token signed for our app, a header with a secret, the address itself, or Forge's token."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What made a delivery believed; `former`: by something that was changed since, and is accepted for a time."""

    source: Source
    former: bool = False


SIGNED = Proof("webhook")
INVOKED = Proof("forge")
BY_APP = Proof("app")


def proof_of(site: str, secrets: Sequence[str], headers: Mapping[str, str], body: bytes) -> Proof | None:
    """By what a sender shows that it knows one of the secrets of a site, the present one first; None where it knows none."""
    given = {name.lower(): value for name, value in headers.items()}
    signature, said = given.get("x-hub-signature"), given.get(HEADER.lower())
    for number, secret in enumerate(secrets):
        if verify(secret, body, signature):
            return Proof("webhook", number > 0)
        if is_said(secret, site, said):
            return Proof("rule", number > 0)
    return None


def app_proof_of(secrets: Sequence[str], headers: Mapping[str, str], now: datetime) -> Proof | None:
    """By the token that Jira signs for an app that registered its webhook itself, the present secret first; None where it is none of our app's."""
    token = token_in({name.lower(): value for name, value in headers.items()})
    by = next((number for number, secret in enumerate(secrets) if proves(secret, token, now)), None)
    return None if by is None else replace(BY_APP, former=by > 0)


def may_prove(headers: Mapping[str, str]) -> bool:
    """Whether a sender shows anything that could prove him, before his body is known. `headers` by names in lower case."""
    return (
        is_signature(headers.get("x-hub-signature"))
        or bool(headers.get(HEADER.lower()))
        or bool(token_in(headers))
    )


def fault_of_request(proof: Proof, body: bytes) -> str:
    """Why a rule is told that its request asks for nothing, where people see that; empty where it is taken in.

    What Jira itself sends is always taken in: it knows no better, and would not say so to anybody.
    """
    if proof.source != "rule":
        return ""
    hints = read_hints(body)
    return hints.reason if isinstance(hints, IgnoredBody) else ""


@dataclass(frozen=True, slots=True)
class AcceptedDelivery:
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
) -> AcceptedDelivery:
    """Store a delivery whose signature holds; raises StoreError where it could not be made durable."""
    return Intake(store).accept(site, headers, body, now, announcer)


@dataclass(slots=True, eq=False)
class _WaitingDelivery:
    """A delivery on its way into the inbox; `settled` once it is known what became of it, `fault` where that is an error."""

    site: str
    identifier: str
    body: bytes
    now: datetime
    announcer: Announcer
    noted: Proof | None = None
    new: bool = False
    settled: bool = False
    fault: StoreError | None = None

    def stored(self, conn: Connection) -> None:
        """Into the inbox, and announced where it was not there yet."""
        self.new = inbox.store(conn, self.site, self.identifier, self.body, self.now) is not None
        if self.noted is not None:
            delivery_sources.heard(conn, self.site, self.noted.source, self.now, former=self.noted.former)
        if self.new:
            self.announcer.delivered(conn, self.site)


class Intake:
    """Where the requests of one process bring their deliveries. Threads share it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._together = store.dialect == "sqlite"
        self._turn = threading.Lock()
        self._queue: list[_WaitingDelivery] = []
        self._queue_guard = threading.Lock()
        self._numbers = count()
        self._heard: dict[tuple[str | bool, ...], datetime] = {}

    def accept(
        self,
        site: str,
        headers: Mapping[str, str],
        body: bytes,
        now: datetime,
        announcer: Announcer,
        proof: Proof = SIGNED,
    ) -> AcceptedDelivery:
        """Store a delivery that is proved; raises StoreError where it could not be made durable."""
        named = self._identifier(proof.source, headers, body, now)
        noted = proof if self._is_news(now, site, proof.source, proof.former) else None
        mine = _WaitingDelivery(
            site=site, identifier=named, body=body, now=now, announcer=announcer, noted=noted
        )
        if self._together:
            self._queued(mine)
        else:
            self._commit([mine])
        if mine.fault is not None:
            raise mine.fault
        return AcceptedDelivery(mine.identifier, mine.new)

    def refused(self, site: str, now: datetime) -> None:
        """Somebody was turned away: kept, so that a secret typed wrongly is seen; nothing is said where the database fails."""
        if self._is_news(now, site, "refused"):
            with suppress(StoreError), self._store.write() as conn:
                delivery_sources.heard(conn, site, "refused", now, former=False)

    def _is_news(self, now: datetime, *heard: str | bool) -> bool:
        """Whether it is some seconds since this was noted: many deliveries a second make no more writes."""
        last = self._heard.get(heard)
        if last is not None and timedelta(0) <= now - last < NOTED_EACH:
            return False
        self._heard[heard] = now
        return True

    def _identifier(self, source: Source, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
        """A rule sends the same body each time, and never the same request twice: what comes later is news. Forge tells in the body that it tries again."""
        if source == "forge":
            return event_identifier(body)
        if source != "rule" or any(name.lower() == IDENTIFIER for name in headers):
            return identifier(headers, body)
        number = f"{int(now.timestamp() * 1000)}-{next(self._numbers)}"
        return f"rule-{number}-{identifier(headers, body)[-32:]}"

    def _queued(self, mine: _WaitingDelivery) -> None:
        with self._queue_guard:
            self._queue.append(mine)
        with self._turn:
            if not mine.settled:
                self._settle(mine, self._taken(mine))

    def _taken(self, mine: _WaitingDelivery) -> Sequence[_WaitingDelivery]:
        """All that waits; a delivery that somebody took and could not settle is stored alone."""
        with self._queue_guard:
            if mine not in self._queue:
                return [mine]
            taken, self._queue = self._queue, []
            return taken

    def _settle(self, mine: _WaitingDelivery, taken: Sequence[_WaitingDelivery]) -> None:
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

    def _commit(self, taken: Sequence[_WaitingDelivery]) -> None:
        with self._store.write() as conn:
            for one in taken:
                one.stored(conn)
        for one in taken:
            one.settled = True
