"""A gap holds the number that needs it and the numbers above that one; whose parts are beside it, and who is above, it does not hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from types import SimpleNamespace
from typing import Any, cast

import pytest

from connectors.jira import Jira
from connectors.store import Store
from connectors.store.absence import gaps
from connectors.store.mirror import mirror
from connectors.store.mirror.issue_text import IssueReader
from connectors.store.numbers import objectives
from mappings.document.binder import bind
from mappings.document.schema import Document
from mappings.facts.catalogue import Catalogue
from mappings.facts.gap import Gap
from mappings.facts.issue import Issue, IssueType, Link, Status
from plugin.sync.context import Context
from plugin.sync.reconcile.measurement import measure_objective
from plugin.sync.reconcile.reconcile import reconcile
from tests.statements import listen_to

NOW = datetime(2026, 11, 3, tzinfo=UTC)
NOBODY = cast("Jira", SimpleNamespace(deployment="cloud"))
DONE = Status("5", "Done", "done")


@pytest.fixture
def family(
    document: dict[str, Any], an_issue: Callable[..., Issue], sqlite_store: Store
) -> Callable[[bool], Context]:
    """Objective 2, of the stories 20 (done) and 21, is aligned to objective 1, of story 10."""

    def make(contributes: bool) -> Context:
        document["objectives"][0]["aligned_to"] = {"link": "contributes to", "contributes": contributes}
        mapping = bind(Document.model_validate(document), Catalogue())
        to_one = (Link("1", "Contributes", "contributes to", "1"),)
        epics = [
            replace(an_issue(id_, "new"), type=IssueType("1", "Epic", 1), parent_id=None, links=links)
            for id_, links in ((1, ()), (2, to_one))
        ]
        stories = [
            replace(an_issue(id_, "new"), parent_id=str(id_ // 10), status=status)
            for id_, status in ((10, DONE), (20, DONE), (21, an_issue(21, "new").status))
        ]
        with sqlite_store.write() as conn:
            mirror.put(conn, "main", [*epics, *stories])
        context = Context("main", NOBODY, sqlite_store, mapping, Catalogue(), lambda: NOW)
        for id_ in ("2", "1"):
            reconcile(context, id_)
        return context

    return make


def progress(context: Context) -> dict[str, Fraction | None]:
    with context.store.read() as conn:
        return {one.state.id: one.state.progress for one in objectives.load_all(conn, "main")}


def spoil(context: Context, issue_id: str, **more: str) -> None:
    with context.store.write() as conn:
        gaps.put(conn, "main", [Gap(issue_id, f"PLAT-{issue_id}", "No.", **more)], NOW)


def finish_21(context: Context) -> None:
    with context.store.write() as conn:
        known = mirror.get(conn, "main", ["21"])["21"]
        mirror.put(conn, "main", [replace(known, status=DONE, updated=NOW)])
    for id_ in ("2", "1"):
        reconcile(context, id_)


def test_a_number_and_those_above_it_stand_as_they_were(family: Callable[[bool], Context]) -> None:
    context = family(True)
    assert progress(context) == {"1": Fraction(3, 4), "2": Fraction(1, 2)}
    spoil(context, "20")
    finish_21(context)
    assert progress(context) == {"1": Fraction(3, 4), "2": Fraction(1, 2)}
    with context.store.write() as conn:
        gaps.clear(conn, "main", ["20"])
    for id_ in ("2", "1"):
        reconcile(context, id_)
    assert progress(context) == {"1": Fraction(1), "2": Fraction(1)}


def test_what_only_stands_beside_holds_nothing(family: Callable[[bool], Context]) -> None:
    context = family(False)
    assert progress(context) == {"1": Fraction(1), "2": Fraction(1, 2)}
    spoil(context, "20")
    with context.store.write() as conn:
        known = mirror.get(conn, "main", ["10"])["10"]
        mirror.put(conn, "main", [replace(known, status=Status("1", "To Do", "new"), updated=NOW)])
    reconcile(context, "1")
    assert progress(context) == {"1": Fraction(0), "2": Fraction(1, 2)}


def test_a_gap_above_holds_nothing_below(family: Callable[[bool], Context]) -> None:
    context = family(True)
    spoil(context, "10")
    finish_21(context)
    assert progress(context) == {"1": Fraction(3, 4), "2": Fraction(1)}


@pytest.mark.parametrize("parent", ["2", "PLAT-2"])
def test_a_new_issue_that_cannot_be_read_holds_what_it_hangs_under(
    family: Callable[[bool], Context], parent: str
) -> None:
    context = family(True)
    spoil(context, "99", parent=parent)
    finish_21(context)
    assert progress(context) == {"1": Fraction(3, 4), "2": Fraction(1, 2)}


def test_an_accepted_gap_holds_nothing(family: Callable[[bool], Context]) -> None:
    context = family(True)
    spoil(context, "20")
    with context.store.write() as conn:
        gaps.accept(conn, "main", "20", "ada", NOW)
    finish_21(context)
    assert progress(context) == {"1": Fraction(1), "2": Fraction(1)}


def test_a_goal_reads_what_is_aligned_to_it_in_a_few_statements_and_nothing_below(
    family: Callable[[bool], Context], an_issue: Callable[..., Issue], monkeypatch: pytest.MonkeyPatch
) -> None:
    context = family(True)
    statements = listen_to(context.store.engine)
    read: list[str] = []
    as_it_was = IssueReader.read

    def counted(reader: IssueReader, text: str) -> Issue:
        found = as_it_was(reader, text)
        read.append(found.id)
        return found

    monkeypatch.setattr(IssueReader, "read", counted)

    def measured() -> tuple[int, int, Fraction | None]:
        statements.clear()
        read.clear()
        with context.store.read() as conn:
            state = measure_objective(context, conn, "1").state
        assert state is not None
        return len(statements), len(read), state.progress

    few, near, _ = measured()
    link = (Link("1", "Contributes", "contributes to", "1"),)
    more = 20
    epics = [
        replace(an_issue(id_, "new"), type=IssueType("1", "Epic", 1), parent_id=None, links=link)
        for id_ in range(100, 100 + more)
    ]
    stories = [
        replace(an_issue(id_, "new"), parent_id=str(100 + id_ % more), status=DONE) for id_ in range(200, 300)
    ]
    with context.store.write() as conn:
        mirror.put(conn, "main", [*epics, *stories])
    for epic in epics:
        reconcile(context, epic.id)
    many, nearer, progress_now = measured()
    assert progress_now is not None
    assert many == few
    assert nearer - near == 3 * more  # as linked (twice), and as an objective; none of their stories
