"""From which moment on a digest tells, and that what was acknowledged stays so."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from connectors.store import Store
from connectors.store.subscriptions import subscriptions
from connectors.store.subscriptions.subscriptions import Subscription, SubscriptionState
from connectors.store.work import outbox, told_levels
from connectors.store.work.outbox import OutboxState, OutgoingMessage
from mappings.digest.alert import ToldLevel
from mappings.digest.digest import DigestMessage


@pytest.mark.parametrize(
    ("weeks", "expected"),
    [
        ([], None),
        (["begun"], 0),
        (["begun", "empty", "empty"], 0),
        (["begun", "sent", "empty", "dead"], 1),
        (["empty", "empty"], 0),
        (["dead", "due"], None),
    ],
)
def test_it_tells_since_the_last_that_arrived(
    store: Store, now: datetime, weeks: list[str], expected: int | None
) -> None:
    with store.write() as conn:
        for week, state in enumerate(weeks):
            at = now + timedelta(weeks=week)
            message = DigestMessage(f"week {week}", "s", "l", ())
            outbox.add(
                conn,
                "main",
                OutgoingMessage(
                    message.key, "weekly", "mail:a@b.example", message, OutboxState(state), at, at
                ),
            )
        found = outbox.last(conn, "main", "weekly", "mail:a@b.example")
    assert found == (None if expected is None else now + timedelta(weeks=expected))


def test_who_failed_late_takes_nothing_back_that_another_sent(store: Store, now: datetime) -> None:
    message = DigestMessage("k", "s", "l", ())
    one = OutgoingMessage("k", "weekly", "mail:a@b.example", message, OutboxState.DUE, now, now)
    with store.write() as conn:
        outbox.add(conn, "main", one)
        outbox.note_sent(conn, "main", "k")
        outbox.note_failed(conn, "main", one, now, "no answer came", for_good=True)
        assert outbox.state_of(conn, "main", "k") is OutboxState.SENT


def test_a_level_stands_until_another_is_told_and_who_is_told_no_more_is_forgotten(
    store: Store, now: datetime
) -> None:
    first = {"objectives:1": ToldLevel("on_track"), "kpis:bugs": ToldLevel("healthy", now)}
    later = {"objectives:1": ToldLevel("at_risk"), "objectives:2": ToldLevel("on_track")}
    with store.write() as conn:
        assert told_levels.get(conn, "main", "alerts", "slack:okr") is None
        told_levels.put(conn, "main", "alerts", "slack:okr", {})
        assert told_levels.get(conn, "main", "alerts", "slack:okr") == {}  # begun, with nothing there
        for levels in (first, later, later):
            told_levels.put(conn, "main", "alerts", "slack:okr", levels)
            assert told_levels.get(conn, "main", "alerts", "slack:okr") == levels
        for alert, recipient in (("alerts", "slack:other"), ("more", "slack:okr")):
            told_levels.put(conn, "main", alert, recipient, first)
        told_levels.keep_only(conn, "main", {("alerts", "slack:okr")})
        assert told_levels.get(conn, "main", "alerts", "slack:okr") == later
        assert told_levels.get(conn, "main", "alerts", "slack:other") is None
        assert told_levels.get(conn, "main", "more", "slack:okr") is None


def test_an_alert_overtakes_no_other(store: Store, now: datetime) -> None:
    def one(key: str) -> OutgoingMessage:
        return OutgoingMessage(
            key, "alerts", "slack:okr", DigestMessage(key, "s", "l", ()), OutboxState.DUE, now, now
        )

    with store.write() as conn:
        assert outbox.add(conn, "main", one("a"), overtakes=False)
        assert outbox.add(conn, "main", one("b"), overtakes=False)
        assert not outbox.add(conn, "main", one("b"), overtakes=False)
        assert [found.key for found in outbox.load_due(conn, "main", now)] == ["a", "b"]
        outbox.add(conn, "main", one("c"))
        assert [found.key for found in outbox.load_due(conn, "main", now)] == ["c"]


def test_a_day_that_was_told_is_known_by_how_its_keys_begin_and_who_has_links_is_found(
    store: Store, now: datetime
) -> None:
    keys = {"mail:a@b.example": "reminder|a_b|2026-11-13|check_in|mail|a@b.example", "slack:okr": "k"}
    with store.write() as conn:
        for recipient, key in keys.items():
            message = DigestMessage(key, "s", "l", ())
            outbox.add(
                conn, "main", OutgoingMessage(key, "a_b", recipient, message, OutboxState.SENT, now, now)
            )
        outbox.stop(conn, "other", "weekly", "mail:c@b.example", now)
        begins = ("reminder|a_b|2026-11-13|", "reminder|aXb|2026-11-13|", "reminder|a_b|2026-11-20|")
        assert [outbox.has_any(conn, "main", one) for one in begins] == [True, False, False]
        assert not outbox.has_any(conn, "other", begins[0])
        assert sorted(outbox.list_mailed(conn)) == [
            ("main", "a_b", "mail:a@b.example"),
            ("other", "weekly", "mail:c@b.example"),
        ]


def test_one_that_waits_is_not_posted_to_for_those_that_do_not(store: Store, now: datetime) -> None:
    def one(id_: str, state: SubscriptionState) -> Subscription:
        return Subscription(
            id=id_,
            url="https://h.example",
            events=(),
            secret=b"s",
            by="kim@acme.example",
            at=now,
            state=state,
        )

    with store.write() as conn:
        for id_ in "abcde":
            waits = id_ in "bd"
            made = one(id_, SubscriptionState.PAUSED if waits else SubscriptionState.ACTIVE)
            subscriptions.add(conn, "main", made)
        assert [id_ for id_ in "abcde" if subscriptions.is_active(conn, "main", id_)] == ["a", "c", "e"]
        assert not subscriptions.is_active(conn, "other", "a")
