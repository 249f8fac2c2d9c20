"""Going back in time: every change that a history tells is undone, newest first, and issues that were not there are not there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from mappings.explain.past import FieldChange, PastIssues
from mappings.facts.catalogue import Catalogue, Field
from mappings.facts.issue import Issue, IssueType, JiraValue, Reading, Status

CATALOGUE = Catalogue(
    fields=(
        Field("customfield_1", "Points", "number"),
        Field("customfield_2", "Area", "option"),
        Field("customfield_3", "Note", "string"),
    ),
    statuses=(Status("1", "To Do", "new"),),
    issue_types=(IssueType("7", "Bug"),),
)
NOW = datetime(2026, 11, 3, tzinfo=UTC)
DAY = timedelta(days=1)
CREATED = NOW - 30 * DAY


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (("status", "1", "To Do"), {"status": Status("1", "To Do", "new"), "status_changed": CREATED}),
        (("status", "99", "Gone"), {"status": Status("99", "Gone", None), "status_changed": CREATED}),
        (("resolution", None, None), {"resolution": None, "resolved": None}),
        (("resolution", "4", "Won't Do"), {"resolution": JiraValue("4", "Won't Do"), "resolved": CREATED}),
        (("parent", "12", "PLAT-12"), {"parent_id": "12"}),
        (("parent", None, None), {"parent_id": None}),
        (("parent", None, "PLAT-2"), {"parent_id": "2"}),
        (("parent", None, "PLAT-2 - Faster checkout"), {"parent_id": "2"}),
        (("parent", "PLAT-2", "PLAT-2"), {"parent_id": "2"}),
        (("parent", None, "OLD-9"), {"parent_id": "900"}),
        (("parent", None, "GONE-1"), {"parent_id": None}),
        (("labels", None, "okr team-a"), {"labels": ("okr", "team-a")}),
        (("labels", None, ""), {"labels": ()}),
        (("issuetype", "7", "Bug"), {"type": IssueType("7", "Bug")}),
        (("customfield_1", None, "2.5"), {"fields": {"customfield_1": 2.5}}),
        (("customfield_1", None, ""), {"fields": {"customfield_1": None}}),
        (
            ("customfield_2", "5", "Web"),
            {"fields": {"customfield_1": 8, "customfield_2": {"id": "5", "value": "Web"}}},
        ),
        (("customfield_3", None, "said"), {"fields": {"customfield_1": 8, "customfield_3": "said"}}),
    ],
)
def test_a_change_is_undone(
    an_issue: Callable[..., Issue], step: tuple[str, str | None, str | None], expected: dict[str, Any]
) -> None:
    issue = replace(
        an_issue(2, "dropped"),
        created=CREATED,
        labels=("now",),
        resolved=NOW,
        status_changed=NOW,
        fields={"customfield_1": 8},
    )
    past = PastIssues([issue], {"2": [FieldChange(NOW, *step)]}, CATALOGUE, {"OLD-9": "900", "PLAT-2": "901"})
    assert list(past.at(NOW)) == [issue]
    assert list(past.at(NOW - DAY)) == [replace(issue, **expected)]


def test_several_changes_are_undone_one_by_one(an_issue: Callable[..., Issue]) -> None:
    values = [None, "1", "3", "5"]
    steps = [
        FieldChange(NOW - (3 - at) * DAY, "customfield_1", None, value) for at, value in enumerate(values)
    ]
    issue = replace(an_issue(2), fields={"customfield_1": 8})
    past = PastIssues([issue], {"2": steps, "unknown": steps}, CATALOGUE)
    seen = [next(iter(past.at(NOW - back * DAY))).fields["customfield_1"] for back in range(5)]
    assert seen == [8, 5, 3, 1, None]


def test_since_when_a_status_and_a_resolution_held_is_told_too(an_issue: Callable[..., Issue]) -> None:
    """A milestone asks for the day it was done; a change within one category is none of the category."""
    steps = [
        FieldChange(NOW - 4 * DAY, "status", "1", "To Do"),
        FieldChange(NOW - 4 * DAY, "resolution", None, None),
        FieldChange(NOW - 3 * DAY, "status", "8", "Done"),
        FieldChange(NOW - 2 * DAY, "status", "9", "Closed"),
        FieldChange(NOW - 2 * DAY, "resolution", "4", "Fixed"),
    ]
    catalogue = replace(
        CATALOGUE,
        statuses=(*CATALOGUE.statuses, Status("8", "Done", "done"), Status("9", "Closed", "done")),
    )
    issue = replace(an_issue(2), created=CREATED, status_changed=NOW - 2 * DAY)
    past = PastIssues([issue], {"2": steps}, catalogue)
    seen = []
    for back in (2, 3, 4, 5):
        (was,) = past.at(NOW - back * DAY)
        seen.append((was.status.id, was.status_changed, was.resolved))
    assert seen[1:] == [
        ("9", NOW - 4 * DAY, NOW - 4 * DAY),
        ("8", NOW - 4 * DAY, NOW - 4 * DAY),
        ("1", CREATED, None),
    ]


def test_where_jira_says_no_time_of_a_status_none_is_made_up(an_issue: Callable[..., Issue]) -> None:
    """Data Center."""
    past = PastIssues([an_issue(2)], {"2": [FieldChange(NOW, "status", "1", "To Do")]}, CATALOGUE)
    (was,) = past.at(NOW - DAY)
    assert (was.status.id, was.status_changed) == ("1", None)


def test_what_came_later_is_not_there_yet(an_issue: Callable[..., Issue]) -> None:
    old, young = an_issue(2), replace(an_issue(3), created=NOW)
    read = replace(old, readings={"f": (Reading(NOW - 2 * DAY, Fraction(1)), Reading(NOW, Fraction(2)))})
    past = PastIssues([read, young], {"3": [FieldChange(NOW, "status", "1", "To Do")]}, CATALOGUE)
    assert {issue.id for issue in past.at(NOW)} == {"2", "3"}
    (only,) = past.at(NOW - DAY)
    assert only.readings == {"f": read.readings["f"][:1]}
