"""What is held, released and dropped at each door: the same list, the same state after it, the same entry in the audit log."""

from __future__ import annotations

import json

import pytest

from connectors.store.numbers import objectives
from connectors.store.work import due
from connectors.store.writes import refusals, writes
from docs.screenshots.company import REVISION, seeded
from mappings.write_back.plan import Change, Plan
from plugin.access.authorization.actor import COMMAND_LINE, Actor
from plugin.access.authorization.permission import Permission
from plugin.runtime.connector import Refusal
from plugin.use_cases.permission import PermissionRefusal
from plugin.use_cases.work import held_writes

FIRST, SECOND = (one.state for one in seeded().saved[:2])
WHY = "26 of 30 values would change."
DOORS = ("page", "api", "command")


def change(issue_id, key, field_name, before, after):
    return Change(issue_id, key, field_name.lower().replace(" ", "_"), field_name, before, after, f"{after}")


OF_FIRST = (
    change(FIRST.id, FIRST.key, "OKR progress", 40, 62),
    change(FIRST.id, FIRST.key, "OKR health", {"value": "On track"}, {"value": "At risk"}),
)
OF_SECOND = (change("20001", "CORE-7", "OKR progress", 10, None),)


def hold(doors):
    """Two changes of one objective and one of another wait; nothing of them is due."""
    connector, now = doors.connector, doors.connector.clock()
    with connector.store.write() as conn:
        for state, changes in ((FIRST, OF_FIRST), (SECOND, OF_SECOND)):
            objectives.save(conn, "main", state, REVISION, now)
            plan_id = writes.intend(conn, "main", Plan(state.id, changes), REVISION, "resync", now)
            for one in changes:
                writes.settle(conn, plan_id, one.issue_id, one.field_id, "held", WHY, now)
    return doors


@pytest.fixture
def waiting(doors):
    return hold(doors)


def decide(doors, door, act, name=None):
    """Release or drop what is held of an objective, or of all; whether the door said yes."""
    if door == "page":
        form = {"all": "yes"} if name is None else {"objective": name}
        return doors.page(f"/health/main/held/{act}", **form).status_code == 302
    if door == "api":
        body = {"all": True} if name is None else {"objectives": [name]}
        return doors.api("POST", f"/held/{act}", body).status_code == 200
    return doors.command("held", act, "--all" if name is None else name).exit_code == 0


def standing(doors):
    """Outcomes of the three changes in the order they were noted, and how many objectives are due."""
    places = [(one.issue_id, one.field_id) for one in (*OF_FIRST, *OF_SECOND)]
    with doors.connector.store.read() as conn:
        outcomes = [writes.load_latest(conn, "main", *place).outcome.value for place in places]
        return outcomes, due.pending_count(conn, "main")


def gauge(doors):
    lines = doors.browser.get("/metrics").get_data(as_text=True).splitlines()
    (line,) = [one for one in lines if one.startswith('jira_okr_held_writes{site="main"}')]
    return float(line.split()[-1])


def test_every_door_lists_it(waiting):
    doors = waiting
    given = doors.api("GET", "/held").json
    assert given["next"] is None
    assert [
        (one["objective"], one["name"], one["issue"], one["field_name"], one["stands"], one["wanted"])
        for one in given["items"]
    ] == [
        (SECOND.id, SECOND.key, "CORE-7", "OKR progress", 10, None),
        (FIRST.id, FIRST.key, FIRST.key, "OKR health", {"value": "On track"}, {"value": "At risk"}),
        (FIRST.id, FIRST.key, FIRST.key, "OKR progress", 40, 62),
    ]
    assert {one["why"] for one in given["items"]} == {WHY}
    listed = doors.command("held", "list", "--json")
    assert listed.exit_code == 1
    assert [
        (one["objective"], one["field"], one["before"], one["after"], one["why"])
        for one in json.loads(listed.output)
    ] == [
        (one["objective"], one["field"], one["stands"], one["wanted"], one["why"]) for one in given["items"]
    ]
    shown = doors.look("/health")
    for text in ("OKR progress: 40 → 62", "OKR health: On track → At risk", "OKR progress: 10 → empty", WHY):
        assert text in shown
    assert doors.api("GET", "/sites/main/status").json["held"] == 3
    assert gauge(doors) == 3
    assert doors.command("status", "--json").exit_code == 1


def test_the_list_goes_by_page(waiting):
    first = waiting.api("GET", "/held?limit=2").json
    assert len(first["items"]) == 2
    second = waiting.api("GET", f"/held?limit=2&cursor={first['next']}").json
    assert ([one["field_name"] for one in second["items"]], second["next"]) == (["OKR progress"], None)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("act", "outcome"), [("release", "released"), ("drop", "dropped")])
def test_what_is_held_of_an_objective_is_decided_alike_at_each_door(waiting, door, act, outcome):
    assert decide(waiting, door, act, FIRST.id)
    assert standing(waiting) == ([outcome, outcome, "held"], 1)
    assert gauge(waiting) == 1
    detail = {"objectives": [FIRST.id], "count": 2}
    assert waiting.audited() == [(f"held writes {outcome}", detail, "main")]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("act", "outcome"), [("release", "released"), ("drop", "dropped")])
def test_all_that_is_held_is_decided_alike_at_each_door(waiting, door, act, outcome):
    assert decide(waiting, door, act)
    assert standing(waiting) == ([outcome] * 3, 2)
    assert gauge(waiting) == 0
    detail = {"objectives": sorted([FIRST.id, SECOND.id]), "count": 3}
    assert waiting.audited() == [(f"held writes {outcome}", detail, "main")]
    assert "/held/release" not in waiting.look("/health")
    assert waiting.command("held", "list").output == "Nothing is held.\n"


@pytest.mark.parametrize("door", ["api", "command"])
def test_an_objective_is_named_by_its_key_too(waiting, door):
    assert decide(waiting, door, "drop", SECOND.key)
    assert standing(waiting) == (["held", "held", "dropped"], 1)


def test_what_is_not_held_changes_nothing_and_leaves_no_entry(waiting):
    assert "It is not held any more" in _told(waiting, objective="404")
    assert "It is not held any more" in _told(waiting)
    assert waiting.api("POST", "/held/release", {"objectives": ["404"]}).status_code == 404
    for body in ({}, {"objectives": []}, {"objectives": [FIRST.id], "all": True}):
        assert waiting.api("POST", "/held/release", body).status_code == 422
    assert waiting.command("held", "release", "404").exit_code == 1
    assert waiting.command("held", "release").exit_code == 2
    with pytest.raises(Refusal):
        held_writes.drop(waiting.connector, COMMAND_LINE, "main", ["404"])
    assert (standing(waiting), waiting.audited()) == ((["held"] * 3, 0), [])


def _told(doors, **form):
    doors.page("/health/main/held/release", **form)
    return doors.look("/health")


def test_a_viewer_may_look_and_do_nothing_at_any_door(doors_of):
    doors = hold(doors_of("viewer"))
    viewer = Actor("vic@acme.example", Permission.VIEWER)
    assert len(held_writes.list_held(doors.connector, viewer, "main")) == 3
    assert len(doors.api("GET", "/held").json["items"]) == 3
    for act in (held_writes.release, held_writes.drop):
        with pytest.raises(PermissionRefusal, match="takes the role editor"):
            act(doors.connector, viewer, "main")
    for act in ("release", "drop"):
        assert doors.api("POST", f"/held/{act}", {"all": True}).status_code == 403
        assert doors.page(f"/health/main/held/{act}", all="yes").status_code == 403
    shown = doors.look("/health")
    assert ("OKR progress: 40 → 62" in shown, "/held/release" in shown) == (True, False)
    assert (standing(doors), doors.audited()) == ((["held"] * 3, 0), [])


def test_the_page_says_of_a_refusal_what_stands_and_what_is_wanted(doors):
    with doors.connector.store.write() as conn:
        now = doors.connector.clock()
        refusals.put(conn, "main", FIRST.id, OF_FIRST[0], "Not on the screen.", "Add it.", REVISION, now)
    assert "Jira has 40; wanted is 62." in doors.look("/health")


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("act", ["release", "drop"])
def test_no_door_says_that_it_decided_what_was_decided_meanwhile(waiting, monkeypatch, door, act):
    connector = waiting.connector
    listed = held_writes.list_held(connector, COMMAND_LINE, "main")
    held_writes.drop(connector, COMMAND_LINE, "main")
    before = standing(waiting), waiting.audited()
    monkeypatch.setattr("plugin.use_cases.work.held_writes.list_held", lambda *_words: listed)
    assert decide(waiting, door, act, FIRST.key) == (door == "page")
    assert (standing(waiting), waiting.audited()) == before
    monkeypatch.undo()
    if door == "page":
        assert "It is not held any more" in waiting.look("/health")
