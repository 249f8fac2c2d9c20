"""Deliveries that come together share a transaction; each is answered for itself, and none is answered before it is stored."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection

from connectors.jira.webhooks.signature import (
    HEADER,
    IDENTIFIER,
    event_identifier,
    fallback_identifier,
    sign,
    static_secret,
)
from connectors.store import Store, StoreError, open_store, upgrade
from connectors.store.work import delivery_sources, inbox
from plugin.sync.announcement import SILENT, SilentAnnouncer
from plugin.sync.intake.acceptance import AcceptedDelivery, Intake, Proof, Source, may_prove, proof_of

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
        intake: Intake, identifiers: list[str], announcer: SilentAnnouncer = SILENT
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
    class Stumbling(SilentAnnouncer):
        def delivered(self, conn: Connection, site: str) -> None:
            if inbox.recent(conn, site, 1)[0].identifier == "bad":
                raise ValueError("a fault of the program")

    found = at_once(Intake(store), ["d-0", "d-1", "bad", "d-2"], Stumbling())
    assert [type(one.exception()) for one in found] == [type(None), type(None), ValueError, type(None)]
    assert _kept(store) == ["d-0", "d-1", "d-2"]


NEW, OLD = "the present secret", "the one before"
SAID = {HEADER: static_secret(NEW, "main")}


@pytest.mark.parametrize(
    ("headers", "proof"),
    [
        ({"X-Hub-Signature": sign(NEW, BODY)}, Proof("webhook")),
        ({"x-hub-signature": sign(OLD, BODY)}, Proof("webhook", former=True)),
        ({"X-HUB-SIGNATURE": sign("another", BODY)}, None),
        ({"X-Hub-Signature": sign(NEW, BODY + b" ")}, None),
        (SAID, Proof("rule")),
        ({HEADER.upper(): static_secret(OLD, "main")}, Proof("rule", former=True)),
        ({HEADER: static_secret(NEW, "other")}, None),
        ({HEADER: NEW}, None),
        ({"X-Hub-Signature": sign(OLD, BODY), **SAID}, Proof("rule")),
        ({}, None),
    ],
)
def test_a_sender_is_believed_by_the_secret_that_he_shows(
    headers: dict[str, str], proof: Proof | None
) -> None:
    assert proof_of("main", [NEW, OLD], headers, BODY) == proof
    assert proof_of("main", [], headers, BODY) is None


@pytest.mark.parametrize(
    ("headers", "may"),
    [
        ({"x-hub-signature": sign("whatever", BODY)}, True),
        ({"x-hub-signature": "sha256=abc"}, False),
        ({"x-hub-signature": "md5=" + "0" * 64}, False),
        ({"x-okr-secret": "whatever"}, True),
        ({"x-okr-secret": ""}, False),
        ({}, False),
    ],
)
def test_who_shows_nothing_is_refused_before_his_body_is_read(headers: dict[str, str], may: bool) -> None:
    assert may_prove(headers) is may


def sources(store: Store, site: str = "main") -> list[tuple[str, datetime | None, datetime | None]]:
    with store.read() as conn:
        return [(one.source, one.at, one.former_at) for one in delivery_sources.all_of(conn, site)]


def test_a_source_is_noted_each_ten_seconds_by_the_present_secret_and_the_former_one(store: Store) -> None:
    intake = Intake(store)

    def bring(seconds: float, proof: Proof) -> bool:
        at = NOW + timedelta(seconds=seconds)
        return intake.accept("main", {IDENTIFIER: f"d-{seconds}"}, BODY, at, SILENT, proof).new

    assert bring(0, Proof("webhook")) is True
    assert bring(0, Proof("webhook")) is False
    assert bring(9.9, Proof("webhook")) is True
    assert sources(store) == [("webhook", NOW, None)]
    bring(9.95, Proof("webhook", former=True))
    bring(10, Proof("webhook"))
    later = NOW + timedelta(seconds=10)
    assert sources(store) == [("webhook", later, NOW + timedelta(seconds=9.95))]
    bring(5, Proof("webhook"))  # a clock that was set back
    assert sources(store)[0][1] == NOW + timedelta(seconds=5)


def test_who_was_turned_away_is_noted_and_a_database_that_fails_says_nothing(store: Store) -> None:
    intake = Intake(store)
    intake.refused("main", NOW)
    intake.refused("main", NOW + timedelta(seconds=9))
    assert sources(store) == [("refused", NOW, None)]
    assert sources(store, "other") == []

    @contextmanager
    def broken() -> Iterator[Connection]:
        raise StoreError("the disk is full", "here", "free some space")
        yield

    intake._store = _Doored(store, broken)  # type: ignore[assignment]
    intake.refused("main", NOW + timedelta(seconds=10))
    assert sources(store) == [("refused", NOW, None)]


def test_what_a_rule_sends_is_news_each_time_unless_it_says_which_one_it_is(store: Store) -> None:
    intake = Intake(store)

    def bring(source: Source, at: datetime, **headers: str) -> tuple[str, bool]:
        found = intake.accept("main", headers, BODY, at, SILENT, Proof(source))
        return found.identifier, found.new

    ending = fallback_identifier(BODY)[-32:]
    assert bring("rule", NOW) == (f"rule-1793698200000-0-{ending}", True)
    assert bring("rule", NOW) == (f"rule-1793698200000-1-{ending}", True)
    assert bring("rule", NOW, **{IDENTIFIER.upper(): "mine"}) == ("mine", True)
    assert bring("rule", NOW, **{IDENTIFIER: "mine"}) == ("mine", False)
    assert bring("webhook", NOW) == (fallback_identifier(BODY), True)
    assert bring("address", NOW) == (fallback_identifier(BODY), False)
    assert bring("forge", NOW, **{IDENTIFIER: "ignored"}) == (event_identifier(BODY), True)


class _Doored:
    """The store with another door for writing."""

    def __init__(self, store: Store, write: Callable[..., object]) -> None:
        self.dialect = store.dialect
        self.write = write
