"""What Jira shows no more is the same thing at every door: listed with the reason, decided by whoever may, audited."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from connectors.store.absence import losses
from mappings.facts.issue import Issue, IssueType, Project, Status

AT = datetime(2026, 11, 9, 9, 0, tzinfo=UTC)
PLAT = Project("10000", "PLAT", "Platform")
WHY = "Jira no longer shows 2 of 3 issues of PLAT; by its own permissions the account may no longer browse the project."


def an_issue(id_, key):
    return Issue(
        id_, key, PLAT, IssueType("1", "Story", 0), Status("1", "To Do", "new"), AT, AT, "Faster pages"
    )


def hold(doors):
    with doors.connector.store.write() as conn:
        both = [(an_issue("10104", "PLAT-4"), WHY, ["10100"]), (an_issue("10105", "PLAT-5"), WHY, ["10100"])]
        losses.put(conn, "main", "held", both, doors.connector.clock())
    return doors


@pytest.fixture
def two_lost(doors):
    return hold(doors)


def dismiss(doors, door, name):
    if door == "page":
        return doors.page("/health/main/losses/dismiss", name=name).status_code == 302
    if door == "api":
        return doors.api("POST", "/losses/dismiss", {"names": [name]}).status_code == 200
    return doors.command("losses", "dismiss", name).exit_code == 0


def test_every_door_lists_them(two_lost):
    doors = two_lost
    first, _ = doors.api("GET", "/losses").json["items"]
    assert (first["issue"], first["issue_id"], first["project"], first["state"]) == (
        "PLAT-4",
        "10104",
        "PLAT",
        "held",
    )
    assert (first["reason"], first["objectives"], first["by"]) == (WHY, ["10100"], None)
    assert len(json.loads(doors.command("losses", "list", "--json").output)) == 2
    assert doors.api("GET", "/sites/main/status").json["losses"] == 2
    page = doors.look("/health")
    assert "PLAT: 2 issues" in page
    assert WHY in page
    assert "/health/main/losses/accept" in page
    assert 'jira_okr_losses{site="main"} 2.0' in doors.browser.get("/metrics").get_data(as_text=True)


def test_a_page_of_them_at_a_time_and_by_state(two_lost):
    doors = two_lost
    page = doors.api("GET", "/losses?limit=1").json
    assert [one["issue"] for one in page["items"]] == ["PLAT-4"]
    rest = doors.api("GET", f"/losses?limit=1&cursor={page['next']}").json
    assert ([one["issue"] for one in rest["items"]], rest["next"]) == (["PLAT-5"], None)
    assert doors.api("GET", "/losses?state=kept").json["items"] == []
    assert doors.api("GET", "/losses?state=lost").status_code == 422


@pytest.mark.parametrize("door", ["page", "api", "command"])
def test_every_door_keeps_one_or_all_of_a_project(two_lost, door):
    doors = two_lost
    assert dismiss(doors, door, "plat-4")
    assert [one["issue"] for one in doors.api("GET", "/losses").json["items"]] == ["PLAT-5"]
    assert dismiss(doors, door, "PLAT")
    assert doors.command("losses", "list").exit_code == 0
    assert [one["state"] for one in doors.api("GET", "/losses?state=kept").json["items"]] == ["kept", "kept"]
    assert "No longer shown by Jira" not in doors.look("/health")
    assert doors.audited() == [
        ("losses dismissed", {"issues": ["PLAT-4"], "count": 1}, "main"),
        ("losses dismissed", {"issues": ["PLAT-5"], "count": 1}, "main"),
    ]


@pytest.mark.parametrize("act", ["accept", "dismiss"])
def test_no_door_decides_on_what_is_not_held(two_lost, act):
    doors = two_lost
    assert doors.page(f"/health/main/losses/{act}", name="PLAT-6").status_code == 302
    refused = doors.api("POST", f"/losses/{act}", {"names": ["PLAT-4", "PLAT-6"]})
    assert (refused.status_code, "PLAT-6" in refused.json["detail"]) == (404, True)
    assert doors.command("losses", act, "PLAT-6").exit_code == 1
    assert doors.api("POST", f"/losses/{act}", {"names": []}).status_code == 422
    assert doors.audited() == []
    assert len(doors.api("GET", "/losses").json["items"]) == 2


@pytest.mark.parametrize("door", ["page", "api"])
def test_a_viewer_decides_nothing(doors_of, door):
    doors = hold(doors_of("viewer"))
    assert not dismiss(doors, door, "PLAT-4")
    assert doors.audited() == []
    assert "losses/dismiss" not in doors.look("/health")
    assert len(doors.api("GET", "/losses").json["items"]) == 2


@pytest.mark.parametrize("door", ["page", "api", "command"])
def test_no_door_says_that_it_decided_what_was_decided_meanwhile(two_lost, monkeypatch, door):
    doors = two_lost
    with doors.connector.store.write() as conn:
        listed = tuple(losses.load_all(conn, "main", "held"))
        losses.settle(conn, "main", [one.issue_id for one in listed], "accepted", "Grace", AT)
    monkeypatch.setattr("plugin.use_cases.work.losses._chosen", lambda *_words: listed)
    assert dismiss(doors, door, "PLAT") == (door == "page")
    if door == "page":
        assert "It waits no more" in doors.look("/health")
    with doors.connector.store.read() as conn:
        assert {one.state for one in losses.load_all(conn, "main")} == {"accepted"}
    assert doors.audited() == []
