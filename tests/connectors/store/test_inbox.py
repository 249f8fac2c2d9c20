"""The inbox: a delivery is kept once, until it is settled and old."""

from __future__ import annotations

import threading
import zlib
from collections import Counter
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from connectors.store import Store
from connectors.store.mirror import browse
from connectors.store.schema import delivery, delivery_base, delivery_count
from connectors.store.work import inbox
from connectors.store.work.inbox import Delivery, DeliveryStatus

HOUR = timedelta(hours=1)


def test_a_delivery_is_kept_as_it_came(store: Store, now: datetime) -> None:
    with store.write() as conn:
        kept = inbox.store(conn, "main", "id-1", b"\x00\xff{}", now, "jira:issue_updated")
    assert kept is not None
    with store.read() as conn:
        assert inbox.load_pending(conn, 10) == [
            Delivery(
                kept, "main", "id-1", now, "jira:issue_updated", b"\x00\xff{}", DeliveryStatus.PENDING, "", 0
            )
        ]


def test_the_same_identifier_is_kept_once_per_site(store: Store, now: datetime) -> None:
    with store.write() as conn:
        first = inbox.store(conn, "main", "id-1", b"a", now)
        again = inbox.store(conn, "main", "id-1", b"b", now)
        elsewhere = inbox.store(conn, "other", "id-1", b"c", now)
    assert first is not None
    assert again is None
    assert elsewhere not in (None, first)


def test_deliveries_wait_oldest_first_until_settled(store: Store, now: datetime) -> None:
    with store.write() as conn:
        for number in (2, 1, 3):
            inbox.store(conn, "main", str(number), b"", now + timedelta(seconds=number))
        waiting = inbox.load_pending(conn, 2)
        assert [found.identifier for found in waiting] == ["1", "2"]
        inbox.settle(conn, waiting[0].id, "done", "", now)
        inbox.settle(conn, waiting[1].id, "ignored", "no issue in it", now)
        assert [found.identifier for found in inbox.load_pending(conn, 9)] == ["3"]
        assert inbox.counts(conn, "main") == {"pending": 1, "done": 1, "ignored": 1, "failed": 0}
        assert [(found.identifier, found.note) for found in inbox.recent(conn, "main", 2)] == [
            ("3", ""),
            ("1", ""),
        ]
        assert inbox.recent(conn, "main", 9)[-1].note == "no issue in it"


def test_a_settled_delivery_can_be_replayed(store: Store, now: datetime) -> None:
    with store.write() as conn:
        kept = inbox.store(conn, "main", "1", b"", now)
        assert kept is not None
        inbox.settle(conn, kept, "failed", "Jira said no", now)
        assert inbox.replay(conn, kept)
        assert [(found.note, found.attempts) for found in inbox.load_pending(conn, 9)] == [("", 1)]
        assert not inbox.replay(conn, kept + 1)


def test_pruning_forgets_what_is_settled_and_old(store: Store, now: datetime) -> None:
    with store.write() as conn:
        ids = [inbox.store(conn, "main", str(day), b"", now - timedelta(days=day)) for day in (0, 5, 9, 10)]
        for kept in (ids[0], ids[2]):
            assert kept is not None
            inbox.settle(conn, kept, "done", "", now)
        assert inbox.prune(conn, now - timedelta(days=3)) == 1
        assert {found.identifier for found in inbox.recent(conn, "main", 9)} == {"0", "5", "10"}


def test_names_from_outside_cannot_break_the_database(store: Store, now: datetime) -> None:
    with store.write() as conn:
        inbox.store(conn, "main", "i\x00d", b"", now, "jira:\x00\ud800" + "x" * 9_999)
        assert inbox.recent(conn, "main", 1)[0].event.startswith("jira:?x")


def test_an_unknown_status_is_refused(store: Store, now: datetime) -> None:
    with store.write() as conn, pytest.raises(ValueError, match="finished"):
        inbox.settle(conn, 1, "finished", "", now)


def test_the_same_delivery_from_many_threads_is_kept_once(store: Store, now: datetime) -> None:
    kept: list[int | None] = []

    def deliver() -> None:
        for number in range(20):
            with store.write() as conn:
                kept.append(inbox.store(conn, "main", str(number), b"", now))

    threads = [threading.Thread(target=deliver) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(kept) == 80
    assert len([one for one in kept if one is not None]) == 20


def test_claimed_deliveries_are_nobody_elses_until_the_lease_ends(store: Store, now: datetime) -> None:
    lease = timedelta(minutes=1)

    def claim(worker: str, at: datetime) -> list[str]:
        with store.write() as conn:
            return [found.identifier for found in inbox.claim(conn, "main", worker, at, lease, 2)]

    with store.write() as conn:
        for number in range(3):
            inbox.store(conn, "main", str(number), b"", now)
    assert claim("w1", now) == ["0", "1"]
    assert claim("w2", now) == ["2"]
    with store.write() as conn:
        assert inbox.release(conn, "w2") == 1
    assert claim("w3", now) == ["2"]
    assert claim("w3", now + lease) == ["0", "1"]


def test_deliveries_are_counted_as_they_are_settled(store: Store, now: datetime) -> None:
    """However often one is settled, replayed, forgotten or the counts are summed up, they are what the table says."""

    def agree() -> dict[str, int]:
        with store.read() as conn:
            kept = conn.execute(select(delivery.c.status).where(delivery.c.site == "main")).scalars()
            assert dict(Counter(kept)) == {
                status: number for status, number in inbox.counts(conn, "main").items() if number
            }
            return inbox.counts(conn, "main")

    with store.write() as conn:
        ids = [inbox.store(conn, "main", str(at), b"", now + timedelta(hours=at)) or 0 for at in range(6)]
        other = inbox.store(conn, "other", "x", b"", now) or 0
        inbox.settle_all(conn, "main", dict.fromkeys((*ids[:4], other), ("done", "")), now)
        inbox.settle(conn, other, "ignored", "", now)
    assert agree() == {"pending": 2, "done": 4, "ignored": 0, "failed": 0}
    with store.write() as conn:
        inbox.settle(conn, 9_999, "done", "", now)
        assert inbox.replay(conn, ids[0])
        verdicts = {ids[0]: ("failed", "no"), ids[1]: ("ignored", "an end is an end")}
        inbox.settle_all(conn, "main", verdicts, now)
        assert inbox.replay(conn, ids[2])
        assert inbox.replay(conn, ids[2])
        assert not inbox.replay(conn, 9_999)
    assert agree() == {"pending": 3, "done": 2, "ignored": 0, "failed": 1}
    with store.write() as conn:
        for name in ("y", "z"):
            inbox.settle(conn, inbox.store(conn, "other", name, b"", now) or 0, "done", "", now)
        beside = conn.execute(select(delivery_count).where(delivery_count.c.site == "other")).all()
    for _ in range(2):
        with store.write() as conn:
            inbox.fold(conn, "main")
            assert len(conn.execute(select(delivery_count).where(delivery_count.c.site == "main")).all()) == 2
            assert (
                conn.execute(select(delivery_count).where(delivery_count.c.site == "other")).all() == beside
            )
    assert len(beside) > len({row.status for row in beside})
    with store.write() as conn:
        assert inbox.prune(conn, now + timedelta(hours=2)) == 5  # two of them of the other site
    assert agree() == {"pending": 3, "done": 1, "ignored": 0, "failed": 0}
    with store.read() as conn:
        assert inbox.counts(conn, "other") == {"pending": 0, "done": 0, "ignored": 0, "failed": 0}


def test_what_was_settled_is_compressed_and_replayed_as_it_came(store: Store, now: datetime) -> None:
    """What waits, came of late or is short is left as it is, whatever its first bytes are."""
    body = b"".join(b'{"field_%d":%d}' % (at, at * at) for at in range(99))
    already = zlib.compress(b"looks compressed")
    number = inbox.COMPRESSED_AT_ONCE + 1
    with store.write() as conn:
        for at in range(number):
            kept = inbox.store(conn, "main", str(at), b"%d" % at + body, now)
            inbox.settle(conn, kept or 0, "done", "", now)
        for identifier, one, at in (
            ("short", already, now),
            ("late", body, now + HOUR),
            ("waits", body, now),
        ):
            kept = inbox.store(conn, "main", identifier, one, at)
            if identifier != "waits":
                inbox.settle(conn, kept or 0, "done", "", now)
        inbox.settle(conn, inbox.store(conn, "other", "1", body, now) or 0, "done", "", now)
    assert inbox.compress(store, "main", now + HOUR) == number
    assert inbox.compress(store, "main", now + HOUR) == 0
    with store.write() as conn:
        kept_of = select(delivery).where(delivery.c.site == "main")
        sizes = {row.identifier: (len(row.body), row.size) for row in conn.execute(kept_of)}
        assert sizes.pop("short") == (len(already), None)
        assert sizes.pop("late") == sizes.pop("waits") == (len(body), None)
        assert max(kept for kept, _ in sizes.values()) * 20 < len(body)
        told = {one.identifier: one.body for one in inbox.recent(conn, "main", 999)}
        assert [told.pop("short"), told.pop("late"), told.pop("waits")] == [already, body, body]
        assert told == {str(at): b"%d" % at + body for at in range(number)}
        shown = browse.deliveries_before(conn, "main", 999, None, None)
        assert {one.identifier: size for one, size in shown if one.identifier in told} == {
            identifier: len(one) for identifier, one in told.items()
        }
        first = inbox.recent(conn, "main", 999)[-1]
        assert inbox.replay(conn, first.id)
        assert inbox.claim(conn, "main", "w", now, HOUR, 1)[0].body == b"0" + body
        inbox.settle(conn, first.id, "done", "", now)
        bases = select(func.count()).select_from(delivery_base)
        inbox.prune(conn, now)
        assert conn.execute(bases).scalar() == 1
        inbox.prune(conn, now + HOUR)
        assert conn.execute(bases).scalar() == 1, "the newest may be in use"
    inbox.compress(store, "main", now + HOUR)
    with store.read() as conn:
        assert conn.execute(bases).scalar() == 0, (
            "it goes with the first run after the last that was compressed with it"
        )


def test_bodies_are_compressed_with_what_stays_while_another_site_forgets(
    store: Store, now: datetime
) -> None:
    """Forgetting, which is of all sites, falls between two parts of the compression and takes the first part with it."""
    body = b"".join(b'{"field_%d":%d}' % (at, at * at) for at in range(99))
    number = inbox.COMPRESSED_AT_ONCE
    with store.write() as conn:
        for at in range(number + 1):
            came = now if at < number else now + HOUR
            kept = inbox.store(conn, "main", str(at), b"%d" % at + body, came)
            inbox.settle(conn, kept or 0, "done", "", came)

    def forgetting() -> None:
        with store.write() as conn:
            inbox.prune(conn, now + HOUR / 2)

    turns = iter([lambda: None, forgetting, lambda: None])
    assert inbox.compress(store, "main", now + 2 * HOUR, lambda: next(turns)()) == number + 1
    with store.read() as conn:
        assert [one.body for one in inbox.recent(conn, "main", 999)] == [b"%d" % number + body]


def test_of_names_and_notes_no_more_is_kept_than_a_column_should_hold(store: Store, now: datetime) -> None:
    with store.write() as conn:
        kept = inbox.store(conn, "main", "i" * 501, b"", now, "e" * 201) or 0
        assert inbox.store(conn, "main", "i" * 500, b"", now) is None  # it is here already
        inbox.settle(conn, kept, "failed", "n" * 2_001, now)
    with store.read() as conn:
        [one] = inbox.recent(conn, "main", 9)
        assert (one.identifier, one.event, one.note) == ("i" * 500, "e" * 200, "n" * 2_000)
