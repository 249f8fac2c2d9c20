"""One value against one condition, at the edges: which ids, names, amounts and instants are equal, below and above."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from mappings.diagnostic import quote, raw_text
from mappings.facts.catalogue import Catalogue, Field
from mappings.facts.issue import Issue, IssueType, JiraValue, Link, Project, Status, User
from mappings.facts.moment import Moment
from mappings.jql import check, compile_selector, parse, sort_key
from mappings.jql.dates import remember_instant
from mappings.jql.fields.custom import choices_in, choices_of, identities, identities_of, refusal
from mappings.jql.fields.name_table import MOST_REMEMBERED, NameTable

Build = Callable[..., Issue]

POINTS, COLOUR, NOTES, OWNERS, TOPICS, ANY = (
    f"customfield_{number}" for number in (10010, 10011, 10012, 10015, 10018, 10019)
)
START, LAUNCHED = "customfield_10013", "customfield_10014"
RED = {"id": "901", "value": "Red"}
CASCADE = {"id": "950", "value": "Warm", "child": {"id": "951", "value": "Orange"}}
BO = {"accountId": "acc-7", "displayName": "Bo Lind", "emailAddress": "bo@example.org"}

RAW = [
    # condition, field, raw value, whether it matches
    ('"Story points" = 5', POINTS, 5, True),
    ('"Story points" = 5', POINTS, 5.0, True),
    ('"Story points" = 5', POINTS, "5", True),
    ('"Story points" = 5', POINTS, "five", False),
    ('"Story points" = 5', POINTS, {"value": "5"}, False),
    ('"Story points" = 5', POINTS, [5], False),
    ('"Story points" = 5', POINTS, True, False),
    ('"Story points" = 5', POINTS, None, False),
    ('"Story points" != 5', POINTS, 6, True),
    ('"Story points" != 5', POINTS, 5, False),
    ('"Story points" != 5', POINTS, None, False),
    ('"Story points" in (4, 6)', POINTS, 6, True),
    ('"Story points" in (4, 6)', POINTS, 5, False),
    ('"Story points" not in (4, 6)', POINTS, 5, True),
    ('"Story points" not in (4, 6)', POINTS, 4, False),
    ('"Story points" > 5', POINTS, 5, False),
    ('"Story points" > 5', POINTS, 5.5, True),
    ('"Story points" >= 5', POINTS, 5, True),
    ('"Story points" >= 5', POINTS, 4.5, False),
    ('"Story points" < 5', POINTS, 5, False),
    ('"Story points" < 5', POINTS, 4.5, True),
    ('"Story points" <= 5', POINTS, 5, True),
    ('"Story points" <= 5', POINTS, 5.5, False),
    ('NOT "Story points" > 5', POINTS, 5, True),
    ('NOT "Story points" >= 5', POINTS, 5, False),
    ('NOT "Story points" < 5', POINTS, 5, True),
    ('NOT "Story points" <= 5', POINTS, 5, False),
    ('"Story points" > 5', POINTS, None, False),
    ('NOT "Story points" > 5', POINTS, None, False),
    ('"Story points" is EMPTY', POINTS, None, True),
    ('"Story points" is EMPTY', POINTS, 0, False),
    ('"Story points" is not EMPTY', POINTS, 0, True),
    ('"Story points" = EMPTY', POINTS, None, True),
    ('"Story points" = EMPTY', POINTS, 0, False),
    ('"Story points" != EMPTY', POINTS, 0, True),
    ('"Story points" != EMPTY', POINTS, None, False),
    ('"Story points" in (EMPTY, 3)', POINTS, None, True),
    ('"Story points" in (EMPTY, 3)', POINTS, 3, True),
    ('"Story points" in (EMPTY, 3)', POINTS, 4, False),
    ('"Story points" in (EMPTY)', POINTS, None, True),
    ('"Story points" in (EMPTY)', POINTS, 4, False),
    ('"Story points" not in (EMPTY)', POINTS, 4, True),
    ('"Story points" not in (EMPTY)', POINTS, None, False),
    ('"Story points" not in (EMPTY, 3)', POINTS, None, False),
    ('"Story points" not in (EMPTY, 3)', POINTS, 3, False),
    ('"Story points" not in (EMPTY, 3)', POINTS, 4, True),
    ("Colour = Red", COLOUR, RED, True),
    ("Colour = Red", COLOUR, {"id": "901", "value": "Crimson"}, True),
    ("Colour = Red", COLOUR, {"id": "902", "value": "Red"}, False),
    ("Colour = Red", COLOUR, {"id": "999", "value": "RED"}, True),
    ("Colour = Red", COLOUR, None, False),
    ("Colour != Red", COLOUR, None, False),
    ("Colour is EMPTY", COLOUR, None, True),
    ("Colour is EMPTY", COLOUR, "", True),
    ("Colour is EMPTY", COLOUR, [], True),
    ("Colour is EMPTY", COLOUR, {}, True),
    ("Colour is EMPTY", COLOUR, RED, False),
    ("Colour is not EMPTY", COLOUR, RED, True),
    ("Colour is not EMPTY", COLOUR, {}, False),
    ("Colour = Orange", COLOUR, CASCADE, True),
    ("Colour = 951", COLOUR, CASCADE, True),
    ("Colour = Warm", COLOUR, CASCADE, True),
    ("Colour = 952", COLOUR, CASCADE, False),
    ("Owners = acc-7", OWNERS, [BO], True),
    ("Owners = 'BO LIND'", OWNERS, [BO], True),
    ("Owners = 'bo@example.org'", OWNERS, [BO], True),
    ("Owners = currentUser()", OWNERS, [BO], False),
    ("Owners = currentUser()", OWNERS, [{"accountId": "acc-1", "displayName": "Ada"}], True),
    ("Owners in (currentUser(), acc-7)", OWNERS, [BO], True),
    ("Owners in (currentUser(), acc-8)", OWNERS, [BO], False),
    ("Owners != currentUser()", OWNERS, [BO], True),
    ("Topics = beta", TOPICS, ["Alpha", "Beta"], True),
    ("Topics = beta", TOPICS, ["Alpha"], False),
    ("Topics = beta", TOPICS, [], False),
    ("Topics != beta", TOPICS, [], False),
    ("Topics != beta", TOPICS, ["Alpha"], True),
    ("Notes ~ harbour", NOTES, "the Harbour master", True),
    ("Notes ~ harbours", NOTES, "the Harbour master", False),
    ("Notes ~ harbour", NOTES, None, False),
    ("Notes !~ harbour", NOTES, None, False),
    ("Notes !~ harbour", NOTES, "the sea", True),
    ("Notes is EMPTY", NOTES, "", True),
    ("Notes ~ EMPTY", NOTES, "", True),
    ("Notes ~ EMPTY", NOTES, "sea", False),
    ("Notes !~ EMPTY", NOTES, "", False),
    ("Notes !~ EMPTY", NOTES, "sea", True),
    ("'Start day' = 2026-10-15", START, "2026-10-15", True),
    ("'Start day' = 2026-10-15", START, "2026-10-16", False),
    ("'Start day' != 2026-10-15", START, "2026-10-16", True),
    ("'Start day' != 2026-10-15", START, None, False),
    ("'Start day' > 2026-10-15", START, "2026-10-15", False),
    ("'Start day' > 2026-10-14", START, "2026-10-15", True),
    ("'Start day' >= 2026-10-16", START, "2026-10-15", False),
    ("'Start day' < 2026-10-15", START, "2026-10-15", False),
    ("'Start day' < 2026-10-16", START, "2026-10-15", True),
    ("'Start day' <= 2026-10-14", START, "2026-10-15", False),
    ("'Start day' in (2026-10-14, 2026-10-15)", START, "2026-10-15", True),
    ("'Start day' in (2026-10-14, 2026-10-16)", START, "2026-10-15", False),
    ("'Start day' = 2026-10-15", START, "15 October", False),
    ("'Start day' = 2026-10-15", START, "2026-10-15T23:30:00.000+0000", True),
    ("'Start day' is EMPTY", START, "2026-10-15x", False),
    ("Launched = '2026-10-15 14:30'", LAUNCHED, "2026-10-15T12:30:00.000+0000", True),
    ("Launched = '2026-10-15 14:30'", LAUNCHED, "2026-10-15T12:30:59.999+0000", True),
    ("Launched = '2026-10-15 14:30'", LAUNCHED, "2026-10-15T12:31:00.000+0000", False),
    ("Launched = '2026-10-15 14:30'", LAUNCHED, "2026-10-15T12:29:59.999+0000", False),
    ("Launched = '2026-10-15 14:30'", LAUNCHED, "2026-10-15T12:30:00", True),
    ("Launched > '2026-10-15 14:30'", LAUNCHED, "2026-10-15T12:30:00.000+0000", False),
    ("Launched > '2026-10-15 14:30'", LAUNCHED, "2026-10-15T12:30:00.001+0000", True),
    ("Launched >= '2026-10-15 14:30'", LAUNCHED, "2026-10-15T12:30:00.000+0000", True),
    ("Launched < '2026-10-15 14:30'", LAUNCHED, "2026-10-15T12:29:59.999+0000", True),
    ("Launched <= '2026-10-15 14:30'", LAUNCHED, "2026-10-15T12:30:00.001+0000", False),
    ("Launched > '2026-10-15 14:30'", LAUNCHED, "soon", False),
    ("Launched > '2026-10-15 14:30'", LAUNCHED, None, False),
    ("cf[10019] = 5", ANY, 5, True),
    ("cf[10019] = 5", ANY, 5.0, True),
    ("cf[10019] = 5", ANY, "5", True),
    ("cf[10019] = 5.0", ANY, "5", False),
    ("cf[10019] = 5", ANY, True, False),
    ("cf[10019] in (5, x1)", ANY, "X1", True),
    ("cf[10019] in (5, x1)", ANY, 5.0, True),
    ("cf[10019] in (5, x1)", ANY, 6, False),
    ("cf[10019] != 5", ANY, 6, True),
    ("cf[10019] ~ harbour", ANY, "the harbour", True),
    ("cf[10019] > startOfYear()", ANY, "2026-10-01", True),
    ("cf[10019] > startOfYear()", ANY, "2025-10-01", False),
    ("cf[10019] > -1w", ANY, "2026-11-20", True),
    ("cf[10019] > -1w", ANY, "2026-11-10", False),
    ("cf[10019] = CORE-9", ANY, "PLAT-9", False),
]


@pytest.mark.parametrize(("jql", "field", "raw", "matches"), RAW)
def test_a_raw_value(
    jql: str, field: str, raw: object, matches: bool, an_issue: Build, site: Catalogue, moment: Moment
) -> None:
    issue = an_issue(fields={field: raw})
    assert compile_selector(jql, site).matches(issue, moment) is matches


ADA = User("acc-1", "Ada Moreau", "ada@example.org")
CY = User("acc-3", "Cy Young", None)
UTC_NOON = datetime(2026, 10, 1, 12, 0, tzinfo=UTC)
FACTS: list[tuple[str, dict[str, Any], bool]] = [
    ("key = PLAT-1", {"key": "PLAT-1"}, True),
    ("key = PLAT-1", {"key": "PLAT-10"}, False),
    ("key in (5001, PLAT-9)", {}, True),
    ("key in (5002, PLAT-1)", {}, True),
    ("key in (5002, PLAT-9)", {}, False),
    ("key > PLAT-1", {"key": "PLAT-1"}, False),
    ("key > PLAT-1", {"key": "PLAT-2"}, True),
    ("key >= PLAT-1", {"key": "PLAT-1"}, True),
    ("key < plat-2", {"key": "PLAT-1"}, True),
    ("key < CORE-2", {"key": "PLAT-1"}, False),
    ("key < PLAT-2", {"key": "MOVED-1"}, True),  # of the project, whatever its key is by now
    ("key < NOVA-2", {"key": "NOVA-1"}, True),
    ("key < NOVA-2", {"key": "NOVA-x"}, False),
    ("id < 5002", {"id": "5001"}, True),
    ("id < 5001", {"id": "5001"}, False),
    ("id < 5002", {"id": "x5001"}, False),
    ("id >= 5001", {"id": "5001"}, True),
    ("parent = 4001", {"parent_id": "4001"}, True),
    ("parent = 4001", {"parent_id": None}, False),
    ("parent = PLAT-90", {"parent_id": "4001", "fields": {"parent": {"key": "plat-90"}}}, True),
    ("parent = PLAT-90", {"parent_id": "4001", "fields": {"parent": {"key": "PLAT-91"}}}, False),
    ("parent = PLAT-90", {"parent_id": "4001", "fields": {"parent": "PLAT-90"}}, False),
    ("parent = PLAT-90", {"parent_id": "4001", "fields": {"parent": {"key": 90}}}, False),
    ("parent in (4001, PLAT-90)", {"parent_id": "4001"}, True),
    ("parent in (4002, PLAT-90)", {"parent_id": "4001"}, False),
    ("parent is EMPTY", {"parent_id": None}, True),
    ("parent is EMPTY", {"parent_id": "4001"}, False),
    ("assignee = acc-1", {"assignee": ADA}, True),
    ("assignee = 'ada MOREAU'", {"assignee": ADA}, True),
    ("assignee = 'Ada@Example.org'", {"assignee": ADA}, True),
    ("assignee = 'ada@example.org'", {"assignee": CY}, False),
    ("assignee = acc-1", {"assignee": None}, False),
    ("assignee != acc-1", {"assignee": None}, False),
    ("assignee != acc-1", {"assignee": CY}, True),
    ("assignee = currentUser()", {"assignee": ADA}, True),
    ("assignee = currentUser()", {"assignee": CY}, False),
    ("assignee in (acc-3, currentUser())", {"assignee": CY}, True),
    ("assignee in (acc-4, currentUser())", {"assignee": CY}, False),
    ("reporter = acc-1", {"reporter": ADA, "assignee": CY}, True),
    ("creator = acc-1", {"creator": ADA, "reporter": CY}, True),
    ("creator = acc-1", {"creator": CY, "reporter": ADA}, False),
    ("labels = okr", {"labels": ("okr",)}, True),
    ("labels = okr", {"labels": ("x", "OKR")}, True),
    ("labels = okr", {"labels": ()}, False),
    ("labels in (a1, okr)", {"labels": ("x", "okr")}, True),
    ("labels in (a1, b1)", {"labels": ("x", "okr")}, False),
    ("labels in (EMPTY, a1)", {"labels": ()}, True),
    ("labels != okr", {"labels": ()}, False),
    ("labels != okr", {"labels": ("x",)}, True),
    ("component = Web", {"components": (JiraValue("31", "Web"),)}, True),
    ("component = 31", {"components": (JiraValue("30", "x"), JiraValue("31", "Web"))}, True),
    ("component = 32", {"components": (JiraValue("31", "Web"),)}, False),
    ("component = Web", {"components": ()}, False),
    ("component != Web", {"components": ()}, False),
    ("component is EMPTY", {"components": ()}, True),
    ("fixVersion = 2.0", {"fix_versions": (JiraValue("41", "2.0"),)}, True),
    ("fixVersion = 2.0", {"affects_versions": (JiraValue("41", "2.0"),)}, False),
    ("affectedVersion = 2.0", {"affects_versions": (JiraValue("41", "2.0"),)}, True),
    ("affectedVersion = 2.0", {"fix_versions": (JiraValue("41", "2.0"),)}, False),
    ("resolution = Fixed", {"resolution": JiraValue("71", "Fixed")}, True),
    ("resolution = Fixed", {"resolution": JiraValue("72", "Fixed")}, False),
    ("resolution = Fixed", {"resolution": None}, False),
    ("resolution = Unresolved", {"resolution": None}, True),
    ("resolution = UNRESOLVED", {"resolution": JiraValue("71", "Fixed")}, False),
    ("resolution in (Unresolved, Fixed)", {"resolution": JiraValue("71", "Fixed")}, True),
    ("resolution in (Unresolved, Fixed)", {"resolution": JiraValue("72", "Won't Do")}, False),
    ("resolution != Unresolved", {"resolution": JiraValue("71", "Fixed")}, True),
    ("resolution not in (Unresolved, Fixed)", {"resolution": JiraValue("72", "Won't Do")}, True),
    ("priority = High", {"priority": JiraValue("82", "High")}, True),
    ("priority < High", {"priority": JiraValue("83", "Medium")}, True),
    ("priority < High", {"priority": JiraValue("82", "High")}, False),
    ("priority < High", {"priority": JiraValue("81", "Highest")}, False),
    ("priority <= High", {"priority": JiraValue("83", "Medium")}, True),
    ("priority <= High", {"priority": JiraValue("81", "Highest")}, False),
    ("priority > High", {"priority": JiraValue("81", "Highest")}, True),
    ("priority > High", {"priority": JiraValue("83", "Medium")}, False),
    ("priority >= High", {"priority": JiraValue("82", "High")}, True),
    ("priority >= High", {"priority": JiraValue("83", "Medium")}, False),
    ("priority >= 82", {"priority": JiraValue("81", "Highest")}, True),
    ("priority > Low", {"priority": None}, False),
    ("NOT priority > High", {"priority": JiraValue("82", "High")}, True),
    ("type = Story", {"type": IssueType("1", "Story")}, True),
    ("type = Story", {"type": IssueType("2", "Story")}, False),
    ("type in (Story, Saga)", {"type": IssueType("9", "saga")}, True),
    ("type in (Story, Saga)", {"type": IssueType("1", "Story")}, True),
    ("type in (Story, Saga)", {"type": IssueType("2", "Bug")}, False),
    ("type in subtaskIssueTypes()", {"type": IssueType("7", "Sub-task", -1)}, True),
    ("type in subtaskIssueTypes()", {"type": IssueType("1", "Story", 0)}, False),
    ("type in standardIssueTypes()", {"type": IssueType("1", "Story", 0)}, True),
    ("type in standardIssueTypes()", {"type": IssueType("3", "Epic", 1)}, True),
    ("type in standardIssueTypes()", {"type": IssueType("7", "Sub-task", -1)}, False),
    ("type in (subtaskIssueTypes(), Story)", {"type": IssueType("1", "Story", 0)}, True),
    ("type in (subtaskIssueTypes(), Story)", {"type": IssueType("2", "Bug", 0)}, False),
    ("type in (subtaskIssueTypes(), standardIssueTypes())", {"type": IssueType("2", "Bug", 0)}, True),
    ("status in (Done, Shipped)", {"status": Status("13", "Fin", "done")}, True),
    ("status in (Done, Shipped)", {"status": Status("19", "shipped", "done")}, True),
    ("status in (Done, Shipped)", {"status": Status("12", "In Progress", "done")}, False),
    ("statusCategory = Undefined", {"status": Status("19", "x", None)}, True),
    ("statusCategory = 'No Category'", {"status": Status("19", "x", None)}, True),
    ("statusCategory = 1", {"status": Status("19", "x", "new")}, False),
    ("statusCategory = Complete", {"status": Status("19", "x", "done")}, True),
    ("statusCategory = 3", {"status": Status("19", "x", "done")}, True),
    ("statusCategory = 4", {"status": Status("19", "x", "indeterminate")}, True),
    ("statusCategory = 'in progress'", {"status": Status("19", "x", "indeterminate")}, True),
    ("statusCategory = indeterminate", {"status": Status("19", "x", "done")}, False),
    ("statusCategory in (2, 'Done')", {"status": Status("19", "x", "new")}, True),
    ("project in (PLAT, NOVA)", {"project": Project("300", "NOVA", "Nova")}, True),
    ("project in (PLAT, NOVA)", {"project": Project("100", "OLD", "Old")}, True),
    ("project in (PLAT, NOVA)", {"project": Project("300", "OLD", "nova")}, True),
    ("project in (PLAT, NOVA)", {"project": Project("300", "OLD", "Old")}, False),
    ("created = '2026-10-01 14:00'", {"created": UTC_NOON}, True),
    ("created = '2026-10-01 14:00'", {"created": UTC_NOON + timedelta(seconds=59)}, True),
    ("created = '2026-10-01 14:00'", {"created": UTC_NOON + timedelta(minutes=1)}, False),
    ("created = '2026-10-01 14:00'", {"created": UTC_NOON - timedelta(seconds=1)}, False),
    ("created in ('2026-10-01 13:00', '2026-10-01 14:00')", {"created": UTC_NOON}, True),
    ("created in ('2026-10-01 13:00', '2026-10-01 15:00')", {"created": UTC_NOON}, False),
    ("created = now()", {"created": datetime(2026, 11, 22, 17, 30, 59, tzinfo=UTC)}, True),
    ("created = now()", {"created": datetime(2026, 11, 22, 17, 31, tzinfo=UTC)}, False),
    ("updated > '2026-10-01 14:00'", {"updated": UTC_NOON}, False),
    ("updated > '2026-10-01 14:00'", {"updated": UTC_NOON, "created": UTC_NOON + timedelta(1)}, False),
    ("updated >= '2026-10-01 14:00'", {"updated": UTC_NOON}, True),
    ("resolved = '2026-10-01 14:00'", {"resolved": UTC_NOON}, True),
    ("resolved = '2026-10-01 14:00'", {"resolved": None}, False),
    ("resolved < '2026-10-01 14:01'", {"resolved": UTC_NOON}, True),
    ("statusCategoryChangedDate = '2026-10-01 14:00'", {"status_changed": UTC_NOON}, True),
    ("due = 2026-10-01", {"due": date(2026, 10, 1)}, True),
    ("due = 2026-10-01", {"due": None}, False),
    ("due != 2026-10-01", {"due": date(2026, 10, 2)}, True),
    ("due > 2026-10-01", {"due": date(2026, 10, 1)}, False),
    ("due >= 2026-10-01", {"due": date(2026, 10, 1)}, True),
    ("due < 2026-10-01", {"due": None}, False),
    ("due in (2026-10-01, 2026-10-03)", {"due": date(2026, 10, 3)}, True),
    ("due in (2026-10-01, 2026-10-03)", {"due": date(2026, 10, 2)}, False),
    ("hierarchyLevel in (1, -1)", {"type": IssueType("3", "Epic", 1)}, True),
    ("hierarchyLevel in (1, -1)", {"type": IssueType("1", "Story", 0)}, False),
    ("issueLinkType is EMPTY", {"links": ()}, True),
    ("text ~ shop", {}, True),
    ("text ~ harbour", {"fields": {"environment": "a harbour"}}, True),
    ("text ~ harbour", {"fields": {"description": "a harbour"}}, True),
    ("text ~ 'shop harbour'", {"fields": {"customfield_10012": "a harbour"}}, True),
    ("text ~ harbour", {"fields": {"customfield_10019": "a harbour"}}, False),
    ("summary ~ 'log in page'", {}, True),
    ("summary ~ 'mend*'", {}, True),
    ("summary ~ 'men?'", {}, True),
    ("summary ~ 'me?'", {}, False),
    ("summary ~ 'men* shop'", {}, True),
    ("summary ~ 'men* harbour'", {}, False),
    ("summary ~ '\"the log in\" shop'", {}, True),
    ('summary ~ \'"the log" "of the shop"\'', {}, True),
    ('summary ~ \'"the log" "shop of"\'', {}, False),
    ("summary ~ '\"the shop\" mend'", {}, True),
    ("summary ~ '\"Mend the log-in page of the shop\"'", {}, True),
    ("summary ~ '\"Mend the log-in page of the shop now\"'", {}, False),
]


@pytest.mark.parametrize(("jql", "facts", "matches"), FACTS)
def test_a_fact_of_the_issue(
    jql: str, facts: dict[str, Any], matches: bool, an_issue: Build, site: Catalogue, moment: Moment
) -> None:
    assert compile_selector(jql, site).matches(an_issue(**facts), moment) is matches


SPANNED = Link("91", "Blocks", "is blocked by", "5002", outward=False)
BLOCKING = Link("91", "Blocks", "blocks", "5002", outward=True)
UNSURE = Link("91", "Blocks", "is blocked by", "5002")
FOREIGN = Link("95", "Clones", "is cloned by", "5002", outward=False)


@pytest.mark.parametrize(
    ("jql", "links", "matches"),
    [
        ("issueLinkType = Blocks", (SPANNED,), [True, True]),
        ("issueLinkType = 91", (BLOCKING,), [True, True]),
        ("issueLinkType = 'is blocked by'", (SPANNED,), [True, True]),
        ("issueLinkType = 'is blocked by'", (BLOCKING,), [False, False]),
        ("issueLinkType = 'IS BLOCKED BY'", (UNSURE,), [True, True]),
        ("issueLinkType = 'blocks'", (UNSURE,), [True, True]),  # the type is called so
        ("issueLinkType = Clones", (FOREIGN,), [True, True]),
        ("issueLinkType = 'is cloned by'", (FOREIGN,), [True, True]),
        ("issueLinkType = 95", (FOREIGN,), [False, True]),  # of what is listed in full nothing else is one
        ("issueLinkType = 95", (SPANNED,), [False, False]),
        ("issueLinkType = Blocks", (FOREIGN,), [False, False]),
        ("issueLinkType = Blocks", (FOREIGN, SPANNED), [True, True]),
        ("issueLinkType in (Clones, Blocks)", (FOREIGN,), [True, True]),
        ("issueLinkType in (Relates, Copies)", (FOREIGN, SPANNED), [False, False]),
        ("issueLinkType != Blocks", (FOREIGN,), [True, True]),
        ("issueLinkType != Blocks", (), [False, False]),
        ("issueLinkType = Blocks", (), [False, False]),
    ],
)
def test_a_link_with_and_without_what_the_site_knows(
    jql: str, links: tuple[Link, ...], matches: list[bool], an_issue: Build, site: Catalogue, moment: Moment
) -> None:
    issue = an_issue(links=links)
    found = [compile_selector(jql, one).matches(issue, moment) for one in (site, Catalogue())]
    assert found == matches


def test_people_that_the_site_knows_go_by_their_id(an_issue: Build, site: Catalogue, moment: Moment) -> None:
    known = replace(site, people=(ADA, replace(CY, email="cy@example.org")))
    other = User("acc-9", "Ada Moreau", "ada@example.org")
    for jql in ("assignee = 'ada moreau'", "assignee = 'ADA@example.org'", "assignee = acc-1"):
        selector = compile_selector(jql, known)
        found = [selector.matches(an_issue(assignee=one), moment) for one in (ADA, other, CY, None)]
        assert found == [True, False, False, False], jql
    unknown = compile_selector("assignee in ('Ada Moreau', 'Bo Lind')", known)
    assert unknown.matches(an_issue(assignee=User("acc-5", "bo lind", None)), moment)


SHAPES: list[tuple[object, list[str], list[JiraValue]]] = [
    # a raw value, the ids and names it goes by, and what it points at
    ("a", ["a"], []),
    (3, ["3"], []),
    (0, ["0"], []),
    (2.5, ["2.5"], []),
    (True, [], []),
    (False, [], []),
    (None, [], []),
    ([], [], []),
    ({}, [], []),
    (["a", 3, None, True], ["a", "3"], []),
    (RED, ["901", "Red"], [JiraValue("901", "Red")]),
    ({"id": 7}, ["7"], [JiraValue("7", "")]),
    ({"value": "Red"}, ["Red"], []),
    (CASCADE, ["950", "Warm", "951", "Orange"], [JiraValue("950", "Warm"), JiraValue("951", "Orange")]),
    (BO, ["acc-7", "Bo Lind", "bo@example.org"], [JiraValue("acc-7", "Bo Lind")]),
    ({"key": "PLAT", "name": "Platform"}, ["Platform", "PLAT"], [JiraValue("PLAT", "Platform")]),
    ({"id": "1", "accountId": "2", "key": "3", "name": "n"}, ["1", "n", "3", "2"], [JiraValue("1", "n")]),
    ({"id": "1", "value": 5, "name": "n"}, ["1", "5", "n"], [JiraValue("1", "n")]),
    ({"id": None, "value": ["x"], "name": {}}, [], []),
    (
        [RED, CASCADE],
        ["901", "Red", "950", "Warm", "951", "Orange"],
        [JiraValue("901", "Red"), JiraValue("950", "Warm"), JiraValue("951", "Orange")],
    ),
    ({"child": {"child": {"child": {"id": "4"}}}}, ["4"], [JiraValue("4", "")]),
    ({"child": {"child": {"child": {"child": {"id": "5"}}}}}, ["5"], [JiraValue("5", "")]),
    ({"child": {"child": {"child": {"child": {"child": {"id": "6"}}}}}}, [], []),
]


@pytest.mark.parametrize(("raw", "words", "choices"), SHAPES)
def test_what_stands_in_a_shape_that_nobody_knows(
    raw: object, words: list[str], choices: list[JiraValue]
) -> None:
    assert list(identities(raw)) == words
    assert list(choices_of(raw)) == choices


SPRINTS = Field("customfield_1", "Sprint", "array", "string", "com.pyxis.greenhopper.jira:gh-sprint")
ODD = Field("customfield_2", "Odd", "any")
CHOICE = Field("customfield_3", "Team", "team")
WORDS = Field("customfield_4", "Notes", "string", custom="com.example.fields:textarea")
NUMBER = Field("customfield_5", "Points", "number")
LAST = {"id": 266, "name": "Sprint 3", "state": "active", "boardId": 13}


@pytest.mark.parametrize(
    ("field", "raw", "said"),
    [
        (SPRINTS, "next", "'next' is no sprint that this version knows"),
        (SPRINTS, [LAST], ""),
        (SPRINTS, None, ""),
        (ODD, {"epic": 7}, "\"{'epic': 7}\" is nothing that this version can compare"),
        (ODD, [[True]], "'[[True]]' is nothing that this version can compare"),
        (ODD, {"id": 7}, ""),
        (ODD, ["a"], ""),
        (ODD, "anything", ""),
        (ODD, 5, ""),
        (ODD, {}, ""),
        (ODD, [], ""),
        (ODD, None, ""),
        (CHOICE, {"team": 7}, "\"{'team': 7}\" is nothing that this version can compare"),
        (CHOICE, {"name": "Blue"}, ""),
        (CHOICE, "Blue", ""),
        (WORDS, {"type": "doc", "content": ["x"]}, ""),
        (WORDS, ["x"], ""),
        (NUMBER, [5], "'[5]' is nothing that this version can compare"),
        (NUMBER, {"value": 5}, "\"{'value': 5}\" is nothing that this version can compare"),
        (NUMBER, "five", ""),
    ],
)
def test_a_shape_that_cannot_be_compared_says_so(field: Field, raw: object, said: str) -> None:
    assert refusal(field, raw) == said


def test_what_a_type_decodes_is_compared_and_not_what_stands_beside_it() -> None:
    assert list(choices_in(SPRINTS)([LAST])) == [JiraValue("266", "Sprint 3")]
    assert list(choices_in(SPRINTS)(None)) == []
    assert list(choices_in(ODD)([LAST])) == [JiraValue("266", "Sprint 3")]
    assert list(identities_of(SPRINTS)([LAST])) == ["266", "Sprint 3"]
    assert list(identities_of(SPRINTS)(None)) == []
    assert list(identities_of(ODD)(LAST)) == ["266", "Sprint 3"]


def test_what_is_long_is_cut_where_it_is_quoted() -> None:
    assert quote("a" * 60) == '"' + "a" * 60 + '"'
    assert quote("a" * 61) == '"' + "a" * 60 + '"'
    assert raw_text("b" * 80) == repr("b" * 80)
    assert raw_text("b" * 81) == repr("b" * 80)
    assert raw_text({"a": 1}) == "\"{'a': 1}\""


def test_an_instant_is_computed_once_for_each_moment(moment: Moment) -> None:
    asked: list[Moment] = []

    def instant(at: Moment) -> datetime:
        asked.append(at)
        return at.now

    at, later = remember_instant(instant), replace(moment, now=moment.now + timedelta(days=1))
    assert [at(moment), at(moment), at(later), at(later)] == [moment.now, moment.now, later.now, later.now]
    assert asked == [moment, later]
    assert at(replace(moment)) == moment.now
    assert len(asked) == 3


def test_a_table_of_words_forgets_all_once_it_is_full() -> None:
    table = NameTable(["Red", "blue"])
    assert [table[word] for word in ("Red", "RED", "red", "Blue", "green", "GREEN")] == [True] * 4 + [
        False
    ] * 2
    assert table.yes == {"Red", "blue", "RED", "red", "Blue"}
    assert table.no == {"green", "GREEN"}
    for number in range(MOST_REMEMBERED - len(table)):
        assert table[f"other {number}"] is False
    assert (len(table), len(table.no)) == (4_096, 4_092)
    assert table["Red"] is True
    assert len(table) == 4_096
    assert table["one more"] is False
    assert (dict(table), table.yes, table.no) == ({"one more": False}, set(), {"one more"})
    assert (table["Red"], table["blue"], table["green"]) == (True, True, False)


NOW = datetime(2026, 11, 22, 17, 30, 20, tzinfo=UTC)
BOUNDS = [
    # the farthest that is taken, and what is too far
    ("created > -36525d", "created > -36526d"),
    ("created > startOfDay('100y')", "created > startOfDay('101y')"),
    ("created > startOfDay('1200M')", "created > startOfDay('1201M')"),
    ("created > startOfDay('5200w')", "created > startOfDay('5201w')"),
    ("created > startOfDay('36500d')", "created > startOfDay('36501d')"),
    ("created > startOfDay('36500')", "created > startOfDay('36501')"),
    ("created > startOfDay('876000h')", "created > startOfDay('876001h')"),
    ("created > startOfDay('999999m')", "created > startOfDay('1000000m')"),
    ("created > startOfMonth(1200)", "created > startOfMonth(1201)"),
    ("created > 1000-01-01", "created > 0999-12-31"),
    ("created > 9998-12-31", "created > 9999-01-01"),
    ("created > 12345678901", "created > 1234567890"),
    ("created > 12345678901234", "created > 123456789012345"),
    ("created > '2026-10-01 23:59'", "created > '2026-10-01 24:00'"),
    ("created > 2026-12-31", "created > 2026-13-01"),
    ("created > 2028-02-29", "created > 2027-02-29"),
    ("created > '2026/10/01'", "created > '2026/10-01'"),
    ("'Story points' > 1e3", "'Story points' > 1e"),
    ("ORDER BY key, key, key, key, key, key, status", "ORDER BY key, key, key, key, key, key, status, type"),
    ("originalEstimate > 999999999h", "originalEstimate > 1000000000h"),
]


@pytest.mark.parametrize(("taken", "refused"), BOUNDS)
def test_the_last_that_is_taken_and_the_first_that_is_refused(
    taken: str, refused: str, site: Catalogue
) -> None:
    assert check(taken, site) == ()
    assert len(check(refused, site)) == 1


ORDER = [
    ("project, key", "a1 a2 b3"),
    ("project DESC, key", "b3 a1 a2"),
    ("key DESC", "b3 a2 a1"),
    ("type, key DESC", "a2 a1 b3"),
    ("hierarchyLevel DESC, key", "b3 a1 a2"),
    ("statusCategory, key", "b3 a2 a1"),
    ("resolution, key", "a2 b3 a1"),
    ("parent, key", "b3 a1 a2"),
    ("labels, key", "b3 a1 a2"),
    ("component, key", "a2 a1 b3"),
    ("fixVersion, key", "a1 a2 b3"),
    ("affectedVersion, key DESC", "b3 a2 a1"),
    ("assignee, key", "a2 a1 b3"),
    ("reporter, key", "a1 a2 b3"),
    ("created, key", "a2 a1 b3"),
    ("updated DESC, key", "a1 a2 b3"),
    ("due DESC, key", "a2 b3 a1"),
    ("resolved, key", "a2 a1 b3"),
    ("timeSpent, key", "b3 a1 a2"),
    ("summary, key", "b3 a1 a2"),
    ("description, key", "b3 a2 a1"),
    ('"Story points" DESC, key', "b3 a2 a1"),
    ('"Story points", key', "a1 a2 b3"),
    ("Colour, key", "b3 a1 a2"),
    ("cf[10019], key", "a2 a1 b3"),
    ("'Start day', key", "b3 a2 a1"),
    ("Launched, key", "a2 a1 b3"),
    ("issueLinkType, key", "a1 a2 b3"),
    ("nosuch, key DESC", "b3 a2 a1"),
]


@pytest.mark.parametrize(("order", "expected"), ORDER)
def test_what_each_field_is_sorted_by(order: str, expected: str, an_issue: Build, site: Catalogue) -> None:
    day = timedelta(days=1)
    one = an_issue(
        key="AA-1",
        project=Project("7", "AA", "Z"),
        type=IssueType("1", "Story"),
        status=Status("1", "A", "new"),
        resolution=None,
        parent_id="5",
        labels=("m",),
        components=(JiraValue("1", "B"), JiraValue("2", "c")),
        assignee=User("9", "bo", None),
        reporter=User("1", "Ada", None),
        created=UTC_NOON,
        updated=UTC_NOON + day,
        due=date(2026, 1, 1),
        resolved=UTC_NOON,
        summary="b",
        fields={
            POINTS: 2,
            COLOUR: {"value": "b"},
            ANY: "9",
            LAUNCHED: "2026-10-02T00:00:00.000+0000",
            "timespent": 60,
        },
    )
    two = an_issue(
        key="AA-2",
        project=Project("7", "AA", "Z"),
        type=IssueType("1", "Story"),
        status=Status("1", "A", "indeterminate"),
        resolution=JiraValue("1", "a"),
        parent_id=None,
        labels=(),
        components=(JiraValue("1", "z"), JiraValue("2", "A")),
        assignee=User("1", "Al", None),
        reporter=User("1", "bo", None),
        created=UTC_NOON - day,
        updated=UTC_NOON,
        due=None,
        resolved=UTC_NOON - day,
        summary="b",
        fields={
            POINTS: 10,
            ANY: 30,
            "description": "Y",
            START: "2026-02-01",
            LAUNCHED: "2026-10-01T00:00:00.000+0000",
        },
    )
    three = an_issue(
        key="BB-3",
        project=Project("8", "BB", "A"),
        type=IssueType("3", "Zeal", 1),
        status=Status("1", "A", "done"),
        resolution=JiraValue("1", "B"),
        parent_id="4",
        labels=("z", "B"),
        components=(),
        assignee=None,
        reporter=User("1", "Cy", None),
        created=UTC_NOON + day,
        updated=UTC_NOON - day,
        due=date(2026, 1, 2),
        summary="a",
        fields={COLOUR: {"value": "A"}, "description": "X", START: "2026-01-01", "timespent": 30},
    )
    names = {"AA-1": "a1", "AA-2": "a2", "BB-3": "b3"}
    ordered = sorted([three, two, one], key=sort_key(parse(f"ORDER BY {order}"), site))
    assert " ".join(names[issue.key] for issue in ordered) == expected
