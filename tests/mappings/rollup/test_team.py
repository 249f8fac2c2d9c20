"""Who an objective belongs to, by what its field or its project says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mappings.document.mapping import TeamRule
from mappings.document.schema import ObjectivePart
from mappings.facts.catalogue import Field
from mappings.facts.issue import JiraValue, Project
from mappings.rollup.team import team_of

PART = ObjectivePart(id="o", select="all")
SELECT = Field("squad", "Squad", "option")
NAMES = {"10023": "Platform", "gro": "Growth", "labelled": "By label", "acc-1": "Adas"}


@pytest.mark.parametrize(
    ("field", "raw", "team"),
    [
        (SELECT, {"id": "10023", "value": "plat"}, "Platform"),
        (SELECT, {"id": "7", "value": "GRO"}, "Growth"),
        (SELECT, {"id": "7", "value": "Core"}, "Core"),
        (SELECT, None, None),
        (Field("squad", "Squads", "array", items="option"), [{"id": "7", "value": "Gro"}, {"id": "10023", "value": "plat"}], "Growth"),
        (Field("squad", "Squads", "array", items="option"), [], None),
        (Field("squad", "Words", "array", custom="com.atlassian.jira.plugin.system.customfieldtypes:labels", items="string"), ["alpha", "labelled"], "By label"),
        (Field("squad", "Lead", "user"), {"accountId": "acc-1", "displayName": "Ada"}, "Adas"),
        (Field("squad", "Lead", "user"), {"accountId": "acc-2", "displayName": "Bob"}, "Bob"),
        (Field("squad", "Text", "string", custom="com.atlassian.jira.plugin.system.customfieldtypes:textfield"), "gro", "Growth"),
        (Field("squad", "Team", "team", custom="com.atlassian.teams:rm-teams-custom-field-team"), {"id": "10023", "name": "Plat"}, "Platform"),
        (Field("squad", "Team", "team", custom="com.atlassian.teams:rm-teams-custom-field-team"), {"id": "9", "name": "Core"}, "Core"),
    ],
)  # fmt: skip
def test_a_field_says_the_team(a_mapping, an_issue, field, raw, team):
    bound = replace(a_mapping(), team=TeamRule(field, NAMES))
    assert team_of(bound, PART, an_issue(1, squad=raw)) == team


@pytest.mark.parametrize(
    ("raw", "team"),
    [
        ({"id": "1", "value": "Gold"}, "The gold team"),
        ({"id": "1", "value": "Platinum"}, "The gold team"),
        ({"id": "3", "value": "Gold"}, "The gold team"),
        ({"id": "2", "value": "Gold"}, "Gold"),
    ],
)
def test_an_option_of_another_context_names_the_same_team(a_mapping, an_issue, raw, team):
    """Of what is known the id decides: option 2 was called Silver when the names were bound."""
    field = replace(SELECT, options=(JiraValue("1", "Gold"), JiraValue("2", "Silver")))
    rule = TeamRule(field, {"1": "The gold team", "gold": "The gold team"})
    assert team_of(replace(a_mapping(), team=rule), PART, an_issue(1, squad=raw)) == team


@pytest.mark.parametrize(
    ("names", "team"),
    [
        ({}, "PLAT"),
        ({"PLAT": "As no site knows it"}, "As no site knows it"),
        ({"100": "Platform", "PLAT": "Its former key"}, "Platform"),
        ({"200": "Another"}, "PLAT"),
    ],
)
def test_the_project_is_the_team(a_mapping, an_issue, names, team):
    one = replace(an_issue(1), project=Project("100", "PLAT", "Platform engineering"))
    assert team_of(replace(a_mapping(), team=TeamRule(None, names)), PART, one) == team


def test_without_a_rule_only_what_is_written_has_a_team(a_mapping, an_issue):
    bound = a_mapping()
    assert team_of(bound, PART, an_issue(1)) is None
    written = ObjectivePart(id="w", title="Stay", team="The company")
    assert team_of(bound, written, None) == "The company"
    assert team_of(replace(bound, team=TeamRule(None, {})), ObjectivePart(id="w", title="Stay"), None) is None


def test_the_state_of_an_objective_names_its_team(a_mapping, an_issue, objective, stand):
    rule = TeamRule(SELECT, NAMES)
    bound = replace(a_mapping(objective(select="type = Epic")), team=rule)
    found = stand(
        bound, [an_issue(1, type="Epic", squad={"id": "10023", "value": "x"}), an_issue(2, type="Epic")]
    )
    assert {id_: state.team for id_, state in found.items()} == {"1": "Platform", "2": None}
