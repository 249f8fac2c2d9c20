from __future__ import annotations

from dataclasses import replace

import pytest

from connectors.sandbox import PEOPLE, VIEWER
from connectors.sandbox.site_state.scheme import ContextDef
from mappings.facts.issue import JiraValue

DOC = {
    "type": "doc",
    "version": 1,
    "content": [{"type": "paragraph", "content": [{"type": "text", "text": "why"}]}],
}
PROGRESS, HEALTH, SUMMARY, NOTES = (
    "customfield_10060",
    "customfield_10061",
    "customfield_10062",
    "customfield_10063",
)


@pytest.fixture
def epic(server):
    return next(
        one
        for one in server.sandbox.records.values()
        if one.type.name == "Epic" and one.project.key == "CORE"
    )


@pytest.mark.parametrize(
    ("field", "value", "shown"),
    [
        (PROGRESS, 62.5, 62.5),
        (PROGRESS, 0, 0),
        (PROGRESS, None, None),
        (SUMMARY, "62 % of 100", "62 % of 100"),
        (NOTES, DOC, DOC),
        ("description", DOC, DOC),
        ("labels", ["okr", "okr", "x"], ["okr", "x"]),
        ("duedate", "2026-12-24", "2026-12-24"),
    ],
)
def test_a_good_value_is_kept(jira, epic, field, value, shown):
    assert jira.put(f"/issue/{epic.id}", {"fields": {field: value}}).status_code == 204
    assert jira.get(f"/issue/{epic.id}", fields=field)["fields"][field] == shown


@pytest.mark.parametrize("value", [{"value": "On track"}, {"id": "10101"}])
def test_an_option_is_set_by_value_or_id(jira, epic, value):
    jira.put(f"/issue/{epic.id}", {"fields": {HEALTH: value}})
    assert jira.get(f"/issue/{epic.id}", fields=HEALTH)["fields"][HEALTH]["value"] == "On track"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        (PROGRESS, "62", "must be a number"),
        (PROGRESS, True, "must be a number"),
        (HEALTH, {"value": "on track"}, "is not valid"),
        (HEALTH, "On track", "Specify a valid"),
        (SUMMARY, "x" * 256, "255"),
        (SUMMARY, 5, "must be a string"),
        (NOTES, "plain", "Atlassian Document"),
        ("labels", ["two words"], "contains spaces"),
        ("summary", "", "must specify a summary"),
        ("duedate", "tomorrow", "Error parsing date"),
        ("assignee", {"accountId": "nobody"}, "does not exist"),
        ("status", {"name": "Done"}, "Field 'status' cannot be set"),
        ("customfield_10026", 1, None),
        ("nonsense", 1, "Field 'nonsense' cannot be set. It is not on the appropriate screen, or unknown."),
    ],
)
def test_a_bad_value_refuses_the_whole_edit(jira, epic, server, field, value, said):
    before = server.sandbox.records[epic.id]
    answer = jira.put(f"/issue/{epic.id}", {"fields": {PROGRESS: 11, field: value}})
    if said is None:  # in CORE this field's context covers the project: it is good
        assert answer.status_code == 204
        return
    assert answer.status_code == 400
    assert answer.json()["errorMessages"] == []
    assert said in answer.json()["errors"][field]
    assert server.sandbox.records[epic.id] is before


@pytest.mark.parametrize("deployment", ["cloud", "datacenter"])
def test_an_option_is_of_the_context_of_the_issue(serving, sign_in, deployment):
    """Health has options of its own for the epics of GROW: the same words under other ids."""
    server = serving(deployment=deployment)
    version = "3" if deployment == "cloud" else "2"
    site = sign_in(server, version=version)
    fields = server.sandbox.fields
    own = (JiraValue("10200", "On track"), JiraValue("10201", "Steady"))
    context = ContextDef(own, frozenset({"GROW"}), frozenset({"Epic"}))
    fields[HEALTH] = replace(fields[HEALTH], contexts=(context,))
    of = {
        (one.project.key, one.type.name): one.id
        for one in server.sandbox.records.values()
        if one.type.name in ("Epic", "Story")
    }
    epic, story, other = of["GROW", "Epic"], of["GROW", "Story"], of["CORE", "Epic"]

    def said(issue, value):
        answer = site.put(f"/issue/{issue}", {"fields": {HEALTH: value}})
        return answer.json()["errors"][HEALTH] if answer.status_code == 400 else answer.status_code

    assert said(epic, {"id": "10101"}) == "Option id '10101' is not valid"
    assert said(epic, {"value": "At risk"}) == "Option value 'At risk' is not valid"
    assert said(other, {"id": "10200"}) == "Option id '10200' is not valid"
    assert said(story, {"value": "Steady"}) == "Option value 'Steady' is not valid"
    assert [said(issue, {"value": "On track"}) for issue in (epic, story, other)] == [204, 204, 204]
    held = [
        site.get(f"/issue/{issue}", fields=HEALTH)["fields"][HEALTH]["id"] for issue in (epic, story, other)
    ]
    assert held == ["10200", "10101", "10101"]
    shown = site.get(f"/issue/{epic}/editmeta")["fields"][HEALTH]["allowedValues"]
    assert [(one["id"], one["value"]) for one in shown] == [("10200", "On track"), ("10201", "Steady")]
    assert len(site.get(f"/issue/{story}/editmeta")["fields"][HEALTH]["allowedValues"]) == 6
    created = site.get("/issue/createmeta/GROW/issuetypes/10000", maxResults=100)
    (health,) = [
        one for one in created["fields" if deployment == "cloud" else "values"] if one["fieldId"] == HEALTH
    ]
    assert [one["id"] for one in health["allowedValues"]] == ["10200", "10201"]


def test_a_field_that_is_not_on_the_screen_says_so(jira, server):
    growth = next(
        one
        for one in server.sandbox.records.values()
        if one.type.name == "Epic" and one.project.key == "GROW"
    )
    answer = jira.put(f"/issue/{growth.id}", {"fields": {SUMMARY: "x"}})
    expected = f"Field '{SUMMARY}' cannot be set. It is not on the appropriate screen, or unknown."
    assert answer.json() == {"errorMessages": [], "errors": {SUMMARY: expected}}
    assert SUMMARY not in jira.get(f"/issue/{growth.id}/editmeta")["fields"]
    assert PROGRESS in jira.get(f"/issue/{growth.id}/editmeta")["fields"]


def test_an_edit_is_in_the_changelog_and_one_that_changes_nothing_is_not(jira, epic, server):
    jira.put(f"/issue/{epic.id}", {"fields": {PROGRESS: 40}})
    jira.put(f"/issue/{epic.id}", {"fields": {PROGRESS: 42.5}})
    updated = server.sandbox.records[epic.id].updated
    jira.put(f"/issue/{epic.id}", {"fields": {PROGRESS: 42.5}})
    assert server.sandbox.records[epic.id].updated == updated
    items = [item for entry in jira.get(f"/issue/{epic.id}/changelog")["values"] for item in entry["items"]]
    seen = [(item["fromString"], item["toString"]) for item in items if item["fieldId"] == PROGRESS]
    assert seen == [(None, "40"), ("40", "42.5")]


def test_silence_needs_a_project_administrator(server, sign_in, epic):
    person = sign_in(server, PEOPLE[0])
    assert person.put(f"/issue/{epic.id}", {"fields": {PROGRESS: 1}}).status_code == 204
    refused = person.put(f"/issue/{epic.id}", {"fields": {PROGRESS: 2}}, notifyUsers="false")
    assert refused.status_code == 403
    assert server.sandbox.records[epic.id].customs[PROGRESS] == 1


def test_who_may_only_look_may_not_write(server, sign_in, epic):
    viewer = sign_in(server, VIEWER)
    assert viewer.put(f"/issue/{epic.id}", {"fields": {PROGRESS: 1}}).status_code == 403
    assert viewer.get(f"/issue/{epic.id}/transitions")["transitions"] == []


def test_an_issue_that_does_not_exist(jira):
    answer = jira.put("/issue/PLAT-99999", {"fields": {}})
    expected = "Issue does not exist or you do not have permission to see it."
    assert (answer.status_code, answer.json()) == (404, {"errorMessages": [expected], "errors": {}})


def test_the_twenty_first_write_within_two_seconds_waits(serving, sign_in):
    seconds = [0.0]
    server = serving(monotonic=lambda: seconds[0])
    jira = sign_in(server)
    statuses = [jira.put("/issue/PLAT-1", {"fields": {PROGRESS: one}}).status_code for one in range(20)]
    refused = jira.put("/issue/PLAT-1", {"fields": {PROGRESS: 99}})
    assert statuses == [204] * 20
    assert refused.status_code == 429
    assert refused.headers["RateLimit-Reason"] == "jira-per-issue-on-write"
    assert jira.put("/issue/PLAT-2", {"fields": {PROGRESS: 99}}).status_code == 204
    seconds[0] += float(refused.headers["Retry-After"])
    assert jira.put("/issue/PLAT-1", {"fields": {PROGRESS: 99}}).status_code == 204


def test_closing_sets_a_resolution_and_reopening_clears_it(jira, server):
    story = next(
        one for one in server.sandbox.records.values() if one.type.name == "Story" and one.resolution is None
    )
    by_name = {one["name"]: one["id"] for one in jira.get(f"/issue/{story.id}/transitions")["transitions"]}
    body = {"transition": {"id": by_name["Done"]}, "fields": {"resolution": {"name": "Won't Do"}}}
    assert jira.post(f"/issue/{story.id}/transitions", body).status_code == 204
    fields = jira.get(f"/issue/{story.id}", fields="status,resolution,resolutiondate")["fields"]
    assert (fields["status"]["statusCategory"]["key"], fields["resolution"]["name"]) == ("done", "Won't Do")
    jira.post(f"/issue/{story.id}/transitions", {"transition": {"id": "21"}})
    assert jira.get(f"/issue/{story.id}", fields="resolution,resolutiondate")["fields"] == {
        "resolution": None,
        "resolutiondate": None,
    }
    assert jira.post(f"/issue/{story.id}/transitions", {"transition": {"id": "41"}}).status_code == (
        204 if story.project.key == "CORE" else 400
    )


def test_create_link_and_delete(jira, server):
    epic, other = [
        one.key
        for one in server.sandbox.records.values()
        if one.type.name == "Epic" and one.project.key == "CORE"
    ][:2]
    fields = {
        "project": {"key": "PLAT"},
        "issuetype": {"name": "Story"},
        "summary": "A new one",
        "parent": {"key": epic},
    }
    made = jira.post("/issue", {"fields": fields})
    key = made.json()["key"]
    assert made.status_code == 201
    assert jira.get(f"/issue/{key}", fields="parent")["fields"]["parent"]["key"] == epic
    link = {"type": {"name": "Contributes"}, "inwardIssue": {"key": key}, "outwardIssue": {"key": other}}
    assert jira.post("/issueLink", link).status_code == 201
    (shown,) = jira.get(f"/issue/{key}", fields="issuelinks")["fields"]["issuelinks"]
    assert (shown["type"]["outward"], shown["outwardIssue"]["key"]) == ("contributes to", other)
    assert jira.call("DELETE", f"/issue/{key}").status_code == 204
    assert jira.call("GET", f"/issue/{key}").status_code == 404
    assert all(
        one["id"] != shown["id"]
        for one in jira.get(f"/issue/{other}", fields="issuelinks")["fields"]["issuelinks"]
    )


def test_a_child_must_stand_below_its_parent(jira, epic):
    fields = {
        "project": {"key": "CORE"},
        "issuetype": {"name": "Epic"},
        "summary": "x",
        "parent": {"key": epic.key},
    }
    assert "hierarchy" in jira.post("/issue", {"fields": fields}).json()["errors"]["parent"]


def test_version_two_speaks_plain_text(server, sign_in, epic):
    older = sign_in(server, version="2")
    older.put(f"/issue/{epic.id}", {"fields": {NOTES: "one\ntwo"}})
    assert older.get(f"/issue/{epic.id}", fields=NOTES)["fields"][NOTES] == "one\ntwo"
    assert sign_in(server).get(f"/issue/{epic.id}", fields=NOTES)["fields"][NOTES]["type"] == "doc"


def test_properties(jira, epic):
    path = f"/issue/{epic.id}/properties/okr"
    assert [jira.put(path, {"a": 1}).status_code, jira.put(path, {"a": 2}).status_code] == [201, 200]
    assert jira.get(path) == {"key": "okr", "value": {"a": 2}}
    assert [one["key"] for one in jira.get(f"/issue/{epic.id}/properties")["keys"]] == ["okr"]
    assert jira.call("DELETE", path).status_code == 204
    assert jira.call("GET", path).status_code == 404


def test_a_body_that_is_no_edit_is_refused(jira, epic):
    assert jira.put(f"/issue/{epic.id}", {}).status_code == 400
    address = f"{jira.base}/issue/{epic.id}"
    assert (
        jira.session.put(address, data="{}", headers={"Content-Type": "text/plain"}, timeout=5).status_code
        == 415
    )


def test_making_is_as_strict_as_jira(server, jira):
    plat = server.sandbox.projects["PLAT"]
    needs = {"Task": frozenset({"components"})}
    server.sandbox.projects["PLAT"] = replace(plat, required=needs, without=frozenset({"Bug"}))
    made = len(server.sandbox.records)

    def post(kind, properties=None, **more):
        fields = {"project": {"key": "PLAT"}, "issuetype": {"name": kind}, "summary": "new", **more}
        return jira.post("/issue", {"fields": fields, **({"properties": properties} if properties else {})})

    unknown = "Field '{}' cannot be set. It is not on the appropriate screen, or unknown."
    for answer, said in (
        (post("Bug"), {"issuetype": "The issue type selected is invalid."}),
        (post("Task"), {"components": "Components is required."}),
        (post("Story", nowhere=1), {"nowhere": unknown.format("nowhere")}),
        (post("Key Result", **{SUMMARY: "hidden"}), {SUMMARY: unknown.format(SUMMARY)}),
        (post("Epic", parent={"key": "PLAT-1"}, summary=None), None),
    ):
        assert answer.status_code == 400
        assert said is None or answer.json() == {"errorMessages": [], "errors": said}
    assert post("Story", [{"key": "okr"}]).json()["errorMessages"] == [
        "The property key and value must be specified."
    ]
    assert len(server.sandbox.records) == made
    key = post("Story", [{"key": "okr", "value": {"kpi": "bugs"}}]).json()["key"]
    assert jira.get(f"/issue/{key}/properties/okr")["value"] == {"kpi": "bugs"}

    types = jira.get("/issue/createmeta/PLAT/issuetypes")
    assert "Bug" not in [one["name"] for one in types["issueTypes"]]
    screen = jira.get("/issue/createmeta/PLAT/issuetypes/10002", maxResults=100)
    assert {one["fieldId"] for one in screen["fields"] if one["required"]} == {"summary", "components"}
    page = jira.get("/issue/createmeta/PLAT/issuetypes/10002", startAt=2, maxResults=3)
    assert (len(page["fields"]), page["startAt"], page["total"]) == (3, 2, len(screen["fields"]))
