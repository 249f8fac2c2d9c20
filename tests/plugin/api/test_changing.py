"""What changes something: plans, keys, sync, deliveries, dead letters, refusals, sites. Asserted on the world, not on calls."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import requests

from connectors.sandbox import CONNECTOR
from connectors.store.mirror import mirror
from connectors.store.people import audit
from connectors.store.work import due, inbox
from connectors.store.writes import refusals
from mappings.write_back.plan import Change
from plugin.use_cases.work.held_writes import count_changes

AUTH = (CONNECTOR.email, CONNECTOR.token)


@pytest.fixture
def spoil() -> Callable[[Any], tuple[str, str]]:
    """Writes a wrong value over a field of ours in Jira and mirrors it; gives the objective's key and the field."""

    def act(api: Any) -> tuple[str, str]:
        one = next(
            w for w in api.all("/writes") if w["field_name"] == "OKR progress" and w["after"] is not None
        )
        fields = api.connector.context("main").written_places
        field = next(
            f for f in sorted(fields) if api.connector.catalogue("main").field(f).name == "OKR progress"
        )
        body = {"fields": {field: 1}}
        address = f"{api.sandbox.url}/rest/api/3/issue/{one['issue']}"
        assert requests.put(address, json=body, auth=AUTH, timeout=10).status_code == 204
        jira = api.connector.site("main").jira
        context = api.connector.context("main")
        with api.connector.store.read() as conn:
            issue_id = mirror.id_of_key(conn, "main", one["issue"])
        issues = jira.read([issue_id], context.fields).issues
        with api.connector.store.write() as conn:
            mirror.put(conn, "main", issues)
        return one["objective"], one["issue"]

    return act


def test_a_plan_says_what_would_be_written_and_applying_writes_just_that(
    own_api: Any, spoil: Callable[..., Any]
) -> None:
    assert [one for one in own_api.all("/plan") if one["changes"]] == []
    objective, issue = spoil(own_api)
    planned = [one for one in own_api.all("/plan", limit=3) if one["changes"]]
    assert [one["objective"] for one in planned] == [objective]
    assert own_api.get("/plan", objective=objective)["items"] == planned
    changes = planned[0]["changes"]
    assert [
        one["before"] for one in changes if one["issue"] == issue and one["field_name"] == "OKR progress"
    ] == [1]

    key = {"Idempotency-Key": "write-it-once"}
    first = own_api.call("POST", "/plan/apply", {"objectives": [objective]}, headers=key)
    nothing = {"written": [], "refused": [], "held": [], "refused_before": [], "waiting": []}
    assert first.json == {**nothing, "written": changes}
    assert [one for one in own_api.all("/plan") if one["changes"]] == []
    again = own_api.call("POST", "/plan/apply", {"objectives": [objective]}, headers=key)
    assert again.json == first.json
    assert again.headers["Idempotency-Replayed"] == "true"
    assert own_api.call("POST", "/plan/apply", {"objectives": [objective]}).json == nothing
    assert own_api.all("/writes", text=issue)[0]["outcome"] == "written"


def test_a_plan_shows_what_is_held_until_a_person_decides(own_api: Any) -> None:
    context, catalogue = own_api.connector.context("main"), own_api.connector.catalogue("main")
    ids = {catalogue.field(one).name: one for one in context.written_places}
    other = {"OKR progress": 1, "OKR health": {"value": "Pending"}}
    for issue in {one["issue"] for one in own_api.all("/writes")}:
        context.jira.edit(issue, {ids[name]: value for name, value in other.items()})
    own_api.sync()

    held = own_api.all("/held")
    planned = own_api.all("/plan")
    assert len(held) > 3
    listed = [[one["issue"], one["field"], one["stands"], one["wanted"]] for one in held]
    shown = [
        [one["issue"], one["field"], one["before"], one["after"]] for plan in planned for one in plan["held"]
    ]
    assert sorted(shown, key=lambda one: one[:2]) == sorted(listed, key=lambda one: one[:2])
    assert [one for plan in planned for one in plan["changes"]] == []

    first = held[0]["objective"]
    applied = own_api.call("POST", "/plan/apply", {"objectives": [first]}).json
    assert applied["written"] == []
    assert {one["issue"] for one in applied["held"]} == {
        one["issue"] for one in held if one["objective"] == first
    }
    of_first = sum(one["objective"] == first for one in held)
    dropped = own_api.call("POST", "/held/drop", {"objectives": [first]})
    assert dropped.json == {"said": f"{count_changes(of_first)} dropped."}
    released = own_api.call("POST", "/held/release", {"all": True})
    assert released.json == {"said": f"{count_changes(len(held) - of_first)} released."}
    assert own_api.all("/held") == []
    planned = own_api.all("/plan")
    assert [one for plan in planned for one in plan["held"]] == []
    wanted = {one["objective"] for one in held} - {first}
    assert {plan["objective"] for plan in planned if plan["changes"]} == wanted


def test_a_key_belongs_to_one_request_of_one_caller(api: Any, problem_of: Callable[..., Any]) -> None:
    key = {"Idempotency-Key": "k1"}
    text = {"text": "version: 1"}
    first = api.call("POST", "/mappings/validate", text, headers=key)
    assert first.json["valid"] is False
    other = api.call("POST", "/mappings/validate", {"text": "version: 2"}, headers=key)
    assert problem_of(other)["status"] == 422
    assert (
        api.call("POST", "/mappings/validate", text, headers=key, role="viewer").headers.get(
            "Idempotency-Replayed"
        )
        is None
    )
    for wrong in ("x" * 256, "é"):
        refused = api.call("POST", "/mappings/validate", text, headers={"Idempotency-Key": wrong})
        assert problem_of(refused)["status"] == 422


def test_a_request_that_failed_gives_its_key_back(api: Any) -> None:
    key = {"Idempotency-Key": "k2"}
    assert api.call("POST", "/plan/apply", {"objectives": ["NONE-1"]}, headers=key).status_code == 404
    one = api.get("/objectives")["items"][0]["key"]
    assert api.call("POST", "/plan/apply", {"objectives": [one]}, headers=key).status_code == 200


def test_keys_are_forgotten_after_a_day(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    key = {"Idempotency-Key": "k3"}
    assert api.call("POST", "/mappings/validate", {"text": "a"}, headers=key).status_code == 200
    now = api.connector.clock()
    monkeypatch.setattr(api.connector, "clock", lambda: now + timedelta(hours=25))
    answer = api.call("POST", "/mappings/validate", {"text": "b"}, headers=key)
    assert answer.status_code == 200
    assert "Idempotency-Replayed" not in answer.headers


def test_sync_now_runs_in_the_background_and_tells_how_far_it_is(api: Any) -> None:
    started = api.call("POST", "/sites/main/sync", {"write": True})
    assert started.status_code == 202
    assert started.json["started"] is True
    assert started.headers["Location"] == "/api/v1/sites/main/sync"
    until = time.monotonic() + 20
    while api.get("/sites/main/sync")["state"] == "running":
        assert time.monotonic() < until
        time.sleep(0.05)
    ended = api.get("/sites/main/sync")
    assert (ended["state"], ended["by"]) == ("done", "admin@acme.example (token tests)")
    assert ended["said"].startswith("Read ")


def test_the_past_is_reconstructed_in_the_background_once_and_on_record(api: Any) -> None:
    def ended() -> Any:
        until = time.monotonic() + 60
        while (found := api.get("/sites/main/history"))["state"] == "running":
            assert time.monotonic() < until
            time.sleep(0.05)
        return found

    assert api.call("GET", "/sites/main/history").status_code == 404
    assert api.call("POST", "/sites/main/history", {"days": 0}).status_code == 422
    started = api.call("POST", "/sites/main/history", {"days": 3})
    assert (started.status_code, started.json["started"]) == (202, True)
    assert re.fullmatch(r"\d+ points of the past are kept, of 3 days\.", ended()["said"])
    api.call("POST", "/sites/main/history", {"days": 3})
    assert ended()["said"] == "It was done under this mapping revision already."
    with api.connector.store.read() as conn:
        noted = [one for one in audit.recent(conn, 20) if one.what == "history reconstructed"]
    assert [one.who for one in noted] == ["admin@acme.example (token tests)"]


def test_status_says_what_waits(api: Any) -> None:
    said = api.get("/status")
    assert [one["site"] for one in said["sites"]] == ["main"]
    one = api.get("/sites/main/status")
    assert one == said["sites"][0]
    assert one["issues"] > 100
    assert one["dead_letters"] == one["refused"] == 0
    assert one["last_resync"] is not None


def test_deliveries_are_listed_and_worked_off_again(api: Any, problem_of: Callable[..., Any]) -> None:
    now = api.connector.clock()
    with api.connector.store.write() as conn:
        ids = [inbox.store(conn, "main", f"d{n}", b"{}", now, "jira:issue_updated") for n in range(5)]
        for id_ in ids[:4]:
            inbox.settle(conn, id_, "failed", "Jira was away", now)
    assert [one["id"] for one in api.all("/deliveries", limit=2)] == sorted(ids, reverse=True)
    assert len(api.all("/deliveries", status="failed")) == 4
    assert api.call("POST", f"/deliveries/{ids[0]}/replay", role="editor").status_code == 200
    assert len(api.all("/deliveries", status="pending")) == 2
    missing = api.call("POST", "/deliveries/999999/replay")
    assert problem_of(missing)["status"] == 404


def bury(api: Any, objective: str) -> None:
    now = api.connector.clock()
    with api.connector.store.write() as conn:
        due.mark(conn, "main", [objective], now, "tests")
        claimed = due.claim(conn, "tests", now, timedelta(minutes=1), 100, site="main")
        mine = next(one for one in claimed if one.objective_id == objective)
        due.bury(conn, mine, "Jira refused the call (400).", "Put the field on the screen.", now)


def test_dead_letters_are_retried_and_discarded_and_both_are_in_the_audit_log(
    api: Any, problem_of: Callable[..., Any]
) -> None:
    one = api.get("/objectives")["items"][0]
    waiting = api.get("/sites/main/status")["due"]
    bury(api, one["id"])
    letter = api.all("/dead-letters")[0]
    assert (letter["objective"], letter["key"]) == (one["id"], one["key"])
    assert letter["remedy"] == "Put the field on the screen."
    assert api.call("POST", f"/dead-letters/{one['id']}/retry").status_code == 200
    assert api.all("/dead-letters") == []
    assert api.get("/sites/main/status")["due"] == waiting + 1

    bury(api, one["id"])
    assert api.call("DELETE", f"/dead-letters/{one['id']}", role="editor").status_code == 200
    assert api.get("/sites/main/status")["due"] == waiting
    gone = api.call("DELETE", f"/dead-letters/{one['id']}")
    assert problem_of(gone)["status"] == 404
    said = [(act["what"], act["who"]) for act in api.all("/audit", text="dead letter")]
    assert said == [
        ("dead letter discarded", "editor@acme.example (token tests)"),
        ("dead letter retried", "admin@acme.example (token tests)"),
    ]


def test_dead_letters_are_listed_page_by_page(api: Any) -> None:
    objectives = [one["id"] for one in api.get("/objectives")["items"][:3]]
    for one in objectives:
        bury(api, one)
    whole = api.get("/dead-letters", limit=3)
    assert (sorted(one["objective"] for one in whole["items"]), whole["next"]) == (sorted(objectives), None)
    first = api.get("/dead-letters", limit=2)
    assert first["items"] == whole["items"][:2]
    rest = api.get("/dead-letters", limit=2, cursor=first["next"])
    assert (rest["items"], rest["next"]) == (whole["items"][2:], None)


def test_refused_fields_are_tried_again(api: Any, problem_of: Callable[..., Any]) -> None:
    one = api.get("/objectives")["items"][-1]
    waiting = api.get("/sites/main/status")["due"]
    change = Change(one["id"], one["key"], "customfield_10060", "OKR progress", None, 5, "")
    with api.connector.store.write() as conn:
        refusals.put(
            conn, "main", one["id"], change, "not on the screen", "Add it.", "r1", api.connector.clock()
        )
    assert api.all("/refusals")[0]["message"] == "not on the screen"
    assert api.call("POST", "/refusals/retry", {"objective": one["id"]}).status_code == 200
    assert [(shown["wanted"], shown["tried_again"]) for shown in api.all("/refusals")] == [(5, True)]
    assert api.get("/sites/main/status")["due"] == waiting + 1
    again = api.call("POST", "/refusals/retry", {"objective": "404404"})
    assert problem_of(again)["status"] == 404
    part = {"objective": one["id"], "field": "customfield_10060"}
    assert api.call("POST", "/refusals/discard", part, role="viewer").status_code == 403
    assert api.call("POST", "/refusals/discard", {**part, "field": "customfield_10061"}).status_code == 404
    assert api.call("POST", "/refusals/discard", part, role="editor").status_code == 200
    assert api.all("/refusals") == []
    said = [(act["what"], act["who"]) for act in api.all("/audit", text="refusals")]
    assert said[0] == ("refusals discarded", "editor@acme.example (token tests)")


def test_a_site_is_tried_added_and_removed_and_its_secrets_never_come_back(
    api: Any, problem_of: Callable[..., Any]
) -> None:
    tried = api.call("POST", "/sites/main/test").json
    assert tried["works"]
    assert tried["projects"]
    site = {"name": "second", "url": api.sandbox.url, "email": CONNECTOR.email, "token": CONNECTOR.token}
    wrong = api.call("POST", "/sites", {**site, "token": "wrong"})
    assert problem_of(wrong)["status"] == 502
    assert [one["name"] for one in api.get("/sites")["items"]] == ["main"]
    added = api.call("POST", "/sites", {**site, "webhook_secret": "hush-hush"})
    assert added.status_code == 201, added.text
    listed = api.call("GET", "/sites")
    assert [one["name"] for one in listed.json["items"]] == ["main", "second"]
    assert CONNECTOR.token not in listed.text + added.text
    assert "hush-hush" not in listed.text + added.text
    told = api.call("GET", "/sites/second/webhook")
    given = told.json
    events = given.pop("events")
    assert {"jira:issue_updated", "issuelink_created", "sprint_closed"} <= set(events)
    assert given == {
        "url": "http://localhost/webhooks/jira/second",
        "secret": "unshown",
        "secret_shown_at": None,
        "header": "X-OKR-Secret",
        "by_app": False,
    }
    shown = api.call("POST", "/sites/second/webhook/secret/show", headers={"Idempotency-Key": "once"})
    assert shown.json == {
        "secret": "hush-hush",
        "header": "X-OKR-Secret",
        "header_value": "cdae40ec34ea04a0a09f24f7a820e931a2dcf86b6ec4466c",
    }
    assert shown.headers["Cache-Control"] == "no-store"
    again = api.call("POST", "/sites/second/webhook/secret/show", headers={"Idempotency-Key": "once"})
    assert (again.json["secret"], again.json["header_value"]) == (None, None)
    assert api.call("GET", "/sites/second/webhook", role="editor").status_code == 403
    assert api.call("DELETE", "/sites/second").status_code == 200
    assert [one["name"] for one in api.get("/sites")["items"]] == ["main"]
    assert api.call("DELETE", "/sites/main").status_code == 409
