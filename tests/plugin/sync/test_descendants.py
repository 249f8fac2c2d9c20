"""`childIssuesOf()`: an issue is selected for what stands above its parent, so that it is news when that moves, comes or goes."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import event

from connectors.jira import Jira
from connectors.sandbox.site_state import scheme
from connectors.store import Store
from connectors.store.mirror import mirror
from connectors.store.numbers import objectives
from mappings.document.binder import bind, bind_leniently
from mappings.document.schema import Document
from mappings.facts.catalogue import Catalogue
from mappings.facts.forest import Forest
from mappings.facts.issue import Issue, IssueType
from mappings.rollup.measurement import assess
from plugin.sync.context import Context
from plugin.sync.reconcile.reconcile import reconcile
from plugin.sync.refresh.reread import land_issues
from plugin.sync.resync.mirror_update import land_first

NOW = datetime(2026, 11, 3, tzinfo=UTC)
BELOW = "issue in childIssuesOf(900)"
PLACES: dict[str, Callable[[dict[str, Any]], None]] = {
    "relation": lambda part: part["key_results"][0].update(
        {"relation": {"jql": BELOW}, "select": "issuetype = Story"}
    ),
    "select": lambda part: part["key_results"][0].update({"select": f"issuetype = Story AND {BELOW}"}),
    "not": lambda part: part["key_results"][0].update(
        {"select": "issuetype = Story AND issue not in portfolioChildIssuesOf(900)"}
    ),
    "objective": lambda part: part.update({"select": f"issuetype = Epic AND {BELOW}"}),
    "status": lambda _part: None,
}
Build = Callable[..., Issue]


@pytest.fixture(params=sorted(PLACES))
def context(request: pytest.FixtureRequest, store: Store, document: dict[str, Any]) -> Context:
    PLACES[request.param](document["objectives"][0])
    if request.param == "status":
        document["statuses"] = {"overrides": [{"when": BELOW, "by_category": {"new": 0.3}}]}
    jira = cast("Jira", SimpleNamespace(deployment="cloud"))
    mapping = bind(Document.model_validate(document), Catalogue())
    return Context("main", jira, store, mapping, Catalogue(), lambda: NOW)


def epic(an_issue: Build, id_: int, parent: str | None, later: int) -> Issue:
    made = replace(an_issue(id_, parent=None), type=IssueType("1", "Epic", 1), parent_id=parent)
    return replace(made, updated=NOW + timedelta(minutes=later))


def test_what_is_marked_by_a_move_is_all_that_changes(context: Context, an_issue: Build) -> None:
    """Initiatives 900 and 901 (which no mirror holds) above areas 1 to 4, epics 5 to 8 below these, stories below those."""
    rng = random.Random(11)

    def grown(id_: int, later: int) -> Issue:
        if id_ < 5:
            return epic(an_issue, id_, rng.choice(["900", "901", None]), later)
        if id_ < 9:
            return epic(an_issue, id_, str(rng.randint(1, 4)), later)
        made = an_issue(id_, rng.choice(["new", "doing", "done"]), 1, parent=str(rng.randint(5, 8)))
        return replace(made, updated=NOW + timedelta(minutes=later))

    with context.store.write() as conn:
        everything = [grown(id_, 0) for id_ in range(1, 40)]
        for page in (everything[20:], everything[:20]):  # what is below comes before what stands above it
            land_first(context, conn, page)
        for id_ in range(1, 9):
            context.mark(conn, [str(id_)], "first")
    for id_ in range(1, 9):
        reconcile(context, str(id_))
    for later in range(1, 13):
        changed = [grown(id_, later) for id_ in rng.sample(range(1, 12), 2)]
        gone = {str(rng.randint(1, 8))} - {one.id for one in changed} if later % 4 == 0 else set()
        with context.store.write() as conn:
            marked, _ = land_issues(context, conn, changed, gone)
        for objective_id in sorted(marked):
            reconcile(context, objective_id)
        with context.store.read() as conn:
            moment = context.moment(conn)
            whole = assess(context.mapping, Forest.of(mirror.every(conn, "main")), moment)
            saved = {one.state.id: one.state for one in objectives.load_all(conn, "main")}
        assert saved == whole, later


def test_a_reconcile_walks_once_below_the_issue_that_is_asked_about(
    context: Context, an_issue: Build
) -> None:
    """As often as one of its transactions asks for it; one that may write looks anew each time."""
    with context.store.write() as conn:
        land_first(context, conn, [epic(an_issue, 5, "900", 0), an_issue(9, "done", 1, parent="5")])
        context.mark(conn, ["5"], "first")
    reconcile(context, "5")
    walks: list[str] = []

    def note(*given: Any) -> None:
        walks.extend([given[2]] if given[2].endswith("SELECT tree.id \nFROM tree") else [])

    event.listen(context.store.engine, "before_cursor_execute", note)
    reconcile(context, "5", write=False)
    assert len(walks) == 1
    with context.store.write() as conn:
        before = context.moment(conn).below
        land_first(context, conn, [an_issue(10, "done", 1, parent="5")])
        assert context.moment(conn).below["900"] == before["900"] | {"10"}


TEXT = f"""
version: 1
name: by-tree
scope: project in (PLAT, CORE)
fields:
  okr_progress: {{id: {scheme.OKR_PROGRESS}}}
objectives:
  - id: epics
    select: issuetype = Epic AND labels = okr
    key_results:
      - {{id: work, select: issuetype = Story, relation: {{jql: "issue in childIssuesOf(KEY)"}}, progress: {{kind: delivery}}}}
write_back:
  - {{target: objective, set: {{okr_progress: {{value: progress_percent}}}}}}
"""


@pytest.mark.parametrize("hand", ["cloud"], indirect=True)
def test_a_moved_epic_takes_its_stories_with_it_before_any_full_read(hand: Any) -> None:
    top = hand.issue("Initiative")
    counted = hand.issue("Epic", labels=["okr"])
    inside, outside = hand.issue("Epic", top), hand.issue("Epic")
    hand.issue("Story", inside, "Done")
    hand.issue("Story", outside)
    hand.activate(TEXT.replace("KEY", hand.sandbox.sandbox.records[top].key), large=True)
    hand.sync()
    hand.work_off()
    assert hand.field(counted) == 100
    hand.edit(outside, parent={"id": top})
    hand.land(outside)
    hand.work_off()
    assert hand.field(counted) == 50


@pytest.mark.parametrize("hand", ["cloud"], indirect=True)
def test_what_hangs_on_a_moved_issue_is_news_though_its_new_parent_is_read_too(hand: Any) -> None:
    """An event of a move names the new parent as well, which is as it was."""
    text = TEXT.replace("issue in", "issuetype = Sub-task AND issue in").replace("= Story", "= Sub-task")
    top = hand.issue("Initiative")
    counted = hand.issue("Epic", labels=["okr"])
    inside, outside = hand.issue("Epic", top), hand.issue("Epic")
    hand.issue("Sub-task", hand.issue("Story", hand.issue("Epic", top)), "Done")
    moved = hand.issue("Story", outside)
    hand.issue("Sub-task", moved)
    hand.activate(text.replace("KEY", hand.sandbox.sandbox.records[top].key), large=True)
    hand.sync()
    hand.work_off()
    assert hand.field(counted) == 100
    hand.edit(moved, parent={"id": inside})
    hand.land(moved, inside)
    hand.work_off()
    assert hand.field(counted) == 50


def test_whether_the_mirror_keeps_an_issue_asks_no_database(context: Context, an_issue: Build) -> None:
    """It is asked of every issue that is read."""
    assert replace(context, store=cast("Store", None)).holds(an_issue(1))


def test_a_scope_cannot_ask_for_what_is_below_an_issue(document: dict[str, Any]) -> None:
    document["scope"] = "project = PLAT AND issue in childIssuesOf(PLAT-7)"
    found = bind_leniently(Document.model_validate(document), Catalogue())
    assert [one.code for one in found.diagnostics if one.path == "scope"] == ["tree-in-scope"]
