"""Server info, the account and the catalogue, which the `jira` library reads for us."""

from __future__ import annotations

import logging
import socket
from threading import Thread

import pytest

from connectors.jira import (
    AuthFailure,
    BasicCredentials,
    Governor,
    IncompleteRead,
    JiraAddress,
    JiraOutage,
    JiraRefusal,
    RateLimitError,
    connect,
)
from connectors.jira.metadata.paged_lists import read_pages
from mappings.facts.catalogue import Field, LinkType
from mappings.facts.issue import IssueType, JiraValue, Project, Status, User

INFO = "/rest/api/2/serverInfo"
CLOUD = {
    "baseUrl": "https://acme.example",
    "version": "1001.0.0",
    "versionNumbers": [1001, 0, 0],
    "deploymentType": "Cloud",
    "serverTitle": "Jira",
}
SERVER = {
    "baseUrl": "https://acme.example/jira",
    "version": "10.3.1",
    "versionNumbers": [10, 3, 1],
    "deploymentType": "Server",
}


@pytest.fixture
def unknown(stub, token):
    jira = connect(JiraAddress("main", stub.url, BasicCredentials("bot@acme.example", token)), timeout=(2, 2))
    yield jira
    jira.close()


@pytest.mark.parametrize(
    ("info", "deployment", "api"), [(CLOUD, "cloud", "/rest/api/3"), (SERVER, "datacenter", "/rest/api/2")]
)
def test_the_deployment_is_found_out_once(stub, answer, unknown, info, deployment, api):
    stub.on("GET", INFO, answer(json=info))
    assert (unknown.deployment, unknown.api) == (deployment, api)
    assert unknown.server().version == tuple(info["versionNumbers"])
    assert unknown.in_background().deployment == deployment
    assert len(stub.asked) == 1


def test_a_site_that_does_not_answer_keeps_no_other_waiting(stub, answer, unknown, token):
    stub.on("GET", INFO, answer(json=CLOUD))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        where = f"http://127.0.0.1:{silent.getsockname()[1]}"
        mute = connect(
            JiraAddress("mute", where, BasicCredentials("bot@acme.example", token)), timeout=(2, 2)
        )

        def ask() -> None:
            with pytest.raises(JiraOutage):
                mute.server()

        asking = Thread(target=ask)
        asking.start()
        connection, _ = silent.accept()
        assert unknown.deployment == "cloud"
        assert asking.is_alive()
        connection.close()
        silent.close()
        asking.join()
        mute.close()


def test_what_work_in_the_background_asks_first_is_asked_for_all(stub, answer, unknown):
    """As after a restart: each background read is a client of its own, and the pace goes by what the first one knows."""
    stub.on("GET", INFO, answer(json=SERVER))
    assert [unknown.in_background().api, unknown.in_background().in_background().api] == ["/rest/api/2"] * 2
    assert unknown.known_deployment == "datacenter"
    assert len(stub.asked) == 1


def test_the_account_and_its_time_zone(stub, answer, unknown):
    said = {
        "accountId": "a1",
        "displayName": "Bot",
        "emailAddress": "bot@acme.example",
        "timeZone": "Europe/Berlin",
    }
    stub.on("GET", "/rest/api/2/myself", answer(json=said))
    assert unknown.myself() == User("a1", "Bot", "bot@acme.example")
    assert unknown.time_zone == "Europe/Berlin"


def test_a_stranger_is_not_taken_for_the_account(stub, answer, unknown):
    stub.on("GET", "/rest/api/2/myself", answer(json={"displayName": "Anonymous"}))
    with pytest.raises(AuthFailure):
        unknown.myself()


@pytest.mark.parametrize(
    ("status", "headers", "kind"),
    [
        (401, {}, AuthFailure),
        (429, {"Retry-After": "1847"}, RateLimitError),
        (503, {}, JiraOutage),
        (404, {}, JiraRefusal),
    ],
)
def test_the_librarys_errors_become_ours_and_tell_no_secret(
    stub, answer, unknown, token, caplog, status, headers, kind
):
    caplog.set_level(logging.DEBUG)
    stub.on("GET", INFO, answer(status, {"errorMessages": ["no"]}, headers))
    with pytest.raises(kind) as caught:
        unknown.server()
    secret = stub.asked[0].headers["Authorization"].split()[1]
    assert len(stub.asked) == 1
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert secret not in f"{caught.value!r}{caught.value}{caplog.text}"
    assert token not in f"{caught.value!r}{caught.value}{caplog.text}"


def test_the_library_follows_no_redirect(stub, answer, unknown):
    stub.on("GET", INFO, answer(302, None, {"Location": "https://elsewhere.example/"}))
    with pytest.raises((JiraRefusal, JiraOutage)):
        unknown.server()
    assert len(stub.asked) == 1


@pytest.mark.parametrize("said", [[], {}, {"status": "ok"}, "text"])
def test_another_server_is_not_taken_for_jira(stub, answer, unknown, said):
    stub.on("GET", INFO, answer(json=said))
    with pytest.raises((JiraRefusal, JiraOutage)):
        unknown.server()


FIELDS = [
    {
        "id": "summary",
        "name": "Summary",
        "custom": False,
        "clauseNames": ["summary"],
        "schema": {"type": "string", "system": "summary"},
    },
    {
        "id": "customfield_10016",
        "name": "Points",
        "custom": True,
        "clauseNames": ["cf[10016]", "Points"],
        "schema": {"type": "number", "custom": "x:float", "customId": 10016},
    },
    {
        "id": "customfield_10017",
        "name": "Points",
        "scope": {"type": "PROJECT", "project": {"id": "10002"}},
        "schema": {"type": "array", "items": "option"},
    },
    {"id": "thumbnail", "name": "Images"},
]


def test_the_catalogue(stub, answer, cloud):
    api = "/rest/api/2"
    stub.on("GET", f"{api}/myself", answer(json={"accountId": "a1", "displayName": "Bot", "timeZone": "UTC"}))
    stub.on("GET", f"{api}/field", answer(json=FIELDS))
    stub.on(
        "GET",
        f"{api}/status",
        answer(
            json=[
                {"id": "1", "name": "Odd", "statusCategory": {"key": "undefined"}},
                {"id": "2", "name": "Done", "statusCategory": {"key": "done"}},
            ]
        ),
    )
    stub.on(
        "GET",
        f"{api}/issuetype",
        answer(
            json=[
                {"id": "1", "name": "Epic", "hierarchyLevel": 1},
                {"id": "2", "name": "Sub-task", "subtask": True},
            ]
        ),
    )
    plat, core = ({"id": id_, "key": key, "name": key} for id_, key in (("10000", "PLAT"), ("10001", "CORE")))
    stub.on(
        "GET",
        "/rest/api/3/project/search",
        answer(json={"startAt": 0, "total": 2, "isLast": False, "values": [plat]}),
        answer(json={"startAt": 1, "total": 2, "isLast": True, "values": [core]}),
    )
    done = {"total": 1, "isLast": True, "values": [{"id": "1", "name": "Done"}]}
    stub.on("GET", "/rest/api/3/resolution/search", answer(json=done))
    stub.on("GET", f"{api}/priority", answer(json=[{"id": "2", "name": "High"}]))
    stub.on(
        "GET",
        "/rest/api/3/issue/10001/editmeta",
        answer(
            json={
                "fields": {
                    "customfield_10017": {
                        "name": "Points",
                        "schema": {},
                        "allowedValues": [{"id": "5", "value": "A"}],
                    }
                }
            }
        ),
    )

    catalogue = cloud.catalogue(sample_issue_ids=["10001"])

    assert catalogue.fields == (
        Field("summary", "Summary", "string", clause_names=("summary",)),
        Field(
            "customfield_10016", "Points", "number", custom="x:float", clause_names=("cf[10016]", "Points")
        ),
        Field(
            "customfield_10017",
            "Points",
            "array",
            "option",
            project_ids=("10002",),
            options=(JiraValue("5", "A"),),
        ),
        Field("thumbnail", "Images"),
    )
    assert catalogue.statuses == (Status("1", "Odd", None), Status("2", "Done", "done"))
    assert catalogue.issue_types == (IssueType("1", "Epic", 1), IssueType("2", "Sub-task", -1))
    assert catalogue.projects == (Project("10000", "PLAT", "PLAT"), Project("10001", "CORE", "CORE"))
    assert (catalogue.resolutions, catalogue.priorities) == (
        (JiraValue("1", "Done"),),
        (JiraValue("2", "High"),),
    )
    assert catalogue.link_types == ()
    assert (catalogue.time_zone, catalogue.account_id) == ("UTC", "a1")


LISTS = {
    "2/field": FIELDS,
    "2/status": [{"id": "2", "name": "Done", "statusCategory": {"key": "done"}}],
    "2/issuetype": [{"id": "1", "name": "Epic"}],
    "3/project/search": {"isLast": True, "values": [{"id": "10000", "key": "PLAT", "name": "Platform"}]},
    "3/resolution/search": {"isLast": True, "values": []},
    "2/priority": [],
}


@pytest.mark.parametrize(
    ("empty", "nothing"),
    [
        ("2/field", []),
        ("2/status", []),
        ("2/issuetype", []),
        ("3/project/search", {"isLast": True, "total": 0, "values": []}),
    ],
)
def test_an_empty_list_is_no_catalogue(stub, answer, cloud, empty, nothing):
    account = {"accountId": "a1", "displayName": "Bot", "timeZone": "UTC"}
    stub.on("GET", "/rest/api/2/myself", answer(json=account))
    for name, found in LISTS.items():
        stub.on("GET", f"/rest/api/{name}", answer(json=nothing if name == empty else found))
    with pytest.raises(IncompleteRead, match="no "):
        cloud.catalogue()
    stub.on("GET", f"/rest/api/{empty}", answer(404, {"errorMessages": ["no"], "errors": {}}))
    with pytest.raises(JiraRefusal):
        cloud.catalogue()


def test_whole_lists_serve_where_there_are_no_pages(stub, answer, cloud):
    account = {"accountId": "a1", "displayName": "Bot", "timeZone": "UTC"}
    stub.on("GET", "/rest/api/2/myself", answer(json=account))
    for name, found in LISTS.items():
        stub.on("GET", f"/rest/api/{name}", answer(json=found))
    stub.on("GET", "/rest/api/3/project/search", answer(json=[{"id": "7", "key": "OLD", "name": "Old"}]))
    gone = answer(404, json={"errorMessages": ["null for uri"], "errors": {}})
    stub.on("GET", "/rest/api/3/resolution/search", gone)
    stub.on("GET", "/rest/api/2/resolution", answer(json=[{"id": "2", "name": "Won't Do"}]))
    found = cloud.catalogue()
    assert ([one.key for one in found.projects], found.resolutions) == (
        ["OLD"],
        (JiraValue("2", "Won't Do"),),
    )

    stub.on("GET", "/rest/api/3/resolution/search", answer(403, json={"errorMessages": ["no"]}))
    with pytest.raises(JiraRefusal):
        cloud.catalogue()


@pytest.mark.parametrize(
    "torn",
    [
        [],
        {"values": None, "isLast": True},
        {"values": ["PLAT"], "isLast": True},
        {"values": [], "isLast": False, "total": 2},
        {"values": [{"id": "1", "key": "PLAT"}], "isLast": True, "total": 2},
    ],
)
def test_pages_that_contradict_themselves_are_no_list(stub, answer, cloud, torn):
    stub.on("GET", "/rest/api/3/project/search", answer(json=torn))
    with pytest.raises(IncompleteRead):
        read_pages(cloud.transport, "/rest/api/3/project/search")


def test_link_types(stub, answer, cloud):
    from connectors.jira.metadata.catalogue import _all, _link_type

    stub.on(
        "GET",
        "/rest/api/2/issueLinkType",
        answer(
            json={
                "issueLinkTypes": [
                    {"id": "1", "name": "Blocks", "inward": "is blocked by", "outward": "blocks"}
                ]
            }
        ),
    )
    assert _all(cloud._library, lambda client: client.issue_link_types(), _link_type) == (
        LinkType("1", "Blocks", "is blocked by", "blocks"),
    )


def test_the_library_asks_the_governor_too(stub, answer, token):
    governor = Governor(jitter=lambda: 0.0)
    address = JiraAddress("main", stub.url, BasicCredentials("bot@acme.example", token))
    jira = connect(address, governor=governor)
    stub.on(
        "GET", INFO, answer(429, {}, {"Retry-After": "1847", "RateLimit-Reason": "jira-quota-global-based"})
    )
    for _ in range(3):
        with pytest.raises(RateLimitError) as caught:
            jira.server()
        assert caught.value.retry_after == pytest.approx(1847, abs=5)
    jira.close()
    assert len(stub.asked) == 1
