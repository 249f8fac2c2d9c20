"""What administrators do to a site, as calls see it: names change and ids stay, what is closed is in no list, what is archived in no search."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from connectors.sandbox import CONNECTOR, Fault, SandboxServer, administration
from connectors.sandbox.site_state import scheme

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


class Caller:
    """The connector's account at one site."""

    def __init__(self, server: SandboxServer) -> None:
        self.server = server
        self.sandbox = server.sandbox
        self.cloud = server.sandbox.deployment == "cloud"
        self.api = f"{server.url}/rest/api/{'3' if self.cloud else '2'}"

    def __call__(self, method: str, path: str, body: Any = None) -> requests.Response:
        who = (CONNECTOR.email, CONNECTOR.token)
        return requests.request(method, self.api + path, json=body, auth=who, timeout=10)

    def found(self, jql: str) -> list[str]:
        path = "/search/jql" if self.cloud else "/search"
        answer = self("POST", path, {"jql": jql, "fields": ["summary"], "maxResults": 1000})
        assert answer.status_code == 200, answer.text
        return [one["id"] for one in answer.json()["issues"]]


@pytest.fixture(params=["cloud", "datacenter"])
def jira(request: pytest.FixtureRequest) -> Iterator[Caller]:
    with SandboxServer(seed=1, now=NOW, deployment=request.param) as server:
        server.site.searcher.strict = True
        yield Caller(server)


def test_names_change_and_ids_stay(jira: Caller) -> None:
    story = next(
        one for one in jira.sandbox.records.values() if one.type.id == scheme.STORY.id and one.resolution
    )
    updated = story.updated
    administration.rename_type(jira.sandbox, scheme.STORY.id, "User story")
    administration.rename_status(jira.sandbox, scheme.DONE.id, "Shipped")
    administration.rename_resolution(
        jira.sandbox, story.resolution.id if story.resolution else "", "Finished"
    )
    administration.rename_field(jira.sandbox, scheme.POINTS, "Size")

    shown = jira("GET", f"/issue/{story.id}").json()["fields"]
    assert (shown["issuetype"]["name"], shown["issuetype"]["id"]) == ("User story", scheme.STORY.id)
    assert (shown["status"]["name"], shown["status"]["id"]) == ("Shipped", scheme.DONE.id)
    assert shown["resolution"]["name"] == "Finished"
    assert jira.sandbox.records[story.id].updated == updated
    assert {"User story", "Story"} & {one["name"] for one in jira("GET", "/issuetype").json()} == {
        "User story"
    }
    assert {"Size"} <= {one["name"] for one in jira("GET", "/field").json()}
    assert story.id in jira.found('issuetype = "User story" AND status = Shipped')
    refused = jira("POST", "/search/jql" if jira.cloud else "/search", {"jql": "issuetype = Story"})
    assert refused.status_code == 400


def test_a_project_takes_another_key_and_the_old_ones_go_on_finding_its_issues(jira: Caller) -> None:
    before = next(one for one in jira.sandbox.records.values() if one.project.key == "PLAT")
    administration.rename_project(jira.sandbox, "PLAT", "FORM")

    shown = jira("GET", f"/issue/{before.key}").json()
    assert shown["id"] == before.id
    assert shown["key"] == before.key.replace("PLAT", "FORM")
    assert shown["fields"]["project"]["key"] == "FORM"
    assert before.id in jira.found("project = FORM")
    assert [one["key"] for one in jira("GET", "/project").json()] == ["FORM", "CORE", "GROW"]
    made = jira("POST", "/issue", {"fields": {"project": {"key": "FORM"}, "issuetype": {"name": "Task"}, "summary": "New"}})  # fmt: skip
    assert made.json()["key"].startswith("FORM-")


def test_a_deleted_field_is_on_no_issue_and_in_no_list_until_it_is_restored(jira: Caller) -> None:
    filled = next(one for one in jira.sandbox.records.values() if one.customs.get(scheme.POINTS))
    field = administration.delete_field(jira.sandbox, scheme.POINTS)

    assert scheme.POINTS not in jira("GET", f"/issue/{filled.id}").json()["fields"]
    assert scheme.POINTS not in {one["id"] for one in jira("GET", "/field").json()}
    administration.restore_field(jira.sandbox, field)
    assert jira("GET", f"/issue/{filled.id}").json()["fields"][scheme.POINTS] == filled.customs[scheme.POINTS]


def test_a_closed_project_does_not_exist_for_us(jira: Caller) -> None:
    hidden = next(one for one in jira.sandbox.records.values() if one.project.key == "GROW")
    administration.close_project(jira.sandbox, "GROW")

    refused = jira("GET", f"/issue/{hidden.id}")
    assert refused.status_code == (404 if jira.cloud else 403)
    assert "permission to see" in refused.json()["errorMessages"][0]
    assert jira("GET", "/project/GROW").status_code == 404
    assert [one["key"] for one in jira("GET", "/project").json()] == ["PLAT", "CORE"]
    assert hidden.id not in jira.found("created < 2030-01-01")
    refused = jira("POST", "/search/jql" if jira.cloud else "/search", {"jql": "project = GROW"})
    assert refused.status_code == 400
    administration.open_project(jira.sandbox, "GROW")
    assert jira("GET", f"/issue/{hidden.id}").status_code == 200


def test_an_archived_issue_leaves_every_search_is_read_by_id_and_refuses_edits(jira: Caller) -> None:
    record = next(one for one in jira.sandbox.records.values() if one.type.name == "Story")
    administration.archive(jira.sandbox, record)

    assert record.id not in jira.found("project in (PLAT, CORE, GROW)")
    assert jira("GET", f"/issue/{record.id}").status_code == 200
    if jira.cloud:
        bulk = jira("POST", "/issue/bulkfetch", {"issueIdsOrKeys": [record.id], "fields": ["summary"]})
        assert [one["id"] for one in bulk.json()["issues"]] == [record.id]
    assert jira("PUT", f"/issue/{record.id}", {"fields": {"summary": "No"}}).status_code == 403
    administration.restore(jira.sandbox, record)
    assert jira("PUT", f"/issue/{record.id}", {"fields": {"summary": "Yes"}}).status_code == 204


def test_pages_may_contradict_themselves(jira: Caller) -> None:
    path = "/search/jql" if jira.cloud else "/search"
    body = {"jql": "project = PLAT", "fields": ["summary"], "maxResults": 10}
    jira.server.faults.add(Fault("lost_token", "POST", "/search"))
    page = jira("POST", path, body).json()
    assert "nextPageToken" not in page
    assert len(page["issues"]) == 10
    assert (page["total"] > 10) is jira.cloud
    if jira.cloud:
        jira.server.faults.add(Fault("last_with_token", "POST", "/search"))
        page = jira("POST", path, body).json()
        assert page["isLast"] is True
        assert page["nextPageToken"]


def test_a_sprint_is_json_on_cloud_and_the_text_of_an_object_on_data_center(jira: Caller) -> None:
    record = next(one for one in jira.sandbox.records.values() if one.type.name == "Story")
    sprint = {"id": 266, "name": "Autumn, week [4]", "state": "active", "boardId": 5}
    record.cache.clear()
    record.customs[scheme.SPRINT] = [sprint]  # type: ignore[index]
    shown = jira("GET", f"/issue/{record.id}").json()["fields"][scheme.SPRINT]
    if jira.cloud:
        assert shown == [sprint]
    else:
        assert shown[0].startswith("com.atlassian.greenhopper.service.sprint.Sprint@10a[id=266,rapidViewId=5,state=ACTIVE,name=Autumn, week [4],")  # fmt: skip
