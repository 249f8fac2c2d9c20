"""A dead letter and a refusal, retried and discarded at each door: the same state, the same entry in the audit log, the same refusal."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from connectors.store.numbers import objectives
from connectors.store.work import due
from connectors.store.writes import refusals, writes
from docs.screenshots.company import REVISION, seeded
from mappings.write_back.plan import Change, Plan
from plugin.access.authorization.actor import COMMAND_LINE, Actor
from plugin.access.authorization.permission import Permission
from plugin.cli.work.dead_letters import letters
from plugin.next_steps import HELD_WRITES, Door
from plugin.use_cases.health.missing_matters import list_matters, missing_values
from plugin.use_cases.permission import PermissionRefusal
from plugin.use_cases.work import dead_letters
from plugin.use_cases.work import refusals as refused_fields

STATE = seeded().saved[0].state
ID, KEY = STATE.id, STATE.key
FIELD = {"objective": ID, "issue": "20001", "field": "customfield_1", "count": 1}


@pytest.fixture
def failed(doors):
    """One objective that failed for good, and a field of it that Jira refuses."""
    now = doors.connector.clock()
    with doors.connector.store.write() as conn:
        objectives.save(conn, "main", STATE, REVISION, now)
        due.mark(conn, "main", [ID], now - timedelta(minutes=1), "event")
        (claimed,) = due.claim(conn, "w", now, timedelta(minutes=1), 1)
        due.bury(conn, claimed, "Jira answered 400", "Add the field", now)
        change = Change("20001", "CORE-7", "customfield_1", "OKR progress", None, 62, "62 %")
        refusals.put(conn, "main", ID, change, "Not on the screen.", "Add it.", REVISION, now)
    return doors


def standing(doors):
    """How many dead letters, refusals and due objectives there are."""
    with doors.connector.store.read() as conn:
        return (
            len(due.dead(conn, "main")),
            len(refusals.load_all(conn, "main")),
            due.pending_count(conn, "main"),
        )


def by_page(doors, act):
    return doors.page(f"/health/main/dead-letters/{act}", objective=ID).status_code == 302


def by_api(doors, act):
    if act == "retry":
        return doors.api("POST", f"/dead-letters/{ID}/retry").status_code == 200
    return doors.api("DELETE", f"/dead-letters/{ID}").status_code == 200


@pytest.mark.parametrize("door", [by_page, by_api])
@pytest.mark.parametrize(("act", "left"), [("retry", (0, 1, 1)), ("discard", (0, 1, 0))])
def test_a_letter_is_acted_on_alike_at_each_door(failed, door, act, left):
    assert door(failed, act)
    assert standing(failed) == left
    what = {"retry": "dead letter retried", "discard": "dead letter discarded"}[act]
    assert failed.audited() == [(what, {"objective": ID}, "main")]


@pytest.mark.parametrize(
    ("act", "left", "entries"),
    [
        (
            "retry",
            (0, 1, 1),
            [
                ("dead letter retried", {"objective": ID}, "main"),
                ("refusals retried", FIELD, "main"),
            ],
        ),
        (
            "discard",
            (0, 0, 0),
            [
                ("dead letter discarded", {"objective": ID}, "main"),
                ("refusals discarded", FIELD, "main"),
            ],
        ),
    ],
)
def test_a_command_acts_on_all_that_an_objective_left_and_leaves_the_same_entries(failed, act, left, entries):
    assert failed.command("dead-letters", act, KEY).exit_code == 0
    assert (standing(failed), failed.audited()) == (left, entries)
    assert set(failed.actors()) == {"command line"}


def test_programs_name_a_letter_as_people_do(failed):
    assert failed.api("POST", f"/dead-letters/{KEY.lower()}/retry").status_code == 200
    assert standing(failed) == (0, 1, 1)
    assert failed.api("POST", f"/dead-letters/{KEY}/retry").status_code == 404, "it waits no more"


def test_what_is_missing_is_the_same_at_each_door_and_each_says_its_own_remedy(failed):
    """The letter and the refused field; a write that is held has no words of its own to mend it, but the way of the door."""
    connector = failed.connector
    with connector.store.write() as conn:
        change = Change("20002", "CORE-8", "customfield_1", "OKR progress", None, 70, "70 %")
        plan = writes.intend(conn, "main", Plan(ID, (change,)), REVISION, "event", connector.clock())
        writes.settle(conn, plan, change.issue_id, change.field_id, "held", "the brake", connector.clock())
    listed = failed.api("GET", "/missing").json["items"]
    told = json.loads(failed.command("status", "--missing", "--json").stdout)["missing"]
    asked = [missing_values(one, Door.TOOL) for one in list_matters(connector, COMMAND_LINE, "main")]
    bare = [[{**one, "remedy": ""} for one in some] for some in (listed, told, asked)]
    assert bare[0] == bare[1] == bare[2]
    kinds = {one["kind"]: one for one in listed}
    assert {"dead_letter", "refused", "held"} <= kinds.keys()
    assert {tuple(kinds[kind]["objectives"]) for kind in ("dead_letter", "refused", "held")} == {(KEY,)}
    assert [
        next(one for one in some if one["kind"] == "held")["remedy"] for some in (listed, told, asked)
    ] == [HELD_WRITES.at(door) for door in (Door.API, Door.COMMAND, Door.TOOL)]
    of_one = failed.api("GET", f"/missing?objective={ID}")
    assert of_one.status_code == 200, of_one.json
    mine = of_one.json["items"]
    assert [one["kind"] for one in mine][:3] == [one["kind"] for one in listed][:3]
    words = failed.command("status").stdout
    assert f"failed item: {KEY}: Jira answered 400\n  to do: Add the field" in words
    assert "--" not in str(listed)


@pytest.mark.parametrize("door", ["page", "api", "api by names", "command"])
def test_a_refused_field_is_tried_again_alike_at_each_door(failed, door):
    with failed.connector.store.write() as conn:
        due.discard(conn, "main", ID)
    if door == "page":
        failed.page("/health/main/refused/retry", objective=ID, issue="20001", field="customfield_1")
    elif door == "api":
        body = {"objective": ID, "issue_id": "20001", "field": "customfield_1"}
        assert failed.api("POST", "/refusals/retry", body).status_code == 200
    elif door == "api by names":
        body = {"objective": KEY.lower(), "issue": "core-7", "field": "OKR progress"}
        assert failed.api("POST", "/refusals/retry", {**body, "field": "OKR health"}).status_code == 404
        assert failed.api("POST", "/refusals/retry", body).status_code == 200
    else:
        assert failed.command("dead-letters", "retry", KEY).exit_code == 0
    assert standing(failed) == (0, 1, 1), "it stands until Jira takes it"
    assert failed.audited() == [("refusals retried", FIELD, "main")]


@pytest.mark.parametrize("act", ["retry", "discard"])
def test_each_door_says_of_a_refusal_that_it_waits_no_more(failed, monkeypatch, act):
    connector = failed.connector
    listed = letters(connector, "main")
    with connector.store.write() as conn:
        due.discard(conn, "main", ID)
        refusals.clear(conn, "main", ID)

    failed.page(f"/health/main/refused/{act}", objective=ID, issue="20001", field="customfield_1")
    page = failed.look("/health")
    assert "It no longer waits: an event or a sync has taken it up." in page
    assert "written again now" not in page
    assert "Forgotten until" not in page
    body = {"objective": ID, "issue_id": "20001", "field": "customfield_1"}
    assert failed.api("POST", f"/refusals/{act}", body).status_code == 404
    monkeypatch.setattr("plugin.cli.work.dead_letters.letters", lambda *_words: listed)
    said = failed.command("dead-letters", act, "--all")
    assert said.exit_code == 1
    assert said.stdout == ""
    assert [line.split(".")[0] for line in said.stderr.splitlines()] == [
        f"waits no more: {KEY}",
        f"waits no more: {KEY} CORE-7 OKR progress",
    ]
    as_json = failed.command("dead-letters", act, "--all", "--json")
    assert as_json.exit_code == 1
    told = json.loads(as_json.stdout)
    done = {"retry": "retried", "discard": "discarded"}[act]
    assert (told[done], len(told["gone"])) == ([], 2)
    assert failed.audited() == []


def test_what_waits_no_more_changes_nothing_and_leaves_no_entry(failed):
    connector = failed.connector
    assert dead_letters.retry(connector, COMMAND_LINE, "main", "404") is False
    assert dead_letters.discard(connector, COMMAND_LINE, "main", "404") is False
    assert refused_fields.retry(connector, COMMAND_LINE, "main", "404") == 0
    assert (standing(failed), failed.audited()) == ((1, 1, 0), [])


def test_a_viewer_may_look_and_do_nothing_at_any_door(failed):
    viewer = Actor("vic@acme.example", Permission.VIEWER)
    assert [one.name for one in dead_letters.list_letters(failed.connector, viewer, "main")] == [KEY]
    for act in (dead_letters.retry, dead_letters.discard, refused_fields.retry, refused_fields.discard):
        with pytest.raises(
            PermissionRefusal, match=r"takes the role editor; vic@acme\.example may do what the role"
        ):
            act(failed.connector, viewer, "main", ID)
    assert (standing(failed), failed.audited()) == ((1, 1, 0), [])


def test_what_is_not_allowed_is_a_403(doors_of):
    viewer = doors_of("viewer")
    assert viewer.api("POST", f"/dead-letters/{ID}/retry").status_code == 403
    assert viewer.page("/health/main/dead-letters/retry", objective=ID).status_code == 403
