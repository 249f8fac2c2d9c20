"""How far a read has come, kept page by page; and drift by objective."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from connectors.store import Store
from connectors.store.reads import resyncs
from connectors.store.reads.resyncs import UnfinishedRead
from connectors.store.work import drift
from connectors.store.work.drift import ObjectiveDrift

NOW = datetime(2026, 11, 9, 9, 0, tzinfo=UTC)


def test_a_read_is_kept_page_by_page_and_taken_over(store: Store) -> None:
    later = NOW + timedelta(minutes=1)
    with store.write() as conn:
        assert resyncs.load_unfinished(conn, "main") is None
        resyncs.begin(conn, "main", "r1", "one", "0", NOW)
        assert resyncs.keep(conn, "main", "one", "1", NOW, (1, "first"))
        assert resyncs.keep(conn, "main", "one", "2", NOW, (2, "second"))
        assert resyncs.load_unfinished(conn, "main") == UnfinishedRead("r1", "2", NOW)
    with store.write() as conn:
        resyncs.take_over(conn, "main", "r1", "two")
        assert not resyncs.keep(conn, "main", "one", "3", later, (3, "lost"))
        assert resyncs.keep(conn, "main", "two", "3", later, (3, "third"))
        assert resyncs.keep(conn, "main", "two", "3", later, (3, "third again"))
    with store.read() as conn:
        assert list(resyncs.pages(conn, "main", "r1")) == ["first", "second", "third again"]
        assert resyncs.load_unfinished(conn, "main") == UnfinishedRead("r1", "3", later)
        assert resyncs.load_unfinished(conn, "other") is None


def test_the_end_of_a_read_is_its_holders(store: Store) -> None:
    with store.write() as conn:
        resyncs.begin(conn, "main", "r1", "one", "0", NOW)
        resyncs.keep(conn, "main", "one", "1", NOW, (1, "first"))
        resyncs.end(conn, "main", "somebody else")
        assert resyncs.load_unfinished(conn, "main") is not None
        resyncs.end(conn, "main", "one")
        assert resyncs.load_unfinished(conn, "main") is None
        assert list(resyncs.pages(conn, "main", "r1")) == []


def test_a_new_read_takes_the_place_of_an_old_one(store: Store) -> None:
    with store.write() as conn:
        resyncs.begin(conn, "main", "r1", "one", "0", NOW)
        resyncs.keep(conn, "main", "one", "1", NOW, (1, "first"))
        resyncs.begin(conn, "main", "r2", "two", "0", NOW)
        assert resyncs.load_unfinished(conn, "main") == UnfinishedRead("r2", "0", NOW)
        assert list(resyncs.pages(conn, "main", "r1")) == []
        resyncs.discard(conn, "main")
        assert resyncs.load_unfinished(conn, "main") is None


def test_drift_adds_up_until_it_is_counted_anew(store: Store) -> None:
    later = NOW + timedelta(hours=1)
    with store.write() as conn:
        drift.add(conn, "main", {"1": 2, "2": 1, "3": 0}, NOW)
        drift.add(conn, "main", {"2": 4}, later)
        drift.add(conn, "other", {"2": 9}, later)
        assert drift.worst(conn, "main") == [ObjectiveDrift("2", 5, later), ObjectiveDrift("1", 2, NOW)]
        assert drift.worst(conn, "main", 1) == [ObjectiveDrift("2", 5, later)]
        assert drift.count(conn, "main") == 2
        assert drift.load_drift(conn, "main", "1") == ObjectiveDrift("1", 2, NOW)
        assert drift.load_drift(conn, "main", "3") is None
        drift.restart(conn, "main")
        assert drift.count(conn, "main") == 0
        assert drift.count(conn, "other") == 1
