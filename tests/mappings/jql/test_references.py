"""Values are decoded once, by their field type, and JQL compares what was decoded: sprints, request types, assets, parents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from mappings.facts.catalogue import Catalogue, Field
from mappings.facts.issue import Issue, IssueType
from mappings.facts.moment import Moment
from mappings.jql import JqlError, check, compile_selector

SITE = Catalogue(
    fields=(
        Field("customfield_1", "Sprint", "array", "string", "com.pyxis.greenhopper.jira:gh-sprint"),
        Field(
            "customfield_2", "Request", "sd-customerrequesttype", custom="com.atlassian.servicedesk:vp-origin"
        ),
        Field(
            "customfield_3",
            "Server",
            "any",
            custom="com.riadalabs.jira.plugins.insight:rlabs-customfield-default-object",
        ),
        Field("customfield_4", "Parent Link", "any", custom="com.atlassian.jpo:jpo-custom-field-parent"),
    )
)
PRINTED = "com.pyxis.greenhopper.Sprint@3b6fb0ab[id=266,rapidViewId=13,state=ACTIVE,name=Sprint 3, the last]"
OBJECT = {"id": 266, "name": "Sprint 3, the last", "state": "active", "boardId": 13}
CLOSED = {"id": 265, "name": "Sprint 2", "state": "closed", "boardId": 13}
FUTURE = "com.pyxis.greenhopper.Sprint@3b6fb0ab[id=267,rapidViewId=13,state=FUTURE,name=Sprint 4]"
HOLLOW = {"hasEpicLinkFieldDependency": False, "showField": False, "nonEditableReason": {"reason": "X"}}


@pytest.mark.parametrize(
    ("jql", "field", "raw", "expected"),
    [
        ("Sprint = 266", "customfield_1", [PRINTED], True),
        ('Sprint = "sprint 3, the last"', "customfield_1", [PRINTED], True),
        ('Sprint = "sprint 3, the last"', "customfield_1", [OBJECT], True),
        ("Sprint = 13", "customfield_1", [OBJECT], False),
        ("Sprint = 265", "customfield_1", [PRINTED], False),
        ("Sprint in (265, 266)", "customfield_1", [PRINTED], True),
        ("Sprint != 265", "customfield_1", [PRINTED], True),
        ("Sprint in openSprints()", "customfield_1", [PRINTED], True),
        ("Sprint in openSprints()", "customfield_1", [OBJECT], True),
        ("Sprint in openSprints()", "customfield_1", [CLOSED], False),
        ("Sprint in openSprints()", "customfield_1", [CLOSED, OBJECT], True),
        ("Sprint in openSprints()", "customfield_1", None, False),
        ("Sprint not in openSprints()", "customfield_1", [CLOSED], True),
        ("Sprint not in openSprints()", "customfield_1", [OBJECT], False),
        ("Sprint not in openSprints()", "customfield_1", None, False),
        ("Sprint in closedSprints()", "customfield_1", [CLOSED], True),
        ("Sprint in closedSprints()", "customfield_1", [OBJECT], False),
        ("Sprint in futureSprints()", "customfield_1", [FUTURE], True),
        ("Sprint in futureSprints()", "customfield_1", [OBJECT], False),
        ("Sprint in (futureSprints(), 266)", "customfield_1", [OBJECT], True),
        ("Sprint in (futureSprints(), closedSprints())", "customfield_1", [CLOSED], True),
        ("Sprint is EMPTY", "customfield_1", [PRINTED], False),
        ("Sprint is EMPTY", "customfield_1", [], True),
        ("Request = 25", "customfield_2", {"requestType": {"id": "25", "name": "Get help"}}, True),
        ('Request = "get help"', "customfield_2", {"requestType": {"id": "25", "name": "Get help"}}, True),
        ('Request = "it/get-help"', "customfield_2", "it/get-help", True),
        ('Server = "ITSM-12"', "customfield_3", ["Mail server (ITSM-12)"], True),
        ('Server = "Mail server"', "customfield_3", ["Mail server (ITSM-12)"], True),
        ('"Parent Link" = "PLAT-1"', "customfield_4", {"data": {"id": 5, "key": "PLAT-1"}}, True),
        ('"Parent Link" = "PLAT-1"', "customfield_4", "PLAT-1", True),
        ('"Parent Link" is EMPTY', "customfield_4", HOLLOW, True),
        ('"Parent Link" is not EMPTY', "customfield_4", {"data": {"id": 5, "key": "PLAT-1"}}, True),
    ],
)
def test_what_was_decoded_is_compared(an_issue, moment, jql, field, raw, expected):
    assert compile_selector(jql, SITE).matches(an_issue(fields={field: raw}), moment) is expected


@pytest.mark.parametrize(
    ("jql", "said"),
    [
        ("Sprint in currentUser()", "currentUser\\(\\) gives no sprint but a person"),
        ("Sprint in now()", "now\\(\\) gives no sprint but a date"),
        ("Sprint in openSprints(1)", "openSprints\\(\\) takes no arguments"),
        ("Request in openSprints()", "openSprints"),
        ("status in openSprints()", "openSprints\\(\\) gives no status"),
        ("assignee in openSprints()", "openSprints\\(\\) gives no person but a sprint"),
        ("created > openSprints()", "openSprints\\(\\) gives no date but a sprint"),
    ],
)
def test_a_function_in_the_wrong_place_is_refused(jql: str, said: str) -> None:
    with pytest.raises(JqlError, match=said):
        compile_selector(jql, SITE)


ESTIMATE = "timeoriginalestimate"


@pytest.mark.parametrize(
    ("jql", "field", "seconds", "expected"),
    [
        ("originalEstimate = 2h", ESTIMATE, 7_200, True),
        ("originalEstimate = 120", ESTIMATE, 7_200, True),
        ("originalEstimate = 120m", ESTIMATE, 7_200, True),
        ('originalEstimate = "1h 30m"', ESTIMATE, 5_400, True),
        ("originalEstimate != 2h", ESTIMATE, 7_201, True),
        ("originalEstimate != 2h", ESTIMATE, None, False),
        ("originalEstimate in (1h, 2h)", ESTIMATE, 3_600, True),
        ("originalEstimate > 2h", ESTIMATE, 7_200, False),
        ("originalEstimate >= 2h", ESTIMATE, 7_200, True),
        ("originalEstimate < 2h", ESTIMATE, 7_199, True),
        ("originalEstimate <= 2h", ESTIMATE, None, False),
        ("originalEstimate is EMPTY", ESTIMATE, None, True),
        ("originalEstimate is EMPTY", ESTIMATE, 0, False),
        ("timeOriginalEstimate = 2h", ESTIMATE, 7_200, True),
        ("remainingEstimate = 1m", "timeestimate", 60, True),
        ("timeEstimate = 1m", "timeestimate", 60, True),
        ("timeSpent >= 1m", "timespent", 59, False),
    ],
)
def test_times_of_work_are_hours_and_minutes(
    an_issue: Callable[..., Issue], moment: Moment, jql: str, field: str, seconds: int | None, expected: bool
) -> None:
    selector = compile_selector(jql, SITE)
    assert selector.matches(an_issue(fields={field: seconds}), moment) is expected
    assert selector.fields == {field}


@pytest.mark.parametrize(
    ("jql", "level", "expected"),
    [
        ("hierarchyLevel = 1", 1, True),
        ("hierarchyLevel = 1", 0, False),
        ("hierarchyLevel != 1", -1, True),
        ("hierarchyLevel in (0, -1)", -1, True),
        ("hierarchyLevel > 0", 1, True),
        ("hierarchyLevel > 0", 0, False),
        ("hierarchyLevel <= -1", -1, True),
    ],
)
def test_levels_are_those_of_the_types(
    an_issue: Callable[..., Issue], moment: Moment, jql: str, level: int, expected: bool
) -> None:
    issue = an_issue(type=IssueType("7", "Some type", level))
    assert compile_selector(jql, SITE).matches(issue, moment) is expected


@pytest.mark.parametrize(
    ("jql", "code"),
    [
        ("originalEstimate > 1d", "not-a-duration"),
        ("originalEstimate > 1.5h", "not-a-duration"),
        ("originalEstimate > Monday", "not-a-duration"),
        ("originalEstimate > now()", "function-not-allowed"),
        ("hierarchyLevel = Epic", "not-a-number"),
        ("hierarchyLevel = 0.5", "not-a-number"),
        ("hierarchyLevel = now()", "function-not-allowed"),
    ],
)
def test_what_is_no_amount_is_refused(jql: str, code: str) -> None:
    with pytest.raises(JqlError, match=code):
        compile_selector(jql, SITE)


def test_a_level_that_no_type_has_is_warned_of() -> None:
    """Data Center tells of no level above 0: the condition would quietly be true of nothing."""
    site = replace(SITE, issue_types=(IssueType("1", "Story"), IssueType("2", "Sub-task", -1)))
    (told,) = check("hierarchyLevel = 1", site)
    assert (told.code, told.valid) == ("unknown-value", ("-1", "0"))


@pytest.mark.parametrize(
    ("jql", "ids"),
    [
        ("project = PLAT", {"100"}),
        ("project in (PLAT, 200) AND type = Bug", {"100", "200"}),
        ('type = Bug AND (project = "Core Services" AND project in (CORE, PLAT)) ORDER BY key', {"200"}),
        ("project = PLAT AND project = CORE", set()),
        ("project = PLAT OR type = Bug", None),
        ("NOT project = PLAT", None),
        ("project != PLAT AND type = Bug", None),
        ("type = Bug", None),
        ("ORDER BY key", None),
    ],
)
def test_where_a_jql_names_projects_it_selects_from_these_alone(jql, ids, site):
    """What cannot be read elsewhere silences no KPI of theirs."""
    assert compile_selector(jql, site).projects == (ids if ids is None else frozenset(ids))
