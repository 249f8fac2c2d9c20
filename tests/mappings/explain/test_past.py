"""What each change of a history is undone to: literal values, with what Jira no longer lists."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from mappings.explain import past
from mappings.explain.past import LINKS, SYSTEM, FieldChange, LinkHistory, PastIssues
from mappings.facts.catalogue import Catalogue, Field
from mappings.facts.issue import Issue, IssueType, JiraValue, Link, Project, Reading, Status, User

CREATED, CHANGED, LATER = (datetime(2026, 10, day, 9, tzinfo=UTC) for day in (1, 10, 20))
TO_DO, DONE = Status("1", "To Do", "new"), Status("5", "Done", "done")
WEB, APP = JiraValue("31", "Web"), JiraValue("32", "App")
SITE = Catalogue(
    fields=(Field("customfield_1", "Points", "number"), Field("customfield_2", "Team", "option")),
    statuses=(TO_DO, DONE),
    issue_types=(IssueType("1", "Epic", 1), IssueType("2", "Story")),
    projects=(Project("100", "PLAT", "Platform"),),
)
NOW: dict[str, Any] = {
    "id": "7",
    "key": "PLAT-7",
    "project": Project("100", "PLAT", "Platform"),
    "type": IssueType("2", "Story"),
    "status": DONE,
    "created": CREATED,
    "updated": LATER,
    "status_changed": CHANGED,
    "resolution": JiraValue("9", "Done"),
    "resolved": CHANGED,
    "parent_id": "8",
    "assignee": User("a", "Ada"),
    "reporter": User("b", "Bob"),
    "priority": JiraValue("81", "High"),
    "due": date(2026, 12, 1),
    "components": (WEB,),
    "fix_versions": (WEB,),
    "affects_versions": (WEB,),
    "summary": "Now",
    "labels": ("now",),
    "fields": {"customfield_1": 5.0, "customfield_2": {"id": "1", "value": "Blue"}},
}
ABOVE = Issue(**{**NOW, "id": "6", "key": "PLAT-6", "parent_id": None})


def facts(**held: Any) -> dict[str, Any]:
    return held


CASES = [
    ("status", "1", "Backlog", None, facts(status=TO_DO, status_changed=CREATED)),
    ("status", "77", "Waiting", None, facts(status=Status("77", "Waiting", None), status_changed=CREATED)),
    ("status", None, None, None, facts(status=Status("", "", None), status_changed=CREATED)),
    ("resolution", None, None, None, facts(resolution=None, resolved=None)),
    ("resolution", "3", "Won't Do", None, facts(resolution=JiraValue("3", "Won't Do"), resolved=CREATED)),
    ("issuetype", "1", "Epos", None, facts(type=IssueType("1", "Epic", 1))),
    ("issuetype", "55", "Saga", None, facts()),
    ("parent", "6", "PLAT-6", None, facts(parent_id="6")),
    ("parent", None, "PLAT-6 - Faster checkout", None, facts(parent_id="6")),
    ("parent", None, "OLD-6", None, facts(parent_id="6")),
    ("parent", None, "GONE-1", None, facts(parent_id=None)),
    ("parent", None, None, None, facts(parent_id=None)),
    ("project", "100", "Plattform", None, facts()),
    ("project", "300", "Former", None, facts(project=Project("300", "PLAT", "Former"))),
    ("issuekey", None, "PLAT-1", None, facts(key="PLAT-1")),
    ("issuekey", None, None, None, facts()),
    ("assignee", "c", "Cleo", None, facts(assignee=User("c", "Cleo"))),
    ("assignee", None, None, None, facts(assignee=None)),
    ("reporter", "c", None, None, facts(reporter=User("c", ""))),
    ("priority", "82", "Low", None, facts(priority=JiraValue("82", "Low"))),
    ("priority", None, None, None, facts(priority=None)),
    ("duedate", "2026-11-30", "30/Nov/26", None, facts(due=date(2026, 11, 30))),
    ("duedate", None, "2026-11-30 00:00:00.0", None, facts(due=date(2026, 11, 30))),
    ("duedate", None, None, None, facts(due=None)),
    ("components", None, None, "31", facts(components=())),
    ("components", "32", "App", None, facts(components=(WEB, APP))),
    ("components", "31", "Web", None, facts()),
    ("fixVersions", "32", "App", "31", facts(fix_versions=(APP,))),
    ("versions", "32", "App", "31", facts(affects_versions=(APP,))),
    ("summary", None, "Then", None, facts(summary="Then")),
    ("summary", None, None, None, facts(summary="")),
    ("labels", None, "one two", None, facts(labels=("one", "two"))),
    ("labels", None, None, None, facts(labels=())),
    ("customfield_1", None, "3", None, facts(fields={**NOW["fields"], "customfield_1": 3})),
    ("customfield_1", None, "", None, facts(fields={**NOW["fields"], "customfield_1": None})),
    ("customfield_9", None, "3", None, facts(fields={**NOW["fields"], "customfield_9": 3})),
]


@pytest.mark.parametrize(
    ("field_id", "before_id", "text", "after_id", "held"), CASES, ids=[f"{c[0]} {c[1]} {c[2]}" for c in CASES]
)
def test_a_change_is_undone(
    field_id: str, before_id: str | None, text: str | None, after_id: str | None, held: dict[str, Any]
) -> None:
    step = FieldChange(CHANGED, field_id, before_id, text, after_id)
    past = PastIssues([Issue(**NOW), ABOVE], {"7": [step]}, SITE, {"OLD-6": "6"})
    assert {one.id: one for one in past.at(CHANGED)}["7"] == Issue(**NOW), "it stood so from that moment on"
    found = {one.id: one for one in past.at(CREATED)}["7"]
    wanted = Issue(**{**NOW, **held})
    differing = [one.name for one in fields(Issue) if getattr(found, one.name) != getattr(wanted, one.name)]
    assert differing == []
    assert found == wanted


def test_every_system_field_is_among_the_cases() -> None:
    assert {case[0] for case in CASES} >= set(SYSTEM)


def test_a_key_of_a_project_that_is_gone_gives_the_project_its_key() -> None:
    gone = Issue(**{**NOW, "key": "NEW-1", "project": Project("300", "NEW", "New")})
    (found,) = PastIssues([gone], {"7": [FieldChange(CHANGED, "issuekey", None, "OLD-3")]}, SITE).at(CREATED)
    assert (found.key, found.project) == ("OLD-3", Project("300", "OLD", "New"))


def test_there_is_nothing_before_it_was_created_and_no_reading_after_the_moment() -> None:
    readings = {"customfield_1": (Reading(CHANGED, None), Reading(LATER, None))}
    past = PastIssues(
        [Issue(**{**NOW, "readings": readings})], {"8": [FieldChange(CHANGED, "status", "1", "To Do")]}, SITE
    )
    (found,) = past.at(CHANGED)
    assert found.readings == {"customfield_1": (Reading(CHANGED, None),)}
    assert len(list(past.at(CREATED))) == 1
    assert list(past.at(datetime(2026, 9, 30, tzinfo=UTC))) == []


def test_a_link_that_cannot_be_read_is_of_the_state_of_its_own_instant() -> None:
    """What came exactly then is in that state, and has not to be undone."""
    told = FieldChange(CHANGED, LINKS, None, None, after_id=f"This issue puzzles {NOW['key']}")
    links = LinkHistory({"7": [told], "8": []}, (), {NOW["key"]: "7"})
    before, after = CHANGED - timedelta(milliseconds=1), CHANGED + timedelta(milliseconds=1)
    assert [links.of("7", at) for at in (before, CHANGED, after)] == [False, True, True]
    assert [links.of(id_, before) for id_ in ("8", "9")] == [True, False]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (True, True, True),
        (False, False, True),
        (True, False, False),
        (False, True, False),
        (None, True, True),
        (False, None, True),
        (None, None, True),
    ],
)
def test_a_link_whose_direction_was_not_kept_is_either(
    one: bool | None, other: bool | None, *, same: bool
) -> None:
    link = Link("3", "Measures", "measures", "8", one)
    assert past._same_link(link, replace(link, outward=other)) is same
    assert not past._same_link(link, replace(link, outward=other, issue_id="9"))
    assert not past._same_link(link, replace(link, outward=other, type_id="4"))
