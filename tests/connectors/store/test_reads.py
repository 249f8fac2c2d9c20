"""What is kept of reads, where two processes of one site change it."""

from __future__ import annotations

from datetime import datetime, timedelta

from connectors.store import Store
from connectors.store.reads import failures, read_requests, recent_reads
from connectors.store.reads.recent_reads import RecentReads

HOUR = timedelta(hours=1)


def test_a_wish_that_comes_while_a_read_is_under_way_outlives_it(store: Store, now: datetime) -> None:
    with store.write() as conn:
        assert (read_requests.count_requests(conn, "main"), read_requests.is_open(conn, "main")) == (0, False)
        read_requests.serve(conn, "main", 0)
        read_requests.ask(conn, "main", now)
        began_at = read_requests.count_requests(conn, "main")
        read_requests.ask(conn, "main", now)
        read_requests.serve(conn, "main", began_at)
        assert read_requests.is_open(conn, "main")
        read_requests.ask(conn, "main", now, once=True)
        assert read_requests.count_requests(conn, "main") == 2
        read_requests.serve(conn, "main", 2)
        assert (read_requests.is_open(conn, "main"), read_requests.is_open(conn, "other")) == (False, False)
        read_requests.serve(conn, "main", 1)
        read_requests.ask(conn, "main", now, once=True)
        assert (read_requests.count_requests(conn, "main"), read_requests.is_open(conn, "main")) == (3, True)


def test_drift_adds_up_until_everything_is_read(store: Store, now: datetime) -> None:
    with store.write() as conn:
        recent_reads.note(conn, "main", now, 2)
        recent_reads.note(conn, "main", now + HOUR, 3)
        recent_reads.note(conn, "main", now + 2 * HOUR, 0)
        assert recent_reads.load_reads(conn, "main") == RecentReads(now + 2 * HOUR, 5, now + HOUR)
        recent_reads.count_anew(conn, "main")
        assert recent_reads.load_reads(conn, "main") == RecentReads(now + 2 * HOUR)


def test_each_failure_counts_until_a_read_ends_well(store: Store, now: datetime) -> None:
    with store.write() as conn:
        for number in range(3):
            failures.note(conn, "main", "full", now + number * HOUR, f"fault {number}", "look")
        failures.note(conn, "main", "recent", now, "fault", "look")
        full, recent = failures.load_standing(conn, "main")
        assert (full.kind, full.tries, full.since, full.at, full.error) == (
            "full",
            3,
            now,
            now + 2 * HOUR,
            "fault 2",
        )
        assert (full.lasts, recent.lasts) == (True, False)
        failures.clear(conn, "main", "full")
        assert failures.load_standing(conn, "main") == (recent,)
