"""Deliveries that come together share a transaction; each is answered for itself, and none is answered before it is stored."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection

from connectors.jira.webhooks.signature import IDENTIFIER
from connectors.store import Store, StoreError, open_store, upgrade
from connectors.store.work import inbox
from plugin.sync.announcement import SILENT, Silent
from plugin.sync.intake.acceptance import AcceptedDelivery, Intake

NOW = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
BODY = b'{"webhookEvent": "nothing"}'


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path / 'okr.sqlite3'}")
    upgrade(store)
    yield store
    store.close()


@pytest.fixture
def at_once(store: Store) -> Callable[..., list[Future[AcceptedDelivery]]]:
    """Brings deliveries while somebody else writes, so that all of them have to wait for the same turn."""

    def bring(
        intake: Intake, identifiers: list[str], announcer: Silent = SILENT
    ) -> list[Future[AcceptedDelivery]]:
        def one(identifier: str) -> AcceptedDelivery:
            return intake.accept("main", {IDENTIFIER: identifier}, BODY, NOW, announcer)

        with ThreadPoolExecutor(len(identifiers)) as threads:
            with store.write():
                first = threads.submit(one, identifiers[0])
                _until(lambda: intake._turn.locked() and not intake._queue)
                rest = [threads.submit(one, identifier) for identifier in identifiers[1:]]
                _until(lambda: len(intake._queue) == len(rest))
            return [first, *rest]

    return bring


def _until(holds: Callable[[], bool]) -> None:
    waited = threading.Event()
    for _ in range(2000):
        if holds():
            return
        waited.wait(0.005)
    raise AssertionError("it never came to that")


def _kept(store: Store) -> list[str]:
    with store.read() as conn:
        return sorted(one.identifier for one in inbox.recent(conn, "main", 100))


def test_those_that_wait_share_one_commit(
    store: Store, at_once: Callable[..., list[Future[AcceptedDelivery]]]
) -> None:
    intake, commits, write = Intake(store), [], store.write

    @contextmanager
    def counted() -> Iterator[Connection]:
        with write() as conn:
            yield conn
        commits.append(1)

    intake._store = _Doored(store, counted)  # type: ignore[assignment]
    found = at_once(intake, [f"d-{number}" for number in range(6)])
    assert all(one.result().new for one in found)
    assert _kept(store) == [f"d-{number}" for number in range(6)]
    assert len(commits) == 2, "the first alone, the five that waited for it together"


def test_a_retry_beside_its_first_is_stored_once(
    store: Store, at_once: Callable[..., list[Future[AcceptedDelivery]]]
) -> None:
    found = at_once(Intake(store), ["d-0", "twin", "twin", "d-0"])
    assert sorted(one.result().new for one in found) == [False, False, True, True]
    assert _kept(store) == ["d-0", "twin"]


def test_a_database_that_fails_acknowledges_none(
    store: Store, at_once: Callable[..., list[Future[AcceptedDelivery]]]
) -> None:
    @contextmanager
    def broken() -> Iterator[Connection]:
        with store.write():
            raise StoreError("the disk is full", "here", "free some space")
        yield

    intake = Intake(store)
    intake._store = _Doored(store, broken)  # type: ignore[assignment]
    found = at_once(intake, ["d-0", "d-1", "d-2"])
    assert all(isinstance(one.exception(), StoreError) for one in found)
    assert _kept(store) == []


def test_one_that_breaks_the_program_takes_no_other_with_it(
    store: Store, at_once: Callable[..., list[Future[AcceptedDelivery]]]
) -> None:
    class Stumbling(Silent):
        def delivered(self, conn: Connection, site: str) -> None:
            if inbox.recent(conn, site, 1)[0].identifier == "bad":
                raise ValueError("a fault of the program")

    found = at_once(Intake(store), ["d-0", "d-1", "bad", "d-2"], Stumbling())
    assert [type(one.exception()) for one in found] == [type(None), type(None), ValueError, type(None)]
    assert _kept(store) == ["d-0", "d-1", "d-2"]


class _Doored:
    """The store with another door for writing."""

    def __init__(self, store: Store, write: Callable[..., object]) -> None:
        self.dialect = store.dialect
        self.write = write
