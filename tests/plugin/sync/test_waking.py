"""Who becomes due when an objective moves, lets go of an issue, or disappears; nothing here has a Jira to talk to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from types import SimpleNamespace
from typing import Any, cast

import pytest

from connectors.jira import Jira
from connectors.store import Store
from connectors.store.mirror import mirror
from connectors.store.numbers import objectives
from connectors.store.work import due
from mappings.document.binder import bind
from mappings.document.mapping import Mapping
from mappings.document.schema import Document
from mappings.facts.catalogue import Catalogue
from mappings.facts.issue import Issue, IssueType, Link
from plugin.sync.context import Context
from plugin.sync.reconcile.reconcile import reconcile
from plugin.sync.refresh.reread import land_issues

NOW = datetime(2026, 11, 3, tzinfo=UTC)
KEY_RESULT = IssueType("9", "Key Result")
NOBODY = cast("Jira", SimpleNamespace(deployment="cloud"))


def due_now(store: Store) -> set[str]:
    with store.write() as conn:
        claims = due.claim(conn, "test", NOW, cast("Any", NOW - NOW.replace(year=2025)), 99)
        for claim in claims:
            due.finish(conn, claim)
    return {claim.objective_id for claim in claims}


@pytest.fixture
def site(sqlite_store: Store) -> Callable[[dict[str, Any], Iterable[Issue]], Context]:
    def make(document: dict[str, Any], issues: Iterable[Issue]) -> Context:
        mapping: Mapping = bind(Document.model_validate(document), Catalogue())
        with sqlite_store.write() as conn:
            mirror.put(conn, "main", issues)
        return Context("main", NOBODY, sqlite_store, mapping, Catalogue(), lambda: NOW)

    return make


def epic(issue: Issue, *measured_by: int) -> Issue:
    links = tuple(Link("1", "Measures", "is measured by", str(id_)) for id_ in measured_by)
    return replace(issue, type=IssueType("1", "Epic", 1), links=links, parent_id=None)


@pytest.fixture
def sharing(document: dict[str, Any]) -> dict[str, Any]:
    part = document["objectives"][0]
    part["key_results"] = [
        {
            "id": "shared",
            "select": 'issuetype = "Key Result"',
            "relation": {"link": "is measured by"},
            "progress": {"kind": "milestone"},
        }
    ]
    return document


@pytest.mark.parametrize("gone", [False, True])
def test_an_issue_that_is_let_go_wakes_its_heirs(
    site: Callable[..., Context],
    sharing: dict[str, Any],
    an_issue: Callable[..., Issue],
    sqlite_store: Store,
    *,
    gone: bool,
) -> None:
    shared = replace(an_issue(9, parent=None), type=KEY_RESULT)
    first, second, other = epic(an_issue(1), 9), epic(an_issue(2), 9), epic(an_issue(3))
    context = site(sharing, [shared, first, second, other])
    for id_ in ("1", "2", "3"):
        reconcile(context, id_)
    due_now(sqlite_store)
    with sqlite_store.write() as conn:
        if gone:
            mirror.delete(conn, "main", ["1"])
        else:
            mirror.put(conn, "main", [epic(an_issue(1))])
    reconcile(context, "1")
    assert due_now(sqlite_store) == {"2"}


def test_a_written_objective_is_moved_by_what_contributes_to_it(
    site: Callable[..., Context],
    document: dict[str, Any],
    an_issue: Callable[..., Issue],
    sqlite_store: Store,
) -> None:
    document["objectives"][0]["aligned_to"] = {"objective": "growth", "contributes": True, "weight": "points"}
    document["objectives"].append({"id": "growth", "title": "Grow", "cycle": "2026-Q4"})
    one, other = epic(an_issue(1, points=3)), epic(an_issue(5, points=1))
    context = site(document, [one, other, an_issue(2), an_issue(6, "done", parent="5")])
    for id_ in ("1", "5"):
        reconcile(context, id_)
    assert due_now(sqlite_store) == {"@growth"}
    assert progress_of(context, "@growth") == Fraction(1, 4)
    with sqlite_store.write() as conn:
        land_issues(context, conn, [replace(an_issue(2, "done"), updated=NOW)], set())
    woken = due_now(sqlite_store)
    assert "1" in woken
    reconcile(context, "1")
    assert due_now(sqlite_store) == {"@growth"}
    assert progress_of(context, "@growth") == 1


def progress_of(context: Context, objective_id: str) -> Fraction | None:
    reconcile(context, objective_id)
    with context.store.read() as conn:
        saved = objectives.load(conn, context.site, objective_id)
    return saved.state.progress if saved else None
