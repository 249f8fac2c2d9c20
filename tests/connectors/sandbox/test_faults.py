from __future__ import annotations

from email.utils import parsedate_to_datetime

import pytest
import requests

from connectors.sandbox import Fault, SandboxServer


@pytest.mark.parametrize("form", ["seconds", "date", "absent"])
def test_a_rate_limit_names_its_reason(jira, server, form):
    server.faults.add(Fault("rate_limit", reason="jira-quota-tenant-based", retry_after=form, seconds=30))
    answer = jira.call("GET", "/myself")
    assert answer.status_code == 429
    assert answer.headers["RateLimit-Reason"] == "jira-quota-tenant-based"
    given = answer.headers.get("Retry-After")
    assert (given == "30", given is None) == (form == "seconds", form == "absent")
    assert form != "date" or parsedate_to_datetime(given)
    assert jira.call("GET", "/myself").status_code == 200


def test_faults_are_planned_over_http_and_end(jira):
    plan = {"kind": "status", "status": 502, "method": "POST", "path": "/search/jql", "times": 2}
    assert jira.post("/_sandbox/faults", plan).status_code == 204
    assert jira.call("GET", "/myself").status_code == 200
    statuses = [jira.post("/search/jql", {"jql": "project = PLAT"}).status_code for _ in range(3)]
    assert statuses == [502, 502, 200]
    assert "valid" in jira.post("/_sandbox/faults", {"kind": "status", "colour": 1}).text


@pytest.mark.parametrize(
    ("shape", "kind", "begins"),
    [
        ("html", "text/html", "<!DOCTYPE html>"),
        ("empty", "text/plain", ""),
        ("text", "text/plain", "Blocked"),
        ("list", "application/json", "[]"),
        ("jira", "application/json", '{"errorMessages":["No."]'),
    ],
)
def test_a_status_comes_from_a_proxy_or_from_jira(jira, server, shape, kind, begins):
    server.faults.add(Fault("status", "PUT", status=403, shape=shape, message="No."))
    answer = jira.put("/issue/PLAT-1", {"fields": {"labels": ["a"]}})
    assert answer.status_code == 403
    assert answer.headers["Content-Type"].startswith(kind)
    assert answer.text.startswith(begins)
    assert jira.put("/issue/PLAT-1", {"fields": {"labels": ["a"]}}).status_code == 204


def test_a_redirect_leads_to_a_sign_in_page(jira, server):
    server.faults.add(Fault("status", status=302))
    answer = requests.put(f"{server.url}/rest/api/2/issue/PLAT-1", allow_redirects=False, timeout=5)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/login.jsp")


def test_a_torn_page_breaks_off(jira, server):
    server.faults.add(Fault("torn"))
    with pytest.raises(requests.RequestException):
        jira.search("project = PLAT", fields=["summary"])
    assert jira.search("project = PLAT", fields=["summary"])["issues"]


def test_a_timeout_gives_no_answer(jira, server):
    server.faults.add(Fault("timeout", seconds=0.05))
    with pytest.raises(requests.RequestException):
        jira.get("/myself")


def test_an_empty_page_lies_and_a_repeated_token_turns_in_circles(jira, server):
    server.faults.add(Fault("empty_page", path="/search/jql"))
    assert jira.search("project = PLAT") == {"issues": [], "isLast": True}
    first = jira.search("project = PLAT")
    server.faults.add(Fault("duplicate_token"))
    second = jira.search("project = PLAT", nextPageToken=first["nextPageToken"])
    assert second["nextPageToken"] == first["nextPageToken"]


def test_of_a_history_a_part_does_not_come(jira, server, serving, sign_in):
    for label in "ab":
        jira.put("/issue/PLAT-1", {"fields": {"labels": [label]}})
    number = jira.get("/issue/PLAT-1")["id"]
    server.faults.add(Fault("lost_history", path="changelog"))
    asked = {"issueIdsOrKeys": [number], "fieldIds": ["labels"]}
    (log,) = jira.post("/changelog/bulkfetch", asked).json()["issueChangeLogs"]
    assert log["changeHistories"][-1]["created"] == "not to be had"
    (log,) = jira.post("/changelog/bulkfetch", asked).json()["issueChangeLogs"]
    assert isinstance(log["changeHistories"][-1]["created"], int)
    there = serving(deployment="datacenter")
    old = sign_in(there, version="2")
    before = old.get("/issue/PLAT-1", expand="changelog")["changelog"]["total"]
    for label in "abc":
        old.put("/issue/PLAT-1", {"fields": {"labels": [label]}})
    there.faults.add(Fault("lost_history"))
    found = old.get("/issue/PLAT-1", expand="changelog")["changelog"]
    assert (found["total"], len(found["histories"])) == (before + 3, (before + 3) // 2)


def test_an_issue_that_is_deleted_between_two_pages_moves_all_behind_it_up(serving, sign_in):
    there = serving(deployment="datacenter")
    jira = sign_in(there, version="2")

    def page(start):
        asked = {"jql": "order by id", "startAt": start, "maxResults": 3, "fields": ["id"]}
        found = jira.post("/search", asked).json()
        return found["total"], [one["id"] for one in found["issues"]]

    ids = sorted(there.sandbox.records, key=int)
    there.faults.add(Fault("shifted_page", path="/search", times=2))
    assert page(0) == (len(ids), ids[:3])
    total, second = page(3)
    assert ids[2] not in there.sandbox.records
    assert (total, second[0]) == (len(there.sandbox.records), ids[4])


def test_calls_and_writes_are_counted(jira):
    jira.put("/issue/PLAT-1", {"fields": {"labels": ["a"]}})
    jira.get("/issue/PLAT-1")
    counted = jira.get("/_sandbox/calls")
    assert counted["calls"] == {"PUT /rest/api/3/issue/{}": 1, "GET /rest/api/3/issue/{}": 1}
    assert list(counted["writes"].values()) == [{"labels": 1}]


def test_wrong_credentials_are_refused_and_on_a_public_site_anonymous(server, serving):
    wrong = {"auth": ("x", "y"), "timeout": 5}
    assert requests.get(f"{server.url}/rest/api/3/myself", **wrong).status_code == 401
    public: SandboxServer = serving(public=True)
    assert requests.get(f"{public.url}/rest/api/3/myself", **wrong).status_code == 401
    found = requests.get(f"{public.url}/rest/api/3/search/jql", params={"jql": "nofield = 1"}, **wrong)
    assert (found.status_code, found.json()) == (200, {"issues": [], "isLast": True})


def test_a_stopped_site_drops_its_connections(serving, sign_in):
    server = serving(seed=None)
    client = sign_in(server)
    assert client.call("GET", "/myself").status_code == 200
    server.stop()
    with pytest.raises(requests.ConnectionError):
        client.call("GET", "/myself")


def test_bursts_are_limited_by_endpoint_where_asked_for(serving, sign_in):
    jira = sign_in(serving(seed=None, bursts=True, monotonic=lambda: 0.0))
    statuses = [jira.call("PUT", "/issue/PLAT-1", {}).status_code for _ in range(51)]
    assert statuses == [404] * 50 + [429]
    assert jira.call("GET", "/myself").status_code == 200
