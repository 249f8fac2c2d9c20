"""Values are decoded once, by their field type, and JQL compares what was decoded: sprints, request types, assets, parents."""

from __future__ import annotations

import pytest

from mappings.facts.catalogue import Catalogue, Field
from mappings.jql import compile_selector

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
