"""A gap is the same thing at every door: listed with its reason, accepted by whoever may, and no reason to exit with 1 after that."""

from __future__ import annotations

import json

import pytest

from connectors.store.absence import gaps
from mappings.facts.gap import Gap
from plugin.runtime.connector import Refusal

HIDDEN = Gap("10104", "PLAT-4", "Jira forbids to read it: no permission.", "Give the permission.")


@pytest.fixture
def one_gap(doors):
    with doors.connector.store.write() as conn:
        gaps.put(conn, "main", [HIDDEN], doors.connector.clock())
    return doors


def accept(doors, door):
    if door == "page":
        return doors.page("/health/main/gaps/accept", issue="10104").status_code == 302
    if door == "api":
        return doors.api("POST", "/gaps/accept", {"issue": "PLAT-4"}).status_code == 200
    return doors.command("gaps", "accept", "plat-4").exit_code == 0


def reopen(doors, door):
    if door == "page":
        return doors.page("/health/main/gaps/reopen", issue="10104").status_code == 302
    if door == "api":
        return doors.api("POST", "/gaps/reopen", {"issue": "10104"}).status_code == 200
    return doors.command("gaps", "reopen", "10104").exit_code == 0


def test_every_door_lists_it(one_gap):
    doors = one_gap
    [given] = doors.api("GET", "/gaps").json["items"]
    assert (given["issue"], given["key"], given["field"]) == ("10104", "PLAT-4", None)
    assert (given["reason"], given["remedy"]) == (HIDDEN.reason, HIDDEN.remedy)
    assert (given["objectives"], given["accepted_by"]) == ([], None)
    listed = doors.command("gaps", "list", "--json")
    assert listed.exit_code == 1
    assert json.loads(listed.output)[0]["reason"] == HIDDEN.reason
    assert "PLAT-4: Jira forbids to read it" in doors.command("status").output
    assert "gaps" in [one["kind"] for one in json.loads(doors.command("status", "--json").output)["concerns"]]
    assert HIDDEN.reason in doors.look("/health")
    assert 'jira_okr_gaps{site="main"} 1.0' in doors.browser.get("/metrics").get_data(as_text=True)


@pytest.mark.parametrize("door", ["page", "api", "command"])
def test_every_door_accepts_it_and_takes_that_back(one_gap, door):
    doors = one_gap
    assert accept(doors, door)
    assert doors.command("gaps", "list").exit_code == 0
    assert 'jira_okr_gaps{site="main"} 0.0' in doors.browser.get("/metrics").get_data(as_text=True)
    concerns = json.loads(doors.command("status", "--json").output)["concerns"]
    assert "gaps" not in [one["kind"] for one in concerns]
    assert "Accepted by" in doors.look("/health")
    assert reopen(doors, door)
    assert doors.command("gaps", "list").exit_code == 1
    detail = {"issue": "PLAT-4", "field": ""}
    assert doors.audited() == [
        ("gap accepted", detail, "main"),
        ("gap taken up again", detail, "main"),
    ]


def test_no_door_accepts_what_is_no_gap(one_gap):
    doors = one_gap
    doors.page("/health/main/gaps/accept", issue="PLAT-5")
    assert doors.api("POST", "/gaps/accept", {"issue": "PLAT-5"}).status_code == 404
    assert doors.command("gaps", "accept", "PLAT-5").exit_code == 1
    assert doors.audited() == []


@pytest.mark.parametrize(("act", "what"), [("accept", "accept_gaps"), ("reopen", "reopen_gaps")])
def test_no_door_takes_another_obstacle_for_a_gap_that_is_none(one_gap, monkeypatch, act, what):
    def hindered(*_words):
        raise Refusal("The mapping is gone.")

    for module in ("plugin.api.work.gaps", "plugin.pages.health.gaps"):
        monkeypatch.setattr(f"{module}.{what}", hindered)
    told = one_gap.api("POST", f"/gaps/{act}", {"issue": "PLAT-4"})
    assert (told.status_code, told.json["detail"]) == (409, "The mapping is gone.")
    page = one_gap.page(f"/health/main/gaps/{act}", issue="PLAT-4").get_data(as_text=True)
    assert "The mapping is gone." in page + one_gap.look("/health")
    assert "the issue was read meanwhile" not in page + one_gap.look("/health")


@pytest.mark.parametrize("door", ["page", "api"])
def test_a_viewer_accepts_nothing(doors_of, door):
    doors = doors_of("viewer")
    with doors.connector.store.write() as conn:
        gaps.put(conn, "main", [HIDDEN], doors.connector.clock())
    assert not accept(doors, door)
    assert doors.audited() == []
    assert "accept_gap" not in doors.look("/health")
    assert [one["accepted_by"] for one in doors.api("GET", "/gaps").json["items"]] == [None]
