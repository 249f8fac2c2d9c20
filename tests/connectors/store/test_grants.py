"""What is granted by OAuth 2.0, and the consents that lead to it: one at a time renews, and each consent counts once, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from connectors.store import Store
from connectors.store.sites import consents, grants
from connectors.store.sites.consents import BegunConsent
from connectors.store.sites.grants import Grant

NOW = datetime(2026, 11, 29, 8, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
BEGUN = BegunConsent(
    "hash", "main", "ada@acme.example", "https://okr.acme.example/consent", NOW + 15 * MINUTE
)


def granted(store: Store, basis: str = "app", now: datetime = NOW) -> Grant:
    with store.write() as conn:
        grants.put(conn, "main", basis, b"first", now + HOUR, now)
    return kept(store)


def kept(store: Store) -> Grant:
    with store.read() as conn:
        found = grants.get(conn, "main")
    assert found is not None
    return found


def take(store: Store, grant: Grant, holder: str, now: datetime = NOW) -> bool:
    with store.write() as conn:
        return grants.take(conn, "main", grant.generation, holder, now, now + MINUTE)


def keep(store: Store, grant: Grant, holder: str, tokens: bytes) -> bool:
    with store.write() as conn:
        return grants.keep(conn, "main", grant.generation, holder, tokens, NOW + 2 * HOUR)


def at_once(act: Callable[[str], object], count: int = 6) -> list[object]:
    """What each of several processes was told."""
    told: list[object] = []
    begin = threading.Barrier(count)

    def one(name: str) -> None:
        begin.wait()
        told.append(act(name))

    threads = [threading.Thread(target=one, args=(str(number),)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


def test_of_several_processes_one_renews(store: Store) -> None:
    grant = granted(store)
    assert sorted(map(bool, at_once(lambda holder: take(store, grant, holder)))) == [False] * 5 + [True]
    assert kept(store).begun_at == NOW


def test_of_several_that_come_back_with_one_consent_one_is_let_through(store: Store) -> None:
    with store.write() as conn:
        consents.put(conn, BEGUN, NOW)

    def come(_name: str) -> BegunConsent | None:
        with store.write() as conn:
            return consents.take(conn, "hash", "ada@acme.example", NOW)

    told = at_once(come)
    assert [one for one in told if one is not None] == [BEGUN]


def test_who_died_is_followed_and_what_came_late_is_not_kept(store: Store) -> None:
    grant = granted(store)
    assert take(store, grant, "slow")
    assert not take(store, grant, "heir", NOW + MINUTE - timedelta(milliseconds=1))
    assert take(store, grant, "heir", NOW + MINUTE)
    assert not keep(store, grant, "slow", b"late")
    assert keep(store, grant, "heir", b"second")
    assert not keep(store, grant, "heir", b"twice")
    found = kept(store)
    assert (found.tokens, found.expires_at, found.begun_at) == (b"second", NOW + 2 * HOUR, None)
    assert not take(store, grant, "third", NOW + HOUR), "what it read is replaced"


def test_what_was_begun_before_it_was_allowed_anew_changes_nothing(store: Store) -> None:
    grant = granted(store)
    assert take(store, grant, "slow")
    news = granted(store, now=NOW + MINUTE)
    assert not keep(store, grant, "slow", b"of the former consent")
    with store.write() as conn:
        assert not grants.end(conn, "main", grant.generation, "slow", "It was taken back.")
        assert not grants.let_go(conn, "main", grant.generation, "slow")
    assert kept(store) == news


def test_a_grant_that_was_forgotten_and_made_again_is_another(store: Store) -> None:
    former = granted(store, "app of the former site")
    with store.write() as conn:
        grants.forget(conn, "main")
    granted(store, "app", NOW + timedelta(milliseconds=1))
    assert not take(store, former, "of the former site")
    assert kept(store).begun_at is None


def test_an_end_is_kept_and_sealing_anew_changes_the_tokens_alone(store: Store) -> None:
    grant = granted(store)
    with store.write() as conn:
        grants.reseal(conn, "main", lambda tokens: tokens + b" anew")
    assert kept(store) == replace(grant, tokens=b"first anew")
    assert take(store, grant, "one")
    with store.write() as conn:
        assert grants.end(conn, "main", grant.generation, "one", "It was taken back.")
        grants.reseal(conn, "main", lambda tokens: tokens + b" again")
    found = kept(store)
    assert (found.tokens, found.fault, found.begun_at) == (None, "It was taken back.", None)


def test_a_consent_is_for_one_person_and_a_quarter_of_an_hour(store: Store) -> None:
    with store.write() as conn:
        consents.put(conn, BEGUN, NOW)
        assert consents.take(conn, "hash", "bob@acme.example", NOW) is None
        assert consents.take(conn, "hash", "ada@acme.example", NOW + 15 * MINUTE) is None
        consents.put(conn, BEGUN, NOW)
        consents.put(conn, replace(BEGUN, tokens=b"sealed"), NOW)
        assert consents.take(conn, "hash", "ada@acme.example", NOW) == replace(BEGUN, tokens=b"sealed")
        consents.put(conn, BEGUN, NOW)
        consents.forget(conn, "main")
        assert consents.take(conn, "hash", "ada@acme.example", NOW) is None
