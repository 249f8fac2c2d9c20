"""What matches, field by field, as Jira would answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from mappings.facts.catalogue import Catalogue
from mappings.facts.issue import Issue, IssueType, JiraValue, Link, Project, Status, User
from mappings.jql import compile_selector
from mappings.jql.fields.custom import choices_of, identities

Builder = Callable[..., Issue]
Ask = Callable[..., bool]

ADF = {
    "type": "doc",
    "content": [
        {"type": "paragraph", "content": [{"type": "text", "text": "Ask the harbour master"}]},
        {"type": "paragraph", "content": [{"type": "mention", "attrs": {"id": "acc-3", "text": "@Ines"}}]},
    ],
}
ISSUE: dict[str, Any] = {
    "labels": ("okr", "Growth"),
    "components": (JiraValue("31", "Web"), JiraValue("32", "Billing")),
    "fix_versions": (JiraValue("41", "1.0"),),
    "priority": JiraValue("82", "High"),
    "assignee": User("acc-1", "Ada Moreau", "ada@example.org"),
    "due": date(2026, 11, 30),
    "parent_id": "4001",
    "links": (
        Link("91", "Blocks", "is blocked by", "5002"),
        Link("91", "Blocks", "blocks", "5003", outward=True),
    ),
    "status_changed": datetime(2026, 11, 1, tzinfo=UTC),
    "fields": {
        "customfield_10010": 5,
        "customfield_10011": {"id": "902", "value": "Dark Blue"},
        "customfield_10012": ADF,
        "customfield_10013": "2026-10-15",
        "customfield_10014": "2026-10-15T12:30:10.000+0000",
        "customfield_10015": [{"accountId": "acc-7", "displayName": "Bo Lind"}],
        "customfield_10018": ["alpha", "Beta"],
        "customfield_10019": "PLAT-9",
        "description": "The old shop is slow",
        "parent": {"id": "4001", "key": "PLAT-90"},
        "fixVersions": [{"id": "41", "name": "1.0", "released": True}, {"id": "43", "name": "odd"}],
        "customfield_10020": {"id": "1", "value": "Spring", "child": {"id": "2", "value": "High water"}},
        "project": {"id": "100", "key": "PLAT", "projectCategory": {"id": "950", "name": "Shop teams"}},
    },
}
TRUE = [
    "",
    "project = PLAT",
    "project = plat",
    'project = "Platform"',
    "project = 100",
    "project in (CORE, PLAT)",
    "category = 'shop TEAMS'",
    "category in (950, Other)",
    "category != Other",
    "category is not EMPTY ORDER BY category",
    "project != CORE",
    "key = PLAT-1",
    "issuekey = plat-1",
    "id = 5001",
    "key in (PLAT-1, PLAT-2)",
    "key > PLAT-0",
    "key <= PLAT-1",
    "id >= 5000",
    "type = story",
    "issuetype in (1, Bug)",
    "status = 'To Do'",
    "status = 11",
    "status not in (Done, 'In Progress')",
    "statusCategory = 'To Do'",
    "statusCategory = new",
    "statusCategory = 2",
    "statusCategory != Done",
    "labels = OKR",
    "labels in (growth, none)",
    "labels != other",
    "labels is not EMPTY",
    "component = web",
    "component = 32",
    "component not in (Mobile)",
    "fixVersion = '1.0'",
    "fixVersion ~ '1.*'",
    "fixVersion !~ '2.*'",
    "fixVersion in releasedVersions()",
    "fixVersion in releasedVersions(PLAT, CORE)",
    "fixVersion not in unreleasedVersions()",
    "fixVersion in (unreleasedVersions(), '1.0')",
    # what PLAT-7 (5002) says of this issue is what is read from its end of the link
    "issue in linkedIssues(5002)",
    "issue in linkedIssues(5002, blocks)",
    "issue in linkedWorkItems(5003, 'IS BLOCKED BY')",
    "issue in (PLAT-77, linkedIssues(5003))",
    "issue not in linkedIssues(5004)",
    "Tide in cascadeOption(spring)",
    "Tide in cascadeOption(1, 'high water')",
    "Tide not in cascadeOption(Spring, none)",
    "Tide in (Neap, cascadeOption(Spring))",
    "Tide in (Spring, cascadeOption(Neap))",
    "NOT text ~ harbourmaster",
    "Notes ~ ines",
    "affectedVersion is EMPTY",
    "affectedVersion in (EMPTY, '1.0')",
    "resolution is EMPTY",
    "resolution = NULL",
    "resolution = Unresolved",
    "resolution in (unresolved, Fixed)",
    "type in standardIssueTypes()",
    "workType in (Bug, standardWorkTypes())",
    "type not in subtaskIssueTypes()",
    "space = PLAT AND workItemKey = PLAT-1",
    "priority = high",
    "priority > Medium",
    "priority <= High",
    "priority >= High",
    "parent = 4001",
    "parent = plat-90",
    "parent is not EMPTY",
    "issueLinkType = 'is blocked by'",
    "issueLinkType = blocks",
    "issueLinkType = 91",
    "assignee = acc-1",
    "assignee = 'ada moreau'",
    "assignee = 'ADA@example.org'",
    "assignee = currentUser()",
    "assignee in (EMPTY, currentUser())",
    "reporter is EMPTY",
    "created > '2026-10-01'",
    "created = '2026-10-01 12:30'",  # in the caller's zone, two hours east
    "created < 2026-10-02",
    "created <= '2026/10/01 12:31'",
    "created > -8w",
    "updated >= '-2d 10h'",
    "updated < now()",
    "created < startOfMonth()",
    "created >= startOfYear()",
    "created > startOfMonth(-2) AND created < endOfMonth('-1')",
    "due = 2026-11-30",
    "due <= endOfMonth()",
    "due > 5d",
    "dueDate in ('2026-11-29', '2026-11-30')",
    "resolved is EMPTY",
    "statusCategoryChangedDate < -1w",
    "summary ~ shop",
    "summary ~ 'SHOP mend'",
    "summary ~ 'log-in'",
    "summary ~ 'sho*'",
    "summary ~ 'sh?p'",
    "summary ~ '\"log-in page\"'",
    "summary !~ harbour",
    "description ~ slow",
    "text ~ harbour",
    "text ~ 'old shop'",
    '"Story points" = 5',
    "cf[10010] = 5.0",
    "'cf[10010]' = 5",
    "cf[10010] > 4 AND cf[10010] <= 5",
    "cf[10010] in (3, 5)",
    "Colour = 'dark blue'",
    "Colour in (902)",
    "Colour != Red",
    "Notes ~ 'harbour master'",
    "'Start day' = 2026-10-15",
    "'Start day' >= 2026-10-15",
    "Launched = '2026-10-15 14:30'",
    "Launched > '2026-10-15 14:30'",
    "Owners = 'bo lind'",
    "Owners in (acc-7)",
    "Topics = beta",
    "Topics not in (gamma)",
    "'Epic Link' = plat-9",
    "cf[10016] is EMPTY",
    "NOT project = CORE",
    "NOT (project = CORE OR labels = other)",
    "! status = Done && type = Story || type = Bug",
    "project = PLAT AND type = Story AND labels = okr AND status = 11 AND priority = High AND key = PLAT-1",
    "project = PLAT ORDER BY rank, created DESC",
]
FALSE = [
    "fixVersion ~ '1'",
    "fixVersion ~ '[1].0'",
    "fixVersion in unreleasedVersions()",
    "fixVersion in releasedVersions(CORE)",
    "fixVersion not in releasedVersions()",
    "affectedVersion not in releasedVersions()",
    "affectedVersion !~ '1.*'",
    "issue in linkedIssues(5002, 'is blocked by')",
    "issue in linkedIssues(5003, blocks)",
    "issue in linkedIssues(5001)",
    "Tide in cascadeOption(Neap)",
    "Tide in cascadeOption(Spring, 'Low water')",
    "Tide in cascadeOption(Spring, none)",
    "Tide in cascadeOption(none)",
    "project = CORE",
    "category = Shop",
    "category not in (Other, 950)",
    "category is EMPTY",
    "project not in (PLAT)",
    "key = PLAT-2",
    "key > CORE-0",
    "type != Story",
    "statusCategory in (3, 4)",
    "labels = okrs",
    "labels != okr",
    "labels is EMPTY",
    "component != web",
    "resolution = Fixed",
    # !=, not in and !~ never match EMPTY, and neither does NOT, which Jira carries into the condition
    "resolution != Unresolved",
    "type in subtaskIssueTypes()",
    "type not in (standardIssueTypes())",
    "resolution != Fixed",
    "resolution not in (Fixed)",
    "NOT resolution = Fixed",
    "NOT resolution in (Fixed, EMPTY)",
    "reporter != acc-1",
    "reporter not in (currentUser())",
    "affectedVersion != '1.0'",
    "resolved != 2026-10-01",
    "resolved > 2000-01-01",
    "NOT resolved > 2000-01-01",
    "environment !~ word",
    "cf[10016] != High",
    "cf[10016] not in (High)",
    "priority > High",
    "priority < High",
    "parent = PLAT-91",
    "parent != 4001",
    "issueLinkType = duplicates",
    "issueLinkType is EMPTY",
    "assignee = acc",
    "assignee != currentUser()",
    "creator = currentUser()",
    "created = '2026-10-01'",
    "created = '2026-10-01 10:30'",
    "created > now()",
    "created > -1d",
    "due < 8d",
    "due < endOfMonth()",
    "summary ~ sho",
    "summary ~ 'shop harbour'",
    "summary ~ '\"page log\"'",
    "summary !~ shop",
    "summary is EMPTY",
    "description ~ harbour",
    "cf[10010] < 5",
    "cf[10010] != 5",
    "Colour = red",
    "'Start day' < 2026-10-15",
    "Launched < '2026-10-15 14:30'",
    "Topics != beta",
]


@pytest.mark.parametrize("jql", TRUE)
def test_matches(jql: str, an_issue: Builder, holds: Ask) -> None:
    assert holds(jql, an_issue(**ISSUE)) is True


@pytest.mark.parametrize("jql", FALSE)
def test_does_not_match(jql: str, an_issue: Builder, holds: Ask) -> None:
    assert holds(jql, an_issue(**ISSUE)) is False


def test_versions_that_are_only_in_what_was_read_last_are_none_of_an_issue_as_it_was(
    an_issue: Builder, holds: Ask
) -> None:
    before = an_issue(**{**ISSUE, "fix_versions": ()})
    assert holds("fixVersion in releasedVersions()", before) is False


WITHOUT_NAMES = [
    "project = platform AND project = plat AND project = 100",
    "type = STORY AND type = 1 AND status = 'to do' AND status = 11",
    "priority in (HIGH) AND priority = 82",
    "cf[10010] = 5 AND cf[10010] > 4 AND cf[10010] in (5.0)",
    "cf[10011] = 'dark blue' AND cf[10011] = 902 AND cf[10011] != red",
    "cf[10012] ~ harbour",
    "cf[10013] >= 2026-10-15 AND cf[10014] >= '2026-10-15 14:30'",
    "cf[10015] = acc-7 AND cf[10018] in (Alpha)",
    "cf[10099] is EMPTY AND issueLinkType = Blocks",
]


@pytest.mark.parametrize("jql", WITHOUT_NAMES)
def test_an_empty_catalogue_compares_with_the_issue_itself(jql: str, an_issue: Builder, holds: Ask) -> None:
    assert holds(jql, an_issue(**ISSUE), Catalogue()) is True


def test_a_name_follows_its_ids_when_a_status_was_renamed(an_issue: Builder, holds: Ask) -> None:
    renamed = an_issue(status=Status("13", "Shipped", "done"))
    assert holds("status = Done", renamed)
    assert not holds("status = Done", renamed, Catalogue())


def test_one_name_may_stand_for_several_ids(an_issue: Builder, holds: Ask, site: Catalogue) -> None:
    twice = replace(site, issue_types=(*site.issue_types, IssueType("9", "Story")))
    assert holds("type = Story", an_issue(type=IssueType("9", "Story")), twice)


def test_a_number_is_an_id_before_it_is_a_name(an_issue: Builder, holds: Ask, site: Catalogue) -> None:
    odd = replace(site, projects=(*site.projects, Project("300", "ODD", "100")))
    assert holds("project = 100", an_issue(), odd)
    assert not holds('project = "100"', an_issue(), odd)


def test_a_parent_is_found_by_key_where_keys_can_be_resolved(an_issue: Builder, moment: Any) -> None:
    selector = compile_selector("parent = PLAT-7", Catalogue(), {"PLAT-7": "4001"}.get)
    assert selector.fields == frozenset()
    assert selector.matches(an_issue(parent_id="4001"), moment)
    assert not selector.matches(an_issue(parent_id="4002"), moment)


@pytest.mark.parametrize(
    ("jql", "fields", "timed"),
    [
        ("project = PLAT", set(), False),
        ("cf[10010] > 3 AND Colour = Red", {"customfield_10010", "customfield_10011"}, False),
        ("parent = PLAT-7", {"parent"}, False),
        ("text ~ word", {"description", "environment", "customfield_10012"}, False),
        ("created > '2026-10-01'", set(), False),
        ("created > -2w", set(), True),
        ("due < endOfWeek()", set(), True),
        ("assignee = currentUser()", set(), False),
    ],
)
def test_what_a_selector_reads(jql: str, fields: set[str], timed: bool, site: Catalogue) -> None:
    selector = compile_selector(jql, site)
    assert (selector.jql, selector.fields, selector.timed) == (jql, frozenset(fields), timed)


def test_currentuser_of_nobody_is_nobody(an_issue: Builder, holds: Ask, moment: Any) -> None:
    anonymous = replace(moment, account_id=None)
    assert not holds("assignee = currentUser()", an_issue(assignee=None), at=anonymous)
    assert not holds("assignee = currentUser()", an_issue(**ISSUE), at=anonymous)


def nested(depth: int, inner: object) -> object:
    return inner if depth == 0 else [nested(depth - 1, inner)]


def test_how_deep_an_unknown_shape_is_looked_into() -> None:
    assert list(identities(nested(5, "a"))) == ["a"]
    assert list(identities(nested(5, 3))) == []
    assert list(identities(nested(4, 3))) == ["3"]
    assert list(identities(nested(6, "a"))) == []
    assert list(choices_of(nested(4, {"id": 7, "value": "a"}))) == [JiraValue("7", "a")]
    assert list(choices_of(nested(5, {"id": 7, "value": "a"}))) == []


@pytest.mark.parametrize(
    ("value", "jql", "held"),
    [
        ("2026-10-01", "cf[10019] >= '2026-10-01'", True),
        ("2026-10-01", "cf[10019] < '2026-10-02'", True),
        ("2026-10-01T12:30:00.000+0200", "cf[10019] > '2026-10-01 12:00'", True),
        ("2026-10-01T12:30:00.000+0200", "cf[10019] > '2026-10-01 13:00'", False),
        ("2026-10-01T12:30:00.000+0200", "cf[10019] < '2026-10-01 13:00'", True),
        (20261001, "cf[10019] > '2026-10-01'", False),
        (None, "cf[10019] > '2026-10-01'", False),
        ("2026-13-01", "cf[10019] > '2026-10-01'", False),
        ("seven", "cf[10019] > 6", False),
        (7, "cf[10019] > 6", True),
    ],
)
def test_a_field_of_no_known_kind_is_compared_by_what_it_holds(
    an_issue: Builder, holds: Ask, value: object, jql: str, held: bool
) -> None:
    assert holds(jql, an_issue(fields={"customfield_10019": value})) is held


@pytest.mark.parametrize(
    "raw",
    [
        None,
        {"id": "100", "key": "PLAT"},
        {"id": "100", "projectCategory": None},
        {"id": "200", "key": "CORE", "projectCategory": {"id": "950", "name": "Shop teams"}},
    ],
    ids=["not told", "none", "null", "of the project it moved to since"],
)
def test_without_a_category_nothing_is_said_of_it(
    raw: object, an_issue: Callable[..., Issue], holds: Callable[..., bool]
) -> None:
    issue = an_issue(fields={} if raw is None else {"project": raw})
    assert holds("category is EMPTY", issue)
    assert not holds("category = 950", issue)
    assert not holds("category != Other", issue), "!= never matches EMPTY"


@pytest.mark.parametrize("value", ["soon", "2026-13-01", "", 7, None])
@pytest.mark.parametrize("id_", ["10013", "10014"])
def test_a_day_that_is_none_is_neither_before_nor_after_any(
    an_issue: Builder, holds: Ask, id_: str, value: object
) -> None:
    issue = an_issue(fields={f"customfield_{id_}": value})
    assert not holds(f"cf[{id_}] > '2000-01-01'", issue)
    assert not holds(f"cf[{id_}] <= '2000-01-01'", issue)
