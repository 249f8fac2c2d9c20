"""Mapping revisions never change; which one rules is a matter of the last activation."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest

from connectors.store import Store
from connectors.store.mappings import drafts, revisions
from connectors.store.people import accounts

HOUR = timedelta(hours=1)


def test_a_revision_stays_as_it_was_added(store: Store, now: datetime) -> None:
    with store.write() as conn:
        revisions.add(conn, "main", "version: 1 # ü", "r1", "ada", now)
        revisions.add(conn, "main", "something else", "r1", "bo", now + HOUR)
        kept = revisions.get(conn, "main", "r1")
        assert revisions.get(conn, "other", "r1") is None
        assert revisions.active(conn, "main") is None
    assert kept == revisions.Revision("r1", "version: 1 # ü", "ada", now)


def test_the_last_activation_rules_and_a_rollback_is_one_more(store: Store, now: datetime) -> None:
    with store.write() as conn:
        for hours, name in enumerate(("r1", "r2")):
            revisions.add(conn, "main", name, name, "ada", now + hours * HOUR)
            revisions.activate(conn, "main", name, "ada", now + hours * HOUR, f"seen-{name}")
        ruling = revisions.active(conn, "main")
        revisions.activate(conn, "main", "r1", "bo", now + 2 * HOUR, "")
        back = revisions.active(conn, "main")
        everything = revisions.load_all(conn, "main")
        acts = [(act.revision, act.by, act.preview_hash) for act in revisions.activations(conn, "main")]
        since = [revisions.activated_at(conn, site) for site in ("main", "other")]
    assert ruling is not None
    assert (ruling.revision, ruling.activated_at) == ("r2", now + HOUR)
    assert back is not None
    assert (back.revision, back.activated_at) == ("r1", now + 2 * HOUR)
    assert [(found.revision, found.active) for found in everything] == [("r2", False), ("r1", True)]
    assert since == [now + 2 * HOUR, None]
    assert acts == [("r1", "bo", ""), ("r2", "ada", "seen-r2"), ("r1", "ada", "seen-r1")]


def test_who_wants_to_activate_waits_for_who_is_about_to_and_sees_what_rules_then(
    store: Store, now: datetime
) -> None:
    seen: list[str | None] = []

    def second() -> None:
        with store.write() as conn:
            revisions.hold(conn, "main")
            found = revisions.load_latest(conn, "main")
            seen.append(found.revision if found else None)

    other = threading.Thread(target=second)
    with store.write() as conn:
        revisions.hold(conn, "main")
        assert revisions.load_latest(conn, "main") is None
        other.start()
        other.join(0.2)
        assert not seen
        revisions.add(conn, "main", "version: 1", "r1", "ada", now)
        revisions.activate(conn, "main", "r1", "ada", now)
    other.join(10)
    assert seen == ["r1"]


def test_who_wants_to_change_a_draft_waits_for_who_is_changing_it(store: Store, now: datetime) -> None:
    with store.write() as conn:
        account_id = accounts.add(conn, "ada@acme.example", "Ada", "admin", None, now)
    assert account_id is not None
    seen: list[str] = []

    def second() -> None:
        with store.write() as conn:
            drafts.hold(conn, "main", account_id)
            found = drafts.get(conn, "main", account_id)
            seen.append(found.text if found else "")

    other = threading.Thread(target=second)
    with store.write() as conn:
        drafts.hold(conn, "main", account_id)
        other.start()
        other.join(0.2)
        assert not seen
        drafts.put(conn, "main", account_id, "version: 1", now)
    other.join(10)
    assert seen == ["version: 1"]


def test_an_account_that_goes_takes_its_own_drafts_along(store: Store, now: datetime) -> None:
    """The next account may be given its id."""
    with store.write() as conn:
        ada, bo = (
            accounts.add(conn, f"{who}@acme.example", who, "admin", None, now) for who in ("ada", "bo")
        )
        assert ada is not None
        assert bo is not None
        for account_id in (ada, bo):
            drafts.put(conn, "main", account_id, "version: 1", now)
        accounts.remove(conn, ada)
        assert drafts.of_account(conn, ada) == {}
        assert list(drafts.of_account(conn, bo)) == ["main"]


def test_what_was_never_added_cannot_be_activated(store: Store, now: datetime) -> None:
    with store.write() as conn, pytest.raises(LookupError, match="r9"):
        revisions.activate(conn, "main", "r9", "ada", now, "")
