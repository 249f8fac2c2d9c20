"""A site of invented names, and a builder of issues on it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from mappings.facts.catalogue import Catalogue, Field, LinkType
from mappings.facts.issue import Issue, IssueType, JiraValue, Project, Status
from mappings.facts.moment import Moment
from mappings.jql import compile_selector

CUSTOM = "com.example.fields:"
PLAT = Project("100", "PLAT", "Platform")
STORY, BUG, EPIC = IssueType("1", "Story"), IssueType("2", "Bug"), IssueType("3", "Epic", 1)
TO_DO = Status("11", "To Do", "new")
SITE = Catalogue(
    fields=(
        Field("status", "Status", "status", clause_names=("status",)),
        Field("fixVersions", "Fix versions", "array", "version", clause_names=("fixVersion",)),
        Field("timespent", "Time Spent", "number", clause_names=("timespent",)),
        Field("customfield_10010", "Story points", "number"),
        Field(
            "customfield_10011",
            "Colour",
            "option",
            options=(JiraValue("901", "Red"), JiraValue("902", "Dark Blue")),
        ),
        Field("customfield_10012", "Notes", "string", custom=f"{CUSTOM}textarea"),
        Field("customfield_10013", "Start day", "date"),
        Field("customfield_10014", "Launched", "datetime"),
        Field("customfield_10015", "Owners", "array", "user"),
        Field("customfield_10016", "Severity", "option", project_ids=("100",)),
        Field("customfield_10017", "Severity", "option", project_ids=("200",)),
        Field("customfield_10018", "Topics", "array", "string"),
        Field("customfield_10019", "Epic Link", "any"),
        Field("customfield_10020", "Tide", "option-with-child"),
    ),
    statuses=(TO_DO, Status("12", "In Progress", "indeterminate"), Status("13", "Done", "done")),
    issue_types=(STORY, BUG, EPIC),
    projects=(PLAT, Project("200", "CORE", "Core Services")),
    resolutions=(JiraValue("71", "Fixed"), JiraValue("72", "Won't Do")),
    priorities=(
        JiraValue("81", "Highest"),
        JiraValue("82", "High"),
        JiraValue("83", "Medium"),
        JiraValue("84", "Low"),
    ),
    link_types=(LinkType("91", "Blocks", "is blocked by", "blocks"),),
)


@pytest.fixture
def site() -> Catalogue:
    return SITE


@pytest.fixture
def moment() -> Moment:
    """A Sunday in November, early evening in Rome."""
    return Moment(datetime(2026, 11, 22, 17, 30, 20, tzinfo=UTC), ZoneInfo("Europe/Rome"), "acc-1")


@pytest.fixture
def an_issue() -> Callable[..., Issue]:
    def build(**facts: object) -> Issue:
        plain: dict[str, object] = {
            "id": "5001",
            "key": "PLAT-1",
            "project": PLAT,
            "type": STORY,
            "status": TO_DO,
            "created": datetime(2026, 10, 1, 10, 30, 45, tzinfo=UTC),
            "updated": datetime(2026, 11, 20, 8, 0, tzinfo=UTC),
            "summary": "Mend the log-in page of the shop",
        }
        return Issue(**(plain | facts))  # type: ignore[arg-type]

    return build


@pytest.fixture
def holds(moment: Moment) -> Callable[..., bool]:
    """Whether a JQL matches an issue, on the site of this file unless another catalogue is given."""

    def ask(jql: str, issue: Issue, catalogue: Catalogue = SITE, at: Moment = moment) -> bool:
        return compile_selector(jql, catalogue).matches(issue, at)

    return ask
