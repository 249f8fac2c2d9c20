"""How much of the work serves the objectives of a cycle, counted by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction

import pytest

from mappings.document.binder import bind
from mappings.document.schema import CyclePart
from mappings.document.text.source import read_document
from mappings.facts.catalogue import Catalogue
from mappings.facts.issue import Issue, IssueType, JiraValue, Project, Status
from mappings.facts.moment import Moment
from mappings.practice.coverage import Candidate, CandidateSearch, coverage, issues_served
from mappings.rollup.rows.ledger import Contribution, Disposition, Ledger
from mappings.rollup.state import Cause, Health, HealthLevel, KeyResultState, Measurement, ObjectiveState

TEXT = """\
version: 1
name: covered
scope: project in (PLAT, CORE)
time_zone: Europe/Berlin
fields:
  points: {id: customfield_10016}
cycles: {every: quarter}
objectives:
  - id: epics
    select: issuetype = Epic
    key_results: [{id: work, relation: child, progress: {kind: delivery}}]
"""
CYCLE = CyclePart(id="2026-Q4", start=date(2026, 10, 1), end=date(2026, 12, 31))
NOW = Moment(datetime(2026, 11, 15, 12, tzinfo=UTC))
FINE = Health(HealthLevel.ON_TRACK, "pace-on-track", "on pace")


def mapping(more: str = ""):
    return bind(read_document(TEXT + more).require(), Catalogue())


def an_issue(id_: int, *, level: int = 0, category: str = "new", project: str = "PLAT", **more) -> Issue:
    created = datetime(2026, 10, 2, tzinfo=UTC)
    made = Issue(
        str(id_), f"{project}-{id_}", Project(project, project, project), IssueType("1", "Story", level),
        Status(category, category, category), created, created,
    )  # fmt: skip
    return replace(made, **more)


def an_objective(id_: str, *rows: tuple[str, Disposition], key_result: str | None = None) -> ObjectiveState:
    made = tuple(Contribution(row, f"PLAT-{row}", "", disposition, "so") for row, disposition in rows)
    measured = Measurement(None, None, Cause.MEASURED, "", ledger=Ledger(made))
    one = KeyResultState("k", "work", "delivery", "delivery", "", measured, FINE, None, True, key_result)
    return ObjectiveState(id_, "epics", "", None, FINE, Ledger(), (one,), id_)


LAST_QUARTER = datetime(2026, 9, 30, 21, 59, tzinfo=UTC)  # 23:59 in Berlin
THIS_QUARTER = datetime(2026, 9, 30, 22, tzinfo=UTC)  # midnight in Berlin


@pytest.mark.parametrize(
    ("issue", "is_one"),
    [
        (an_issue(1), True),
        (an_issue(1, category="indeterminate"), True),
        (an_issue(1, level=1), False),
        (an_issue(1, level=-1), False),
        (an_issue(1, category="done", resolved=THIS_QUARTER), True),
        (an_issue(1, category="done", resolved=LAST_QUARTER), False),
        (an_issue(1, category="done", status_changed=THIS_QUARTER), True),
        (an_issue(1, category="done"), False),
        (an_issue(1, category="done", resolved=THIS_QUARTER, resolution=JiraValue("9", "Won't Do")), False),
        (an_issue(1, archived=True), False),
        (an_issue(1, project="OTHER"), False),
        (an_issue(7), False),
        (an_issue(8), False),
    ],
)
def test_work_is_what_is_open_or_was_finished_in_the_cycle(issue, is_one):
    states = [an_objective("7", key_result="8")]
    found = CandidateSearch(mapping(), CYCLE, NOW, states).candidate(issue)
    assert (found is not None) == is_one


def test_the_mapping_says_what_is_work_and_what_it_weighs():
    bound = mapping('coverage: {select: "labels = work", weight: points}\nteam: {names: {PLAT: Platform}}\n')
    search = CandidateSearch(bound, CYCLE, NOW, [an_objective("7")])
    labelled = an_issue(7, level=1, labels=("work",), fields={"customfield_10016": 3})
    assert search.candidate(labelled) == Candidate("7", "PLAT-7", "PLAT", "Platform", Fraction(3))
    assert search.candidate(an_issue(1)) is None
    text = replace(labelled, fields={"customfield_10016": "many"})
    assert search.candidate(text) == Candidate("7", "PLAT-7", "PLAT", "Platform", Fraction(0))
    assert "customfield_10016" in bound.field_ids()


def test_rows_serve_whatever_became_of_them():
    states = [
        an_objective("7", ("1", Disposition.COUNTED), ("2", Disposition.BY_CHILDREN)),
        an_objective(
            "8", ("2", Disposition.COUNTED), ("3", Disposition.UNKNOWN), ("derived", Disposition.COUNTED)
        ),
    ]
    assert issues_served(states) == {"1", "2", "3"}


def candidates(*weights: int | None) -> list[Candidate]:
    return [
        Candidate(str(place), f"{'PLAT' if place < 3 else 'CORE'}-{12 - place}", "PLAT" if place < 3 else "CORE", None, None if one is None else Fraction(one))
        for place, one in enumerate(weights, 1)
    ]  # fmt: skip


def test_coverage_is_serving_of_candidates_and_the_rest_are_orphans_by_project():
    found = coverage(candidates(1, 1, 1, 1), frozenset({"1", "9"}))
    assert (found.candidates, found.serving, found.share, found.weighed) == (4, 1, Fraction(1, 4), None)
    assert [(one.project, one.count, one.jql) for one in found.orphans] == [
        ("CORE", 2, "key in (CORE-8, CORE-9)"),
        ("PLAT", 1, "key in (PLAT-10)"),
    ]


def test_by_weight_a_missing_one_is_the_mean_and_none_weighs_0():
    weighed = coverage(candidates(5, None, 1, 0), frozenset({"1", "2"}), weighed=True)
    assert (weighed.share, weighed.weighed) == (Fraction(1, 2), Fraction(8, 9))  # 5 + 3 of 5 + 3 + 1
    assert coverage(candidates(None, None), frozenset({"1"}), weighed=True).weighed == Fraction(1, 2)
    assert coverage(candidates(0, 0), frozenset({"1"}), weighed=True).weighed is None
    none = coverage([], frozenset())
    assert (none.share, none.orphans) == (None, ())
