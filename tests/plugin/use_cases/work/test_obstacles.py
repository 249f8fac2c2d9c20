"""What stands in the way of one objective's number is said where the objective is looked at, at each door, and of no other one."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.store.absence import gaps
from connectors.store.numbers import objectives
from connectors.store.work import due
from connectors.store.writes import refusals, writes
from docs.screenshots.company import REVISION, seeded
from mappings.facts.gap import Gap
from mappings.write_back.plan import Change, Plan

FIRST, SECOND = (one.state for one in seeded().saved[:2])
NEEDED = min(FIRST.touched - SECOND.touched)
HELD = Change(FIRST.id, FIRST.key, "f1", "OKR progress", 40, 62, "62")
REFUSED = Change(FIRST.id, FIRST.key, "f2", "OKR health", None, {"value": "At risk"}, "At risk")


@pytest.fixture
def hindered(doors: Any) -> Any:
    """All that can happen has happened to the first objective, and nothing to the second."""
    now = doors.connector.clock()
    with doors.connector.store.write() as conn:
        for state in (FIRST, SECOND):
            objectives.save(conn, "main", state, REVISION, now)
        plan_id = writes.intend(conn, "main", Plan(FIRST.id, (HELD,)), REVISION, "resync", now)
        writes.settle(conn, plan_id, FIRST.id, "f1", "held", "26 of 30 values would change.", now)
        refusals.put(conn, "main", FIRST.id, REFUSED, "It is on no screen.", "Put it there.", REVISION, now)
        gaps.put(conn, "main", [Gap(NEEDED, "PLAT-9", "Its status cannot be read.", field="status")], now)
        due.mark(conn, "main", [FIRST.id], now, "event")
        [claimed] = due.claim(conn, "worker", now, timedelta(minutes=1), 5)
        due.bury(conn, claimed, "It divides by nothing.", "Tell us.", now)
    return doors


def test_every_door_says_what_stands_in_its_way(hindered: Any) -> None:
    given = hindered.api("GET", f"/objectives/{FIRST.id}/obstacles").json["items"]
    assert [(one["kind"], one["name"], one["field"], one["why"]) for one in given] == [
        ("dead_letter", FIRST.key, "", "It divides by nothing."),
        ("unread", "PLAT-9", "status", "Its status cannot be read."),
        ("refused", FIRST.key, "OKR health", "It is on no screen."),
        ("held", FIRST.key, "OKR progress", "26 of 30 values would change."),
    ]
    assert [(one["stands"], one["wanted"]) for one in given[2:]] == [(None, {"value": "At risk"}), (40, 62)]
    told = hindered.command("explain", FIRST.id, "--json")
    parts = ("kind", "name", "issue_key", "field", "why", "stands", "wanted")
    of_command = json.loads(told.output)["obstacles"]
    assert [[one[part] for part in parts] for one in of_command] == [
        [one[part] for part in parts] for one in given
    ]
    assert [one["remedy"] for one in (given[0], given[2])] == ["Tell us.", "Put it there."]
    assert given[1]["remedy"].endswith("Or let the numbers do without it: POST /api/v1/gaps/accept.")
    assert given[3]["remedy"].endswith("GET /api/v1/held.")
    assert of_command[3]["remedy"].endswith("jira-okr held list.")
    words = hindered.command("explain", FIRST.id).output
    page = hindered.browser.get(f"/objectives/{FIRST.id}").get_data(as_text=True)
    for said in (
        "OKR progress is not written. 26 of 30 values would change. Jira has 40; wanted is 62.",
        "Tell us.",
    ):
        assert said in " ".join(words.split())
        assert said in page


def test_what_is_missing_of_one_is_its_part_of_the_site_and_sync_health_lists_that(hindered: Any) -> None:
    """Which is asked for one objective without looking at the whole site."""
    every = hindered.api("GET", "/missing?limit=200").json["items"]
    mine = hindered.api("GET", f"/missing?objective={FIRST.id}&limit=200").json["items"]
    assert mine == [one for one in every if FIRST.key in one["objectives"]]
    assert [one["kind"] for one in mine[:4]] == ["dead_letter", "unread", "refused", "held"]
    assert "held" not in {
        one["kind"] for one in hindered.api("GET", f"/missing?objective={SECOND.id}").json["items"]
    }
    page = hindered.look("/health")
    for said in (
        "It divides by nothing.",
        "Its status cannot be read.",
        "It is on no screen.",
        "26 of 30 values",
    ):
        assert page.count(said) >= 1, said


def test_nothing_is_said_of_an_objective_that_nothing_hinders(hindered: Any) -> None:
    assert hindered.api("GET", f"/objectives/{SECOND.id}/obstacles").json == {"items": []}
    assert json.loads(hindered.command("explain", SECOND.id, "--json").output)["obstacles"] == []
    assert "stands in its way" not in hindered.browser.get(f"/objectives/{SECOND.id}").get_data(as_text=True)


def test_a_gap_that_was_accepted_stands_in_nobody_s_way(hindered: Any) -> None:
    with hindered.connector.store.write() as conn:
        issue = gaps.load_all(conn, "main")[0].issue
        gaps.accept(conn, "main", issue, "kim@acme.example", hindered.connector.clock())
    kinds = [one["kind"] for one in hindered.api("GET", f"/objectives/{FIRST.id}/obstacles").json["items"]]
    assert kinds == ["dead_letter", "refused", "held"]


def test_of_a_thousand_held_changes_people_are_told_the_first_and_how_many_more_there_are(
    hindered: Any,
) -> None:
    now, many = hindered.connector.clock(), 1_000
    changes = [replace(HELD, issue_id=f"9{at:04}", issue_key=f"PLAT-{1_000 + at}") for at in range(many)]
    with hindered.connector.store.write() as conn:
        plan_id = writes.intend(conn, "main", Plan(FIRST.id, tuple(changes)), REVISION, "resync", now)
        for one in changes:
            writes.settle(conn, plan_id, one.issue_id, "f1", "held", "Many values would change.", now)
    assert len(hindered.api("GET", f"/objectives/{FIRST.id}/obstacles").json["items"]) == many + 4
    page = hindered.browser.get(f"/objectives/{FIRST.id}").get_data(as_text=True)
    assert (page.count("<b>Do this:</b>"), page.count("And 994 more.")) == (10, 1)
    assert "and 994 more; --json tells all" in hindered.command("explain", FIRST.id).output
    assert hindered.api("GET", f"/objectives/{SECOND.id}/obstacles").json == {"items": []}


def test_an_issue_that_cannot_be_read_is_told_however_many_others_cannot(hindered: Any) -> None:
    others = [Gap(str(90000 + number), f"FAR-{number}", "Forbidden.") for number in range(60)]
    with hindered.connector.store.write() as conn:
        gaps.put(conn, "main", others, hindered.connector.clock())
    given = hindered.api("GET", f"/objectives/{FIRST.id}/obstacles").json["items"]
    assert [one["name"] for one in given if one["kind"] == "unread"] == ["PLAT-9"]


def test_no_name_is_the_name_of_no_dead_letter(hindered: Any) -> None:
    assert hindered.command("dead-letters", "retry", "").exit_code == 1
    kinds = [one["kind"] for one in hindered.api("GET", f"/objectives/{FIRST.id}/obstacles").json["items"]]
    assert "dead_letter" in kinds
