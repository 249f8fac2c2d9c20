"""Objectives that reach issues by JQL: what is kept of it gives the same numbers as looking through everything."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from connectors.jira import Jira
from connectors.store import Store
from connectors.store.mirror import mirror
from connectors.store.numbers import objectives
from connectors.store.work import candidates
from mappings.document.binder import bind
from mappings.document.schema import Document
from mappings.facts.catalogue import Catalogue
from mappings.facts.forest import Forest
from mappings.facts.issue import Issue, IssueType
from mappings.rollup.measurement import assess
from plugin.sync.context import Context
from plugin.sync.reconcile.candidates import askers, reach_issues
from plugin.sync.reconcile.reconcile import reconcile
from plugin.sync.refresh.reread import land_issues
from plugin.sync.resync.mirror_update import land_first

NOW = datetime(2026, 11, 3, tzinfo=UTC)
RELATIONS: dict[str, dict[str, str]] = {
    "jql": {"jql": "labels = growth"},
    "jql_field": {"jql_field": "query"},
    "timed": {"jql": "labels = growth AND created < -1d"},
}
Build = Callable[..., Issue]


@pytest.fixture(params=sorted(RELATIONS))
def context(request: pytest.FixtureRequest, store: Store, document: dict[str, Any]) -> Context:
    part = document["objectives"][0]
    part["key_results"][0] |= {"relation": RELATIONS[request.param], "select": "issuetype = Story"}
    document["fields"]["query"] = {"id": "customfield_9"}
    if request.param == "jql_field":
        part["key_results"][0]["select"] = 'issuetype = "Key Result"'
    jira = cast("Jira", SimpleNamespace(deployment="cloud"))
    mapping = bind(Document.model_validate(document), Catalogue())
    return Context("main", jira, store, mapping, Catalogue(), lambda: NOW)


def world(an_issue: Build, rng: random.Random) -> list[Issue]:
    epics = [
        replace(an_issue(id_, parent=None), type=IssueType("1", "Epic", 1), parent_id=None) for id_ in (1, 2)
    ]
    holders = [
        replace(
            an_issue(id_, parent=str(id_ - 10)),
            type=IssueType("9", "Key Result"),
            fields={"customfield_9": "labels = growth"},
        )
        for id_ in (11, 12)
    ]
    return [*epics, *holders, *(story(an_issue, rng, id_) for id_ in range(20, 50))]


def story(an_issue: Build, rng: random.Random, id_: int, *, later: int = 0) -> Issue:
    made = an_issue(id_, rng.choice(["new", "doing", "done", "dropped"]), rng.choice([1, 3]), parent="2")
    labels = ("growth",) if rng.random() < 0.3 else ()
    return replace(made, labels=labels, updated=NOW + timedelta(minutes=later))


def test_following_changes_gives_what_looking_through_everything_gives(
    context: Context, an_issue: Build
) -> None:
    rng = random.Random(4)
    with context.store.write() as conn:
        mirror.put(conn, "main", world(an_issue, rng))
    for later in range(1, 9):
        ids = rng.sample(range(20, 56), 4)
        changed = [story(an_issue, rng, id_, later=later) for id_ in ids]
        with context.store.write() as conn:
            land_issues(context, conn, changed[:3], {changed[3].id})
        for id_ in ("1", "2"):
            reconcile(context, id_)
        with context.store.read() as conn:
            whole = assess(context.mapping, Forest.of(mirror.every(conn, "main")), context.moment())
            saved = {one.state.id: one.state for one in objectives.load_all(conn, "main")}
        assert saved == whole


def test_one_objective_reads_what_it_reaches_and_not_the_mirror(context: Context, an_issue: Build) -> None:
    rng = random.Random(5)
    with context.store.write() as conn:
        mirror.put(conn, "main", world(an_issue, rng))
    reconcile(context, "1")
    with context.store.read() as conn:
        found = reach_issues(context, conn, "1")
        known = candidates.queries(conn, "main", context.mapping.revision)
        growing = {issue.id for issue in mirror.every(conn, "main") if "growth" in issue.labels}
        other_revision = candidates.queries(conn, "main", "another")
    select = context.mapping.objectives[0].select
    assert select is not None
    if "created" in str(context.mapping.objectives[0].key_results[0].part.relation):
        assert (found, known) == (None, {select.jql})  # its answer changes with the clock alone
    else:
        assert found is not None
        assert {issue.id for issue in found} - {"1", "2"} == growing
        assert known == {"labels = growth", select.jql}
    assert other_revision == frozenset()


def test_a_first_read_that_is_older_than_an_event_leaves_its_answer_alone(
    context: Context, an_issue: Build
) -> None:
    """A page was under way when an event brought what is newer, and an objective was asked for between the two."""
    rng = random.Random(6)
    old = replace(story(an_issue, rng, 20), labels=())
    new = replace(old, labels=("growth",), updated=old.updated + timedelta(minutes=1))
    epics = [one for one in world(an_issue, rng) if int(one.id) < 20]
    with context.store.write() as conn:
        mirror.put(conn, "main", epics)
        land_issues(context, conn, [new], set())
    reconcile(context, "1")
    with context.store.write() as conn:
        land_first(context, conn, [*epics, old])
    reconcile(context, "1")
    with context.store.read() as conn:
        whole = assess(context.mapping, Forest.of(mirror.every(conn, "main")), context.moment())
        saved = {one.state.id: one.state for one in objectives.load_all(conn, "main")}
    assert saved["1"] == whole["1"]


def test_an_issue_that_nobody_looks_for_makes_no_objective_be_read(context: Context, an_issue: Build) -> None:
    """All objectives are read only until it is known which issues are some, and then only those whose JQL finds the issue."""
    rng = random.Random(7)
    with context.store.write() as conn:
        mirror.put(conn, "main", world(an_issue, rng))

    def asking(labels: tuple[str, ...]) -> set[str]:
        one = replace(an_issue(60, parent=None), labels=labels, created=NOW - timedelta(days=9))
        with context.store.read() as conn:
            return set(askers(context, conn, [one]))

    reconcile(context, "1")
    by_field = hasattr(context.mapping.objectives[0].key_results[0].part.relation, "jql_field")
    assert asking(("growth",)) == {"1", "2"}
    assert asking(()) == ({"1", "2"} if by_field else set())
    with context.store.write() as conn:
        candidates.fill(conn, "main", "another", {})
        objectives.remove(conn, "main", ["2"], NOW)
    again = replace(context, mapping=replace(context.mapping, revision="another"))
    with context.store.read() as conn:
        assert askers(
            again, conn, [replace(an_issue(60), labels=("growth",), created=NOW - timedelta(days=9))]
        ) == {"1"}


def test_an_issue_that_comes_into_a_query_makes_due_who_looks_for_it(
    context: Context, an_issue: Build
) -> None:
    """What is stored of an objective does not say yet that the issue is one of its rows: its JQL does, or that of its key result."""
    with context.store.write() as conn:
        mirror.put(conn, "main", [one for one in world(an_issue, random.Random(8)) if int(one.id) < 20])
    for id_ in ("1", "2"):
        reconcile(context, id_)
    stranger = replace(an_issue(60), parent_id=None, created=NOW - timedelta(days=9))
    with context.store.write() as conn:
        assert land_issues(context, conn, [stranger], set())[0] == frozenset()
        known = replace(stranger, labels=("growth",), updated=NOW)
        assert land_issues(context, conn, [known], set())[0] == {"1", "2"}
