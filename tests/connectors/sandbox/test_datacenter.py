from __future__ import annotations

import pytest
import requests

from connectors.sandbox import CONNECTOR

EPIC_LINK = "customfield_10014"


@pytest.fixture
def site(serving):
    return serving(deployment="datacenter")


@pytest.fixture
def jira(site, sign_in):
    return sign_in(site, version="2")


def test_it_says_what_it_is(jira):
    assert jira.get("/serverInfo")["deploymentType"] == "Server"
    assert {"name", "key"} <= set(jira.get("/myself"))
    assert "accountId" not in jira.get("/myself")


def test_a_personal_access_token_is_a_bearer(site):
    headers = {"Authorization": f"Bearer {CONNECTOR.token}"}
    assert requests.get(f"{site.url}/rest/api/2/myself", headers=headers, timeout=5).status_code == 200


def test_search_pages_by_offset(jira, site):
    page = jira.post(
        "/search", {"jql": "order by id", "startAt": 10, "maxResults": 2000, "fields": ["summary"]}
    ).json()
    assert (page["startAt"], page["maxResults"], page["total"]) == (10, 1000, len(site.sandbox.records))
    assert [one["id"] for one in page["issues"]] == sorted(site.sandbox.records, key=int)[10:]
    assert jira.call("POST", "/search/jql", {"jql": "project = PLAT"}).status_code == 404
    assert jira.call("GET", f"{site.url.removeprefix(site.url)}/rest/api/3/myself").status_code == 404


def test_the_epic_link_holds_a_key(jira, site):
    epic = next(one for one in site.sandbox.records.values() if one.type.name == "Epic")
    found = jira.get(
        "/search", jql=f'"Epic Link" = {epic.key}', fields=f"{EPIC_LINK},parent", maxResults=500
    )["issues"]
    assert {one["id"] for one in found} == site.sandbox.children[epic.id]
    assert {one["fields"][EPIC_LINK] for one in found} == {epic.key}
    assert all("parent" not in one["fields"] for one in found)
    assert jira.put(f"/issue/{found[0]['id']}", {"fields": {EPIC_LINK: None}}).status_code == 204
    assert jira.get(f"/issue/{found[0]['id']}", fields=EPIC_LINK)["fields"][EPIC_LINK] is None


def test_webhooks_live_elsewhere_and_carry_no_identifier(jira, site, receiver):
    body = {"name": "okr", "url": receiver.url, "events": ["jira:issue_updated"]}
    assert jira.post("/rest/jira-webhook/1.0/webhooks", body).status_code == 201
    jira.put("/issue/CORE-2", {"fields": {"labels": ["x"]}})
    assert site.settle()
    headers, told, _ = receiver.heard[0]
    assert "x-atlassian-webhook-identifier" not in headers
    assert "fieldId" not in told["changelog"]["items"][0]
    assert "accountId" not in told["user"]


def test_a_change_of_epic_is_told_by_the_name_of_its_field(jira, site):
    story = next(one for one in site.sandbox.records.values() if one.type.name == "Story")
    jira.put(f"/issue/{story.id}", {"fields": {EPIC_LINK: None}})
    entries = jira.get(f"/issue/{story.id}", expand="changelog")["changelog"]["histories"]
    (item,) = entries[-1]["items"]
    assert (item["field"], item["fieldtype"], item["from"]) == ("Epic Link", "custom", story.parent_id)
