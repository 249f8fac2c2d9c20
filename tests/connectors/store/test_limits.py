"""What processes know together: calls, callers, pauses, quotas, outages, attempts to sign in. Each is changed by one at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from connectors.store import Store
from connectors.store.limits import callers, calls, pauses, quotas
from connectors.store.limits.pauses import KeptPause
from connectors.store.limits.quotas import Quota
from connectors.store.people import sign_in_attempts
from connectors.store.people.sign_in_attempts import Attempts
from connectors.store.work import outages
from connectors.store.work.outages import Outage

NOW = datetime(2026, 11, 22, 12, 0, 30, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
OUT = Outage("limited", NOW, 1, NOW + MINUTE, True, "Jira answered 429", "Wait.")


def at_once(store: Store, act: Callable[[Connection], object]) -> None:
    """Four threads, fifteen times each."""

    def often() -> None:
        for _ in range(15):
            with store.write() as conn:
                act(conn)

    threads = [threading.Thread(target=often) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_nothing_is_lost_where_several_count_at_once(store: Store) -> None:
    def step(known: Outage | None) -> Outage:
        return OUT if known is None else replace(known, tries=known.tries + 1)

    def act(conn: Connection) -> None:
        calls.add(conn, "main", 1000, 1, after=940)
        sign_in_attempts.count(conn, "from:1", NOW, MINUTE)
        outages.change(conn, "main", step)

    at_once(store, act)
    with store.write() as conn:
        assert calls.by_minute(conn, "main", 940) == {1000: 60}
        assert sign_in_attempts.count(conn, "from:1", NOW, MINUTE) == Attempts(61, NOW)
        assert outages.load_standing(conn, "main") == replace(OUT, tries=60)


def test_calls_are_kept_by_the_minute(store: Store) -> None:
    with store.write() as conn:
        for minute, number in ((1000, 5), (1000, 2), (1001, 3), (1061, 4)):
            calls.add(conn, "main", minute, number, after=minute - 60)
        calls.add(conn, "other", 1000, 9, after=940)
        assert calls.by_minute(conn, "main", 0) == {1061: 4}
        assert calls.by_minute(conn, "main", 1061) == {}
        assert calls.by_minute(conn, "other", 0) == {1000: 9}


def test_of_each_pause_the_longer_one_stands_until_it_is_over(store: Store) -> None:
    short, long = KeptPause("site", NOW + SECOND, 1, "a"), KeptPause("site", NOW + MINUTE, 2, "b")
    other = KeptPause("issue 1", NOW + 2 * SECOND, 1, "c")
    with store.write() as conn:
        pauses.put(conn, "main", [long, other], NOW)
        pauses.put(conn, "main", [short], NOW)
        assert pauses.load_all(conn, "main") == [other, long]
        pauses.put(conn, "main", [], NOW + 2 * SECOND)
        assert pauses.load_all(conn, "main") == [long]
        assert pauses.load_all(conn, "other") == []


def test_who_fell_silent_does_not_count(store: Store) -> None:
    with store.write() as conn:
        assert callers.count_with(conn, "main", "b", NOW, NOW - MINUTE) == 1
        assert callers.count_with(conn, "main", "a", NOW + 59 * SECOND, NOW - SECOND) == 2
        assert callers.count_with(conn, "other", "a", NOW + 59 * SECOND, NOW - SECOND) == 1
        assert callers.count_with(conn, "main", "a", NOW + 60 * SECOND, NOW) == 1


def test_the_last_word_of_a_quota_stands(store: Store) -> None:
    with store.write() as conn:
        assert quotas.get(conn, "main") is None
        for word in (Quota(40, 350, NOW + MINUTE, NOW), Quota(0, None, None, NOW + SECOND)):
            quotas.put(conn, "main", word)
            assert quotas.get(conn, "main") == word


def test_an_outage_ends_and_another_begins(store: Store) -> None:
    with store.write() as conn:
        assert outages.load_standing(conn, "main") is None
        assert outages.change(conn, "main", lambda _: OUT) == OUT
        assert (outages.load_standing(conn, "main"), outages.load_standing(conn, "other")) == (OUT, None)
        assert outages.change(conn, "main", lambda _: None) is None
        assert outages.load_standing(conn, "main") is None
        seen: list[Outage | None] = []
        outages.change(conn, "main", lambda known: seen.append(known) or OUT)  # type: ignore[func-returns-value]
        assert (seen, outages.load_standing(conn, "main")) == ([None], OUT)


def test_attempts_begin_anew_with_their_window(store: Store) -> None:
    with store.write() as conn:
        for seconds, expected in ((0, Attempts(1, NOW)), (59, Attempts(2, NOW))):
            assert sign_in_attempts.count(conn, "a", NOW + seconds * SECOND, MINUTE) == expected
        assert sign_in_attempts.count(conn, "a", NOW + MINUTE, MINUTE) == Attempts(1, NOW + MINUTE)
        sign_in_attempts.forget(conn, "a")
        assert sign_in_attempts.count(conn, "a", NOW + MINUTE, MINUTE) == Attempts(1, NOW + MINUTE)
        sign_in_attempts.prune(conn, NOW + MINUTE)
        assert sign_in_attempts.count(conn, "a", NOW + MINUTE, MINUTE).count == 2
        sign_in_attempts.prune(conn, NOW + MINUTE + SECOND)
        assert sign_in_attempts.count(conn, "a", NOW + MINUTE, MINUTE).count == 1
