"""Which field an entry of a history tells of: by what the site has, whatever its fields are called."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from connectors.jira import BasicCredentials, BearerCredentials, Jira, JiraAddress, connect
from connectors.jira.read.changelog import ChangeHistory, WireHistory, WireItem
from connectors.jira.wire.changed_field import EPIC_LINK, PARENT_LINK, ChangedFields
from connectors.sandbox import CONNECTOR, SandboxServer
from connectors.sandbox.site_state import scheme
from connectors.sandbox.site_state.scheme import FieldDef
from mappings.explain.past import PastIssues
from mappings.facts.catalogue import Field

TEXT = "com.atlassian.jira.plugin.system.customfieldtypes:textfield"
SITE = ChangedFields(
    [
        Field("parent", "Parent"),
        Field("status", "Status"),
        Field("issuekey", "Key"),
        Field("customfield_1", "Parent", custom=TEXT),
        Field("customfield_2", "Component", custom=TEXT),
        Field("customfield_3", "Epos-Verknüpfung", custom=EPIC_LINK),
        Field("customfield_4", "Epic Link", custom=TEXT),
        Field("customfield_5", "Score"),
        Field("customfield_6", "Points", custom=TEXT),
        Field("customfield_7", "points", custom=TEXT),
        Field("customfield_8", "Above", custom=TEXT),
        Field("customfield_9", "Above", custom=PARENT_LINK),
        Field("customfield_10", "Link", custom=TEXT),
        Field("issuelinks", "Linked Issues"),
    ]
)


@pytest.mark.parametrize(
    ("name", "field_id", "kind", "told"),
    [
        ("IssueParentAssociation", None, "jira", "parent"),
        ("IssueParentAssociation", None, None, "parent"),
        ("Parent", None, "jira", "parent"),
        ("Parent Issue", None, "jira", "parent"),
        ("Parent", "parent", "jira", "parent"),
        ("Parent", None, "custom", "customfield_1"),
        ("Parent", "customfield_1", "custom", "customfield_1"),
        ("Parent", None, None, "parent customfield_1"),
        ("Component", None, "jira", "components"),
        ("Component", None, "custom", "customfield_2"),
        ("Epos-Verknüpfung", None, "custom", "parent"),
        ("Epic Link", "customfield_3", "custom", "parent"),
        ("Epic Link", None, "custom", "customfield_4"),
        ("Epic Link", "customfield_4", "custom", "customfield_4"),
        ("Epic Link", "customfield_99", "custom", "customfield_99"),
        ("Parent Link", "customfield_99", "custom", "parent"),
        ("Parent Link", "customfield_7", "custom", "customfield_7"),
        ("Parent Link", None, "custom", "parent"),
        ("Parent Link", None, "jira", "Parent Link"),
        ("Above", None, "custom", "customfield_8 parent"),
        ("Link", None, "jira", "issuelinks"),
        ("Link", "Link", "jira", "issuelinks"),
        ("Link", None, "custom", "customfield_10"),
        ("Link", "customfield_10", "custom", "customfield_10"),
        ("Key", None, "jira", "issuekey"),
        ("Fix Version", None, None, "fixVersions"),
        ("Status", None, "jira", "status"),
        ("status", None, None, "status"),
        ("Score", None, "custom", "customfield_5"),
        ("Score", None, None, "customfield_5"),
        ("POINTS", None, "custom", "customfield_6 customfield_7"),
        ("Points", "customfield_7", "custom", "customfield_7"),
        ("Deleted long ago", None, "custom", ""),
    ],
)
def test_the_field_of_an_entry(name: str, field_id: str | None, kind: str | None, told: str) -> None:
    found = SITE.ids(name, field_id, kind)
    assert " ".join(sorted(found)) == " ".join(sorted(told.split())) or found == {told}


def test_an_entry_that_may_be_of_another_field_costs_the_history_of_its_issue() -> None:
    """Where neither field is asked for it is nobody's loss."""
    entry = WireHistory("2026-10-01T10:00:00.000+0000", "1", [WireItem("Points", None, "custom", "1", "4")])
    history, other = (ChangeHistory([wanted], SITE) for wanted in ("customfield_6", "customfield_5"))
    for one in (history, other):
        one.add("10001", [entry])
        one.add("10002", [])

    assert (history.steps(["10001", "10002"]), history.readings(["10001", "10002"])) == (
        {"10002": ()},
        {"10002": {}},
    )
    assert other.steps(["10001"]) == {"10001": ()}


@pytest.fixture(scope="module", params=["cloud", "datacenter"])
def server(request: pytest.FixtureRequest) -> Iterator[SandboxServer]:
    with SandboxServer(deployment=request.param) as running:
        yield running


@pytest.fixture
def jira(server: SandboxServer) -> Iterator[Jira]:
    cloud = server.sandbox.deployment == "cloud"
    signed = (
        BasicCredentials(CONNECTOR.email, CONNECTOR.token) if cloud else BearerCredentials(CONNECTOR.token)
    )
    made = connect(JiraAddress("main", server.url, signed), timeout=(2, 10))
    yield made
    made.close()


@pytest.mark.parametrize("level", [-1, 0, 1])
def test_a_text_field_that_is_called_parent_is_no_parent(
    server: SandboxServer, jira: Jira, level: int
) -> None:
    """It holds the key of another epic, as the parent does, and both change: each is undone by its own entries."""
    sandbox = server.sandbox
    field = FieldDef("customfield_10777", "Parent", "string", custom=TEXT)
    sandbox.fields[field.id] = field
    sandbox.name_anew()
    child = next(one for one in sandbox.records.values() if one.type.level == level and one.parent_id)
    former = sandbox.records[child.parent_id or ""]
    same = (one for one in sandbox.records.values() if one.type.level == former.type.level)
    other = next(
        one for one in same if one.id != former.id and (level > 0 or one.project.id == former.project.id)
    )
    begun = server.sandbox.clock()
    cloud = sandbox.deployment == "cloud"
    named = {-1: "parent", 0: scheme.EPIC_LINK, 1: scheme.PARENT_LINK}[level]
    above = {"parent": {"key": other.key}} if cloud or level < 0 else {named: other.key}
    jira.edit(child.id, {field.id: other.key})
    jira.edit(child.id, above)
    jira.edit(child.id, {field.id: former.key})

    steps = jira.steps([child.id], ["parent", field.id])
    issues = jira.read([child.id, former.id, other.id], [field.id]).issues
    catalogue = jira.catalogue()

    assert [step.field_id for step in steps[child.id]][-3:] == [field.id, "parent", field.id]
    now = {issue.id: issue for issue in issues}[child.id]
    assert (now.parent_id, now.fields[field.id]) == (other.id, former.key)
    past = {issue.id: issue for issue in PastIssues(issues, steps, catalogue).at(begun)}[child.id]
    assert (past.parent_id, past.fields.get(field.id)) == (former.id, None)


def test_two_fields_of_one_name_cost_data_center_the_history_where_one_was_changed(
    server: SandboxServer, jira: Jira
) -> None:
    """Cloud tells them apart by their ids; Data Center tells names alone, and neither is guessed."""
    points = server.sandbox.fields[scheme.POINTS]
    server.sandbox.fields["customfield_10778"] = replace(points, id="customfield_10778", clauses=())
    stories = [one for one in server.sandbox.records.values() if one.type.name == "Story"]
    changed = next(one for one in stories if points.covers(one.project.key))
    jira.edit(changed.id, {points.id: 21})
    jira.edit(changed.id, {"customfield_10778": 34})

    found = jira.readings([changed.id], [points.id])

    if server.sandbox.deployment == "cloud":
        assert found[changed.id][points.id][-1].value == 21
    else:
        assert changed.id not in found


def test_a_link_is_what_is_said_of_it_with_the_key_at_the_end() -> None:
    """Some languages put the key before the verb."""
    history = ChangeHistory(["issuelinks"], SITE)
    items = [
        WireItem("Link", None, "jira", None, "This issue blocks PLAT-2", None, "PLAT-2"),
        WireItem("Link", None, "jira", "Dieser Vorgang wird von PLAT-2 blockiert", None, "PLAT-2", None),
        WireItem("Link", None, "jira", None, None, None, "PLAT-3"),
    ]
    history.add("1", [WireHistory("2026-10-01T10:00:00.000+0000", "7", items)])
    assert [(one.before_id, one.before_text, one.after_id) for one in history.steps(["1"])["1"]] == [
        (None, None, "This issue blocks PLAT-2"),
        ("Dieser Vorgang wird von PLAT-2 blockiert PLAT-2", None, None),
        (None, None, " PLAT-3"),
    ]
