"""Scoped tokens and service accounts: by Atlassian's gateway alone, with the scopes they were made with, over real HTTP to the sandbox."""

from __future__ import annotations

from dataclasses import replace

import pytest
import requests

from connectors.jira import (
    AuthFailure,
    BasicCredentials,
    BearerCredentials,
    JiraAddress,
    JiraOutage,
    connect,
    core_fields,
)
from connectors.jira.sign_in.scopes import MissingScope, MissingWriteScope
from connectors.sandbox import CONNECTOR, SERVICE, SandboxServer
from mappings.write_back.target import Request

SCOPED = BasicCredentials(CONNECTOR.email, "sandbox-scoped-token")
BEARER = BearerCredentials("sandbox-service-token")
CLOUD_ID = "5f0a0000-0000-4000-8000-0000000000c1"


@pytest.fixture(scope="module")
def server():
    with SandboxServer() as running:
        yield running


@pytest.fixture
def by_gateway(server):
    """A client with these credentials at the gateway."""
    made = []

    def connected(credentials=SCOPED):
        made.append(
            connect(JiraAddress("main", server.url, credentials, gateway=server.url), timeout=(2, 10))
        )
        return made[-1]

    yield connected
    for one in made:
        one.close()


@pytest.fixture
def token_with(server):
    """A token of the connector's account with these scopes alone."""

    def given(*scopes):
        with server.sandbox.lock:
            server.sandbox.accounts[CONNECTOR.id] = replace(CONNECTOR, scoped={"narrow": frozenset(scopes)})
        return BasicCredentials(CONNECTOR.email, "narrow")

    yield given
    server.sandbox.accounts[CONNECTOR.id] = CONNECTOR


@pytest.mark.parametrize(
    ("place", "given", "status"),
    [
        ("", (CONNECTOR.email, CONNECTOR.token), 200),
        ("", (CONNECTOR.email, "sandbox-scoped-token"), 401),
        ("", "sandbox-service-token", 401),
        ("", CONNECTOR.token, 401),
        (f"/ex/jira/{CLOUD_ID}", (CONNECTOR.email, CONNECTOR.token), 401),
        (f"/ex/jira/{CLOUD_ID}", (CONNECTOR.email, "sandbox-scoped-token"), 200),
        (f"/ex/jira/{CLOUD_ID}", "sandbox-scoped-token", 401),
        (f"/ex/jira/{CLOUD_ID}", "sandbox-service-token", 200),
        (f"/ex/jira/{CLOUD_ID}", (SERVICE.email, "sandbox-service-token"), 401),
        ("/ex/jira/99999999-2222-4333-8444-555555555555", "sandbox-service-token", 404),
    ],
)
def test_each_token_has_one_door(server, place, given, status):
    """A pair is sent as Basic, a text as Bearer."""
    more = {"headers": {"Authorization": f"Bearer {given}"}} if isinstance(given, str) else {"auth": given}
    assert requests.get(f"{server.url}{place}/rest/api/3/myself", timeout=10, **more).status_code == status


@pytest.mark.parametrize(
    ("credentials", "name"), [(SCOPED, "OKR Connector"), (BEARER, "OKR Service Account")]
)
def test_the_cloud_id_is_found_out_and_everything_goes_by_the_gateway(server, by_gateway, credentials, name):
    jira = by_gateway(credentials)
    assert jira.transport.known_base == f"{server.url}/ex/jira"
    assert (jira.myself().name, jira.deployment) == (name, "cloud")
    assert jira.transport.known_base == f"{server.url}/ex/jira/{CLOUD_ID}"
    assert jira.missing_scopes() == ()
    (issue,) = [one for page in jira.search("key = PLAT-12") for one in page.issues]
    assert jira.read([issue.id], core_fields()).issues[0].key == "PLAT-12"
    assert jira.catalogue().projects
    jira.put_property(issue.id, "jira-okr.rollup", {"percent": 62})
    assert jira.get_property(issue.id, "jira-okr.rollup") == {"percent": 62}
    link = {
        "globalId": "okr",
        "object": {"url": "https://okr.acme.example/why/1", "title": "OKR: 62 % — why?"},
    }
    jira.tell(Request("POST", f"/issue/{issue.id}/remotelink", link))
    (found,) = jira.ask(Request("GET", f"/issue/{issue.id}/remotelink"))
    assert found["object"]["url"] == "https://okr.acme.example/why/1"
    assert found["self"].startswith(f"{server.url}/ex/jira/{CLOUD_ID}/"), (
        "Jira's own address of it, which nobody follows"
    )
    assert jira.transport.address.browse("PLAT-12") == f"{server.url}/browse/PLAT-12"


def test_each_scope_that_is_missing_is_named(by_gateway, token_with):
    jira = by_gateway(token_with())
    assert [scope.name for scope in jira.missing_scopes()] == [
        "read:jira-work",
        "read:jira-user",
        "write:jira-work",
    ]
    with pytest.raises(MissingScope) as refused:
        jira.count("project = PLAT")
    assert refused.value.message == (
        "The token lacks the scope read:jira-work, to read issues, fields and projects."
    )
    assert "read:jira-work, read:jira-user, write:jira-work, at id.atlassian.com" in refused.value.remedy
    with pytest.raises(MissingScope, match="read:jira-user"):
        jira.myself()


def test_a_token_that_may_only_read_reads_and_is_refused_its_writes(by_gateway, token_with):
    jira = by_gateway(token_with("read:jira-work", "read:jira-user"))
    assert [scope.name for scope in jira.missing_scopes()] == ["write:jira-work"]
    assert jira.count("key = PLAT-12") == 1
    with pytest.raises(MissingWriteScope, match="the scope write:jira-work"):
        jira.edit("10001", {"summary": "Something else"})


def test_no_scope_is_enough_for_webhooks_of_administrators(by_gateway):
    with pytest.raises(MissingWriteScope, match="page Sites, the site"):
        by_gateway().webhooks()


def test_a_site_that_tells_no_cloud_id_is_asked_with_no_credentials(stub, answer):
    jira = connect(JiraAddress("main", stub.url, SCOPED, gateway="https://gateway.acme.example"))
    for told in (
        answer(404, {"errorMessages": ["no such page"]}),
        answer(200, {"cloudId": "../../elsewhere"}),
        answer(200, body=b"<html>"),
        answer(302, headers={"Location": "https://elsewhere.acme.example"}),
    ):
        stub.on("GET", "/_edge/tenant_info", told)
        with pytest.raises(JiraOutage, match="does not say which site of Jira Cloud it is"):
            jira.myself()
    stub.on("GET", "/_edge/tenant_info", answer(hang_up=True))
    with pytest.raises(JiraOutage, match="connection to Jira broke"):
        jira.myself()
    assert stub.paths() == ["GET /_edge/tenant_info"] * 5
    assert not [asked for asked in stub.asked if "Authorization" in asked.headers]


def test_a_token_without_a_door_is_refused(by_gateway):
    with pytest.raises(AuthFailure, match="401"):
        by_gateway(BasicCredentials(CONNECTOR.email, CONNECTOR.token)).myself()
