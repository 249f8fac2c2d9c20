"""Who changes a site reads it first, and nobody who does the same meanwhile is overwritten."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from connectors.store import Store
from connectors.store.sites import sites

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def test_two_who_change_one_site_at_once_both_do(store: Store) -> None:
    with store.write() as conn:
        sites.put(conn, "acme", {}, b"old", NOW)
    read = threading.Event()

    def renew() -> None:
        with store.write() as conn:
            found = sites.to_change(conn, "acme")
            assert found is not None
            read.set()
            threading.Event().wait(0.3)  # the other one has begun by now
            sites.put(conn, "acme", found.settings, b"new", NOW)

    renewal = threading.Thread(target=renew)
    renewal.start()
    assert read.wait(10)
    with store.write() as conn:
        found = sites.to_change(conn, "acme")
        assert found is not None
        sites.put(conn, "acme", {**found.settings, "shown": "today"}, found.credentials, NOW)
    renewal.join(10)
    with store.read() as conn:
        kept = sites.get(conn, "acme")
    assert kept is not None
    assert (kept.credentials, kept.settings) == (b"new", {"shown": "today"})


def test_a_site_that_is_not_there_is_nobody_s_to_change(store: Store) -> None:
    with store.write() as conn:
        assert sites.to_change(conn, "nobody") is None
