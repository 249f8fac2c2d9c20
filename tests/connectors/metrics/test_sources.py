"""Sources of KPIs: the registries agree, and what a source says for a period that has ended."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from typing import get_args

import pytest

from connectors.metrics import METRIC_SOURCES, readings
from connectors.metrics.basis.source import FailureKind, Reach, SourceFailure, UnreadableSource
from mappings.explain.past import FieldChange, Past
from mappings.facts.catalogue import Catalogue
from mappings.facts.issue import Issue, IssueType, Project, Status
from mappings.jql import compile_selector
from mappings.kpi.cadence import Period
from mappings.kpi.reading import KpiReading
from mappings.kpi.sources import SOURCE_OPTIONS, JqlCountOptions

MONDAY = Period(datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC))
NOW = datetime(2026, 11, 3, 1, tzinfo=UTC)
OPEN, DONE = Status("1", "To Do", "new"), Status("3", "Done", "done")


def an_issue(number: int, status: Status, day: int) -> Issue:
    made = datetime(2026, 11, day, 9, tzinfo=UTC)
    return Issue(
        id=str(number), key=f"SHOP-{number}", project=Project("1", "SHOP", "Shop"), type=IssueType("1", "Bug"),
        summary=f"Issue {number}", status=status, created=made, updated=made,
    )  # fmt: skip


def a_reach() -> Reach:
    """An open bug, one that was done a moment after Monday, one that came on Tuesday."""
    issues = [an_issue(1, OPEN, 1), an_issue(2, DONE, 1), an_issue(3, OPEN, 3)]
    steps = {"2": [FieldChange(MONDAY.end, "status", "1", "To Do")]}
    catalogue = Catalogue(statuses=(OPEN, DONE))
    return Reach(
        lambda at: Past(issues, steps, catalogue).at(at),
        lambda jql: compile_selector(jql, catalogue),
        UTC,
    )


def test_what_mappings_may_write_and_what_is_read_are_the_same_kinds() -> None:
    assert [source.options for source in METRIC_SOURCES] == list(SOURCE_OPTIONS)
    for source in METRIC_SOURCES:
        assert get_args(source.options.model_fields["kind"].annotation) == (source.kind,)


@pytest.mark.parametrize(
    ("jql", "count"),
    [
        ("statusCategory != Done", 2),
        ("type = Bug", 2),
        ("type = Story", 0),
        ("created >= -1d", 0),
        ("created >= -2d", 2),
    ],
)
def test_issues_are_counted_as_they_stood_when_the_period_ended(jql: str, count: int) -> None:
    options = JqlCountOptions(kind="jql_count", jql=jql)
    found = readings(options, MONDAY, a_reach(), lambda: NOW)
    assert found == (KpiReading(MONDAY.last, Fraction(count), NOW, "jql_count"),)


def test_what_could_not_be_read_is_no_reading_and_no_zero() -> None:
    failure = SourceFailure(FailureKind.INCOMPLETE, "issues that may match could not be read: SHOP-9: 403")

    def nothing(_at: datetime) -> tuple[Issue, ...]:
        raise UnreadableSource(failure)

    options = JqlCountOptions(kind="jql_count", jql="type = Bug")
    assert readings(options, MONDAY, replace(a_reach(), issues_at=nothing), lambda: NOW) == failure
