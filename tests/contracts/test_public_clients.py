"""The client libraries that people use against Jira work against the sandbox: read, search, edit, transition."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pytest

from connectors.sandbox import CONNECTOR, SandboxServer

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from atlassian import Jira as AtlassianJira
    from jira import JIRA, JIRAError


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer(seed=1) as running:
        yield running


@pytest.fixture(scope="module")
def datacenter() -> Iterator[SandboxServer]:
    with SandboxServer(seed=1, deployment="datacenter") as running:
        yield running


@pytest.fixture(params=["2", "3"])
def client(server, request):
    made = JIRA(
        server.url, basic_auth=(CONNECTOR.email, CONNECTOR.token), options={"rest_api_version": request.param}
    )
    yield made
    made.close()


def test_jira_reads_the_site(client):
    assert client.server_info()["deploymentType"] == "Cloud"
    assert client.myself()["accountId"] == CONNECTOR.id
    assert {one.key for one in client.projects()} == {"PLAT", "CORE", "GROW"}
    assert any(one["name"] == "OKR progress" for one in client.fields())


def test_jira_searches_every_page(client, server):
    found = client.enhanced_search_issues(
        "project in (PLAT, CORE, GROW) ORDER BY id", maxResults=0, fields=["summary"]
    )
    assert [one.id for one in found] == list(server.sandbox.records)
    assert client.approximate_issue_count("project in (PLAT, CORE, GROW)") == len(found)


def test_jira_truncates_silently_here_as_it_does_there(client):
    found = client.search_issues("project in (PLAT, CORE, GROW)", maxResults=200, fields="summary")
    assert len(found) == 100


def test_jira_edits_and_moves_an_issue(client):
    issue = client.issue("PLAT-1")
    issue.update(fields={"customfield_10060": 55, "labels": ["edited"]}, notify=False)
    assert (issue.fields.customfield_10060, issue.fields.labels) == (55, ["edited"])
    name = "Done" if issue.fields.status.name != "Done" else "To Do"
    client.transition_issue(issue, name)
    assert client.issue("PLAT-1").fields.status.name == name
    with pytest.raises(JIRAError, match="cannot be set"):
        issue.update(fields={"nonsense": 1})


def test_jira_creates_links_and_deletes(client):
    made = client.create_issue(project="PLAT", issuetype="Task", summary="made by a library")
    client.create_issue_link("Contributes", made.key, "PLAT-1")
    (link,) = client.issue(made.key).fields.issuelinks
    assert link.outwardIssue.key == "PLAT-1"
    made.delete()
    with pytest.raises(JIRAError, match="does not exist"):
        client.issue(made.key)


@pytest.fixture
def other(server):
    made = AtlassianJira(server.url, username=CONNECTOR.email, password=CONNECTOR.token, cloud=True)
    yield made
    made.close()


def test_atlassian_python_api_reads_edits_and_moves(other):
    assert other.issue("CORE-2")["key"] == "CORE-2"
    other.update_issue_field("CORE-2", {"customfield_10060": 44})
    assert other.issue_field_value("CORE-2", "customfield_10060") == 44
    other.set_issue_status("CORE-2", "In Review")
    assert other.get_issue_status("CORE-2") == "In Review"


def test_atlassian_python_api_searches(other):
    found = other.enhanced_jql("project = PLAT ORDER BY id", fields="summary", limit=20)
    assert len(found["issues"]) == 20
    assert found["nextPageToken"]


def test_jira_on_data_center(datacenter):
    client = JIRA(datacenter.url, token_auth=CONNECTOR.token)
    found = client.search_issues("project = PLAT ORDER BY id", maxResults=0, fields="summary")
    assert len(found) == sum(one.project.key == "PLAT" for one in datacenter.sandbox.records.values())
    issue = client.issue("PLAT-1")
    issue.update(fields={"customfield_10060": 12})
    assert issue.fields.customfield_10060 == 12
    client.close()
