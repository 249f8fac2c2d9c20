"""Days that are let pass: nobody's work is taken out of his hands by the clock."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from connectors.store import Store
from connectors.store.work import due, inbox
from plugin.use_cases.kpis.days import MOST_LOOKS, move_between_leases

NOW = datetime(2026, 11, 9, 9, tzinfo=UTC)
LEASE = timedelta(minutes=1)


def test_the_clock_waits_until_nobody_holds_anything(sqlite_store: Store) -> None:
    with sqlite_store.write() as conn:
        due.mark(conn, "main", ["1"], NOW, "moved")
        inbox.store(conn, "main", "a", b"{}", NOW)
        assert due.claim(conn, "worker", NOW, LEASE, 1)
        assert inbox.claim(conn, "main", "reader", NOW, LEASE, 1)
    steps = [lambda conn: due.release(conn, "worker"), lambda conn: inbox.release(conn, "reader")]
    waited: list[float] = []

    def pause(seconds: float) -> None:
        waited.append(seconds)
        with sqlite_store.write() as conn:
            steps.pop(0)(conn)

    moved: list[int] = []
    assert move_between_leases(sqlite_store, lambda: moved.append(len(waited)), pause)
    assert (moved, steps) == ([2], [])


def test_whoever_takes_work_while_the_clock_moves_has_it_by_the_new_time(sqlite_store: Store) -> None:
    """Else the lease would be over before its work began."""
    later, now, claims = NOW + timedelta(days=1), [NOW], list[due.DueObjective]()
    with sqlite_store.write() as conn:
        due.mark(conn, "main", ["1"], NOW, "moved")

    def take() -> None:
        with sqlite_store.write() as conn:
            claims.extend(due.claim(conn, "worker", now[0], LEASE, 1))

    taker = threading.Thread(target=take)

    def move() -> None:
        taker.start()
        now[0] = later

    assert move_between_leases(sqlite_store, move)
    taker.join()
    assert [one.lease_until for one in claims] == [later + LEASE]


def test_it_does_not_wait_for_ever(sqlite_store: Store) -> None:
    with sqlite_store.write() as conn:
        due.mark(conn, "main", ["1"], NOW, "moved")
        assert due.claim(conn, "dead", NOW, LEASE, 1)
    waited: list[float] = []
    moved: list[int] = []
    assert not move_between_leases(sqlite_store, lambda: moved.append(len(waited)), waited.append)
    assert moved == [len(waited)] == [MOST_LOOKS]
