"""Workers side by side: none waits for another in a circle, and what fails in the database is free for the others at once."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import Connection, text

from connectors.jira import Jira
from connectors.store import Store, StoreError
from connectors.store.mirror import mirror
from connectors.store.numbers import objectives
from connectors.store.work import due, inbox
from mappings.document.binder import bind
from mappings.document.schema import Document
from mappings.facts.catalogue import Catalogue
from mappings.facts.issue import Issue
from mappings.rollup.health import Health, HealthLevel
from mappings.rollup.rows.ledger import Ledger
from mappings.rollup.state import ObjectiveState
from plugin.sync import work
from plugin.sync.context import Context
from plugin.sync.reconcile.lease import ObjectiveLease
from plugin.sync.reconcile.reconcile import reconcile
from plugin.sync.refresh.reread import land_issues, refresh
from plugin.sync.resync.double_check import DoubleCheckedPage
from plugin.sync.resync.mirror_update import land_again

NOW = datetime(2026, 11, 3, tzinfo=UTC)


@pytest.fixture
def known(an_issue: Callable[..., Issue]) -> dict[str, Issue]:
    return {str(id_): an_issue(id_) for id_ in (1, 2, 3)}


@pytest.fixture
def context(postgres_store: Store, document: dict[str, Any], known: dict[str, Issue]) -> Context:
    mapping = bind(Document.model_validate(document), Catalogue())
    jira = cast("Jira", SimpleNamespace(deployment="cloud"))
    with postgres_store.write() as conn:
        mirror.put(conn, "main", known.values())
    return Context("main", jira, postgres_store, mapping, Catalogue(), lambda: NOW)


def wait_for(context: Context, waiting: int) -> None:
    """Until so many transactions wait for a lock."""
    asked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    for _ in range(1000):
        with context.store.read() as conn:
            if conn.execute(text(asked)).scalar_one() == waiting:
                return
        time.sleep(0.01)
    raise AssertionError(f"never did {waiting} transactions wait")


def while_others_mark(context: Context, wake: Callable[[], None]) -> None:
    """Somebody marks 1, and 2 and 3 once the other waits."""
    thread = threading.Thread(target=wake)
    with context.store.write() as conn:
        due.mark(conn, "main", ["1"], NOW, "issues changed")
        thread.start()
        wait_for(context, 1)
        due.mark(conn, "main", ["2", "3"], NOW, "issues changed")
    thread.join()


def test_a_page_in_two_parts_and_a_batch_of_events_do_not_wait_for_each_other(
    context: Context, known: dict[str, Issue]
) -> None:
    """The batch has 1 and waits for 2; the page has shown 3, and 1 was read anew. Then the batch wants 3."""
    later = {id_: replace(one, updated=one.updated + timedelta(hours=1)) for id_, one in known.items()}
    faults: list[BaseException] = []

    def aside(land: Callable[[Connection], object]) -> threading.Thread:
        def run() -> None:
            try:
                with context.store.write() as conn:
                    land(conn)
            except BaseException as fault:
                faults.append(fault)

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    looked = DoubleCheckedPage([later["3"]], [later["1"]], NOW)
    with context.store.write() as conn:
        mirror.hold(conn, "main", ["2"])
        batch = aside(lambda other: land_issues(context, other, list(later.values()), set()))
        wait_for(context, 1)
        page = aside(lambda other: land_again(context, other, looked))
        wait_for(context, 2)
    for thread in (batch, page):
        thread.join()
    assert faults == []


def test_who_wakes_others_and_who_marks_many_do_not_wait_for_each_other(context: Context) -> None:
    """A reconcile of 2 wakes 1 and 3 while somebody else marks 1 and then 2."""
    faults: list[BaseException] = []
    with context.store.write() as conn:
        due.mark(conn, "main", ["1", "2", "3"], NOW, "before")

    def wake() -> None:
        try:
            with context.store.write() as conn:
                due.hold(conn, "main", ["3", "2", "1"])
                due.mark(conn, "main", ["3", "1"], NOW, "an aligned objective moved")
        except BaseException as fault:
            faults.append(fault)

    while_others_mark(context, wake)
    assert faults == []


def test_a_reconcile_that_wakes_those_above_it_holds_none_of_them_while_it_waits_for_its_own_row(
    context: Context,
) -> None:
    """1 was aligned to 2 and 3 and is no longer; somebody else marks 1 and then 2 and 3."""
    faults: list[BaseException] = []
    stood = ObjectiveState(
        "1",
        "epics",
        "",
        Fraction(1, 2),
        Health(HealthLevel.ON_TRACK, "", ""),
        Ledger(()),
        issue_id="1",
        aligned_to=("2", "3"),
    )
    with context.store.write() as conn:
        objectives.save(conn, "main", stood, "r", NOW)
        due.mark(conn, "main", ["1", "2", "3"], NOW, "before")
        (claim,) = due.claim(conn, "worker", NOW, context.lease, 1, objective_id="1")

    def wake() -> None:
        try:
            reconcile(context, "1", ObjectiveLease(context, claim))
        except BaseException as fault:
            faults.append(fault)

    while_others_mark(context, wake)
    assert faults == []
    with context.store.read() as conn:
        saved = objectives.load(conn, "main", "1")
    assert saved is None or saved.state.aligned_to == ()


class FailingStore:
    """The database fails at one write."""

    def __init__(self, store: Store, at: int) -> None:
        self._store = store
        self._left = at
        self.read = store.read

    @contextmanager
    def write(self) -> Iterator[Connection]:
        self._left -= 1
        with self._store.write() as conn:
            yield conn
            if self._left == 0:
                raise StoreError("deadlock detected", "here", "wait", passing=True)


def test_deliveries_whose_landing_fails_in_the_database_are_free_for_others_at_once(
    context: Context, postgres_store: Store
) -> None:
    body = json.dumps({"webhookEvent": "no_such_event"}).encode()
    with postgres_store.write() as conn:
        inbox.store(conn, "main", "one", body, NOW)
    failing = replace(context, store=cast("Store", FailingStore(postgres_store, 2)))
    with pytest.raises(StoreError):
        refresh(failing, "first")
    assert refresh(context, "second") == 1


def test_objectives_that_a_fault_kept_from_being_begun_are_free_for_others_at_once(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise StoreError("the server restarts", "here", "wait", passing=True)

    with context.store.write() as conn:
        due.mark(conn, "main", ["1", "2"], NOW, "test")
    monkeypatch.setattr(work, "reconcile_claim", broken)
    with pytest.raises(StoreError):
        work.turn(context, "first")
    with context.store.read() as conn:
        assert due.holders(conn) == set()
