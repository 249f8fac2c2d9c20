"""Days that are let pass: nobody's work is taken out of his hands by the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from connectors.store import Store
from connectors.store.work import due, inbox
from plugin.use_cases.kpis.days import MOST_LOOKS, wait_for_leases

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

    assert wait_for_leases(sqlite_store, pause)
    assert (len(waited), steps) == (2, [])


def test_it_does_not_wait_for_ever(sqlite_store: Store) -> None:
    with sqlite_store.write() as conn:
        due.mark(conn, "main", ["1"], NOW, "moved")
        assert due.claim(conn, "dead", NOW, LEASE, 1)
    waited: list[float] = []
    assert not wait_for_leases(sqlite_store, waited.append)
    assert len(waited) == MOST_LOOKS
