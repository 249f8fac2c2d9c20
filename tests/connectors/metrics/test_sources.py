"""Sources of KPIs: the registries agree, and what a source says for a period that has ended."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from typing import get_args

import pytest

from connectors.metrics import METRIC_SOURCES, readings
from connectors.metrics.basis.flow_items import clock_of, note_of
from connectors.metrics.basis.source import FailureKind, LowerBound, Reach, SourceFailure, UnreadableSource
from mappings.explain.past import FieldChange, PastIssues
from mappings.facts.catalogue import Catalogue
from mappings.facts.issue import Issue, IssueType, Project, Status
from mappings.jql import compile_selector
from mappings.kpi.cadence import Period
from mappings.kpi.reading import KpiReading
from mappings.kpi.sources import (
    SOURCE_OPTIONS,
    JiraFieldOptions,
    JqlAvgOptions,
    JqlCountOptions,
    JqlSumOptions,
    MtbfOptions,
    WorkingPart,
)
from mappings.numbers import count_of

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
        lambda at: PastIssues(issues, steps, catalogue).at(at),
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


def test_a_reading_says_of_how_many_items_it_is_made() -> None:
    assert [note_of(items, ()) for items in (0, 1, 2)] == ["0 items", "1 item", "2 items"]
    assert note_of(2, ("PLAT-1",)) == "2 items; never started: PLAT-1"


@pytest.mark.parametrize(
    ("jql", "missing", "total", "mean"),
    [
        ("key in (SHOP-1, SHOP-2)", "skip", "5", "5/2"),  # 3 and 2
        ("key in (SHOP-1, SHOP-2, SHOP-3)", "skip", "5", "5/2"),  # SHOP-3 has none
        ("key in (SHOP-1, SHOP-2, SHOP-3)", "zero", "5", "5/3"),
        ("key in (SHOP-1, SHOP-2, SHOP-3)", "unknown", None, None),
        ("key in (SHOP-1, SHOP-2)", "unknown", "5", "5/2"),
        ("key = SHOP-3", "skip", None, None),  # matching, but none with a value
        ("key = SHOP-3", "zero", "0", "0"),
        ("type = Story", "skip", "0", None),  # no matching issue
        ("type = Story", "unknown", "0", None),
    ],
)
def test_sums_and_means_of_what_has_a_value_and_of_what_has_none(
    jql: str, missing: str, total: str | None, mean: str | None
) -> None:
    points = {"SHOP-1": Fraction(3), "SHOP-2": Fraction(2)}
    catalogue = Catalogue(statuses=(OPEN, DONE))
    reach = replace(
        a_reach(),
        issues_at=lambda _at: [an_issue(number, OPEN, 1) for number in (1, 2, 3)],
        number=lambda issue, _alias: points.get(issue.key),
        compile_jql=lambda text: compile_selector(text, catalogue),
    )
    for options, value in (
        (JqlSumOptions(kind="jql_sum", jql=jql, field="points", missing=missing), total),
        (JqlAvgOptions(kind="jql_avg", jql=jql, field="points", missing=missing), mean),
    ):
        found = readings(options, MONDAY, reach, lambda: NOW)
        if value is None:
            assert isinstance(found, SourceFailure)
            assert found.kind is FailureKind.NO_DATA
        else:
            assert [one.value for one in found] == [Fraction(value)]


@pytest.mark.parametrize("time", ["up", "all"])
def test_where_nothing_failed_it_is_at_least_the_time_that_was_up(time: str) -> None:
    """Two days up to the end of Monday; what began before them and was mended at 6 is down time and no failure."""
    bug = an_issue(1, DONE, 1)
    mended = FieldChange(datetime(2026, 11, 1, 6, tzinfo=UTC), "status", "1", "To Do", "3")
    early = replace(bug, created=datetime(2026, 10, 30, tzinfo=UTC), updated=mended.at)
    reach = replace(
        a_reach(),
        issues_at=lambda _at: [early],
        histories=lambda _ids: {"1": (mended,)},
        categories={"1": "new", "3": "done"},
    )
    options = MtbfOptions.model_validate(
        {"kind": "mtbf", "select": "type = Bug", "window": "2d", "time": time}
    )
    found = readings(options, MONDAY, reach, lambda: NOW)
    assert isinstance(found, LowerBound)
    assert found.reading.value == 42


@pytest.mark.parametrize(
    ("time", "unit", "value"), [("all", "days", 2), ("up", "days", "7/4"), ("up", "hours", 42)]
)
def test_how_long_things_ran_between_failures_is_told_in_the_unit_that_was_written(
    time: str, unit: str, value: int | str
) -> None:
    """Two days up to the end of Monday, on which one failure lasted from 9 to 15."""
    bug = an_issue(1, DONE, 2)
    mended = FieldChange(datetime(2026, 11, 2, 15, tzinfo=UTC), "status", "1", "To Do", "3")
    reach = replace(
        a_reach(),
        issues_at=lambda _at: [replace(bug, updated=mended.at)],
        histories=lambda _ids: {"1": (mended,)},
        categories={"1": "new", "3": "done"},
    )
    options = MtbfOptions.model_validate(
        {"kind": "mtbf", "select": "type = Bug", "window": "2d", "time": time, "unit": unit}
    )
    (found,) = readings(options, MONDAY, reach, lambda: NOW)
    assert (found.value, found.note) == (Fraction(value), "1 failure")


@pytest.mark.parametrize(
    ("kind", "worth"), [("elapsed", "3/2"), ("calendar_days", "3"), ("working_hours", "13/8")]
)
def test_working_hours_count_where_they_are_asked_for(kind: str, worth: str) -> None:
    """From Monday 12:00 to Wednesday 0:00, with working hours from 9 to 17."""
    hours = WorkingPart.model_validate({"days": ["mon", "tue"], "from": "09:00", "to": "17:00"})
    span = (datetime(2026, 11, 2, 12, tzinfo=UTC), datetime(2026, 11, 4, tzinfo=UTC))
    assert clock_of(kind, "days", hours, a_reach()).worth(span) == Fraction(worth)


def test_what_webhooks_bring_is_waited_for_a_moment() -> None:
    """All but what is asked of others at once."""
    asked = {source.kind for source in METRIC_SOURCES if not source.mirrored}
    assert asked == {"prometheus", "http_json", "sql"}


FIRST_TEN = "SHOP-1, SHOP-10, SHOP-2, SHOP-3, SHOP-4, SHOP-5, SHOP-6, SHOP-7, SHOP-8, SHOP-9"


@pytest.mark.parametrize(
    ("lacking", "named"),
    [
        (1, "SHOP-1"),
        (2, "SHOP-1, SHOP-2"),
        (10, FIRST_TEN),
        (11, "SHOP-1, SHOP-10, SHOP-11, SHOP-2, SHOP-3, SHOP-4, SHOP-5, SHOP-6, SHOP-7, SHOP-8 and 1 more"),
        (12, "SHOP-1, SHOP-10, SHOP-11, SHOP-12, SHOP-2, SHOP-3, SHOP-4, SHOP-5, SHOP-6, SHOP-7 and 2 more"),
    ],
)
def test_what_lacks_a_value_is_named_in_the_reading_and_in_the_failure(lacking: int, named: str) -> None:
    full = an_issue(90, OPEN, 1)
    issues = [*(an_issue(number, OPEN, 1) for number in range(1, lacking + 1)), full]
    reach = replace(
        a_reach(),
        issues_at=lambda _at: issues,
        number=lambda issue, _alias: Fraction(6) if issue.id == full.id else None,
    )

    def answer(missing: str, jql: str = "type = Bug") -> object:
        asked = JqlSumOptions(kind="jql_sum", jql=jql, field="points", missing=missing)
        found = readings(asked, MONDAY, reach, lambda: NOW)
        averaged = readings(
            JqlAvgOptions(kind="jql_avg", jql=jql, field="points", missing=missing),
            MONDAY,
            reach,
            lambda: NOW,
        )
        if isinstance(found, SourceFailure):
            assert averaged == found
            return found
        (total,), (mean,) = found, averaged  # type: ignore[misc]  # there is one of each
        assert isinstance(total, KpiReading)
        assert isinstance(mean, KpiReading)
        assert (total.at, total.received, total.value, total.source) == (MONDAY.last, NOW, 6, "jql_sum")
        assert (mean.at, mean.received, mean.note, mean.source) == (MONDAY.last, NOW, total.note, "jql_avg")
        return total.note

    assert answer("skip") == f"{named} without a value, left out"
    assert answer("zero") == ""
    assert answer("unknown") == SourceFailure(
        FailureKind.NO_DATA, f"{named} without a value in points", "Fill the field, or write `missing: skip`."
    )
    assert answer("skip", "type = Bug AND key != SHOP-90") == SourceFailure(
        FailureKind.NO_DATA,
        f"none of the {count_of(lacking, 'issue')} has a value in points",
        "Fill the field, or write `missing: zero`.",
    )


def test_a_mean_of_no_issue_is_none() -> None:
    options = JqlAvgOptions(kind="jql_avg", jql="type = Story", field="points", missing="zero")
    assert readings(options, MONDAY, a_reach(), lambda: NOW) == SourceFailure(
        FailureKind.NO_DATA, "no issue is selected, and of none there is no mean"
    )


def test_a_field_of_one_issue_is_read_or_said_why_not() -> None:
    issue, value = an_issue(1, OPEN, 1), Fraction(7, 2)
    options = JiraFieldOptions(kind="jira_field", issue="OLD-9", field="points")
    moved = replace(
        a_reach(), issue_at=lambda key, at: issue if (key, at) == ("OLD-9", MONDAY.last) else None
    )
    full = replace(moved, number=lambda one, alias: value if (one, alias) == (issue, "points") else None)
    assert readings(options, MONDAY, full, lambda: NOW) == (
        KpiReading(MONDAY.last, value, NOW, "jira_field"),
    )
    assert readings(options, MONDAY, moved, lambda: NOW) == SourceFailure(
        FailureKind.NO_DATA, "points of SHOP-1 holds no number", "Fill it in Jira."
    )
    assert readings(options, MONDAY, a_reach(), lambda: NOW) == SourceFailure(
        FailureKind.NO_DATA,
        "OLD-9 is not there: deleted, outside the scope of the mapping, or out of sight",
        "Correct the key, or widen the scope.",
    )


@pytest.mark.parametrize(
    ("select", "without", "keys"), [("below", "", "2 3"), ("all", "below", "1 4"), ("below", "below", "")]
)
def test_what_is_below_an_issue_is_known_to_what_selects_and_to_what_leaves_out(
    select: str, without: str, keys: str
) -> None:
    """SHOP-2 and 3 are below SHOP-1, and SHOP-4 is beside it."""
    issues = [
        an_issue(1, OPEN, 1),
        *(replace(an_issue(number, OPEN, 1), parent_id="1") for number in (2, 3)),
        an_issue(4, OPEN, 1),
    ]
    catalogue = Catalogue(statuses=(OPEN, DONE))
    named = {"below": "issue in childIssuesOf(1)", "all": "project = SHOP"}
    reach = replace(a_reach(), issues_at=lambda _at: issues)
    left_out = compile_selector(named[without], catalogue) if without else None
    found = reach.selected(named[select], MONDAY.last, left_out)
    assert " ".join(one.id for one in found) == keys
