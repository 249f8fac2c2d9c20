"""The door for Forge: who is let in where, what everybody else is told, and that nothing is kept of what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.store.forge import installations
from connectors.store.forge.installations import InstallationKey
from connectors.store.schema import due as waiting
from connectors.store.work import due
from connectors.store.writes import refusals
from mappings.facts.app_field import app_place_id
from mappings.write_back.plan import Change
from plugin.access.authorization.permission import rule_of
from plugin.runtime.application import create_app, refusal
from plugin.runtime.credentials_vault import vault
from tests.forge import APP_ID, OTHER_APP, PRODUCTION, new_key
from tests.forge_company import NORTH, SOUTH, World

DEVELOPMENT = {
    "app__environment": {"type": "DEVELOPMENT", "id": "ari:cloud:ecosystem::environment/8db33309/dev"}
}
EVENT = {
    "eventType": "avi:jira:updated:issue",
    "timestamp": "1791038284541",
    "issue": {"id": "10010", "key": "PLAT-1", "fields": {}},
    "changelog": {"id": "10124", "items": []},
}


def routes(world: World) -> list[tuple[str, str, str]]:
    """Method, path and endpoint of every route for Forge."""
    return sorted(
        (method, route.rule, route.endpoint)
        for route in world.app.url_map.iter_rules()
        if route.rule.startswith("/forge")
        for method in (route.methods or set()) - {"HEAD", "OPTIONS"}
    )


REFUSED: dict[str, tuple[dict[str, Any], int]] = {
    "another app": ({"aud": OTHER_APP, "app__id": OTHER_APP}, 401),
    "long over": ({"exp": 1}, 401),
    "another issuer": ({"iss": "forge-sim"}, 401),
    "another Jira": ({"context__cloudId": "99999999-2222-4333-8444-555555555555"}, 401),
    "an odd shape": ({"app__module": ["okr-context"]}, 401),
    "an installation that nobody paired": (DEVELOPMENT, 403),
    "the same environment under another kind": (
        {"app__environment": {"type": "STAGING", "id": PRODUCTION}},
        403,
    ),
    "a module that the manifest does not have": ({"app__module": {"key": "okr-else"}}, 403),
}
"""What is refused at every route, by what is wrong with the token."""


@pytest.mark.parametrize(("changes", "status"), REFUSED.values(), ids=REFUSED)
def test_every_route_refuses(world: World, changes: dict[str, Any], status: int) -> None:
    before, found = world.everything(), {}
    for method, path, endpoint in routes(world):
        answer = world.client.open(
            path, method=method, headers=world.forge.headers(world.now, **changes), json=EVENT
        )
        found[endpoint] = (answer.status_code, answer.content_type, bool(answer.json["detail"]))
    # whoever pairs is not paired yet: there another module is refused, another installation is not
    assert {one for name, one in found.items() if name != "forge.pair"} == {
        (status, "application/json", True)
    }
    assert found["forge.pair"][0] in (status, 403)
    assert world.everything() == before


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer x"},
        {"Authorization": "Basic dXNlcjpwYXNz"},
        {"Authorization": "Bearer okr_1234567890"},
        {"Authorization": "Bearer " + "a" * 40_000},
        {"Cookie": "jira_okr=anything"},
    ],
    ids=lambda headers: str(headers)[:40],
)
def test_without_a_token_of_forge_it_is_401(world: World, headers: dict[str, str]) -> None:
    before = world.everything()
    answers = [
        world.client.open(path, method=method, headers=headers, json=EVENT)
        for method, path, _ in routes(world)
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert {answer.content_type for answer in answers} == {"application/json"}
    assert world.everything() == before


def test_each_route_is_for_its_own_modules(world: World) -> None:
    """A person who may open a page may call every address behind it: where the call comes from decides."""
    modules = (
        "okr-context", "okr-objectives", "okr-admin", "issue-events", "plan-events", "app-lifecycle", "hourly", "goodbye",
        "okr-gadget", "okr-contributes",
    )  # fmt: skip
    before = world.everything()
    passed: dict[str, set[str]] = {}
    for method, path, endpoint in routes(world):
        for module in modules:
            if endpoint in ("forge.uninstall", "forge.heartbeat") and module in ("goodbye", "hourly"):
                continue  # they do something; tests of their own
            answer = world.client.open(
                path, method=method, headers=world.forge.headers(world.now, module), data=b"{"
            )
            if answer.status_code != 403:
                passed.setdefault(endpoint, set()).add(module)
    assert passed["forge.events"] == {"issue-events", "plan-events"}
    assert passed["forge.lifecycle"] == {"app-lifecycle"}
    assert passed["forge.pair"] == passed["forge.status"] == {"okr-admin"}
    assert passed["forge.issue"] == {"okr-context"}
    assert passed["forge.objectives"] == {"okr-objectives", "okr-gadget"}
    assert passed["forge.jql"] == {"okr-contributes"}
    assert "forge.uninstall" not in passed
    assert "forge.heartbeat" not in passed
    changed = {name for name, count in world.everything().items() if count != before[name]}
    assert changed <= {"delivery", "delivery_source"}


def test_nobody_can_tell_while_there_are_no_keys(world: World) -> None:
    """A process that begins while Atlassian's address is down answers so that Forge comes again."""
    world.forge.answer = 500
    fresh = replace(world, app=create_app(world.connector))
    answer = fresh.post("/events", "issue-events", EVENT)
    assert (answer.status_code, answer.content_type) == (503, "application/json")
    assert fresh.inbox("main") == []
    world.forge.answer = None


def test_a_new_key_is_taken_without_a_restart(world: World) -> None:
    fresh = replace(world, app=create_app(world.connector))
    assert fresh.post("/events", "issue-events", EVENT).status_code == 204
    first, second = world.forge.keys[-1], new_key("the-next")
    world.forge.keys = [first, second]
    try:
        # the process looked a moment ago
        assert fresh.post("/events", "issue-events", EVENT).status_code == 401
        moved = replace(world.connector, clock=lambda: world.connector.clock() + timedelta(seconds=31))
        later = World(moved, world.sandbox, world.forge, create_app(moved))
        assert later.post("/events", "issue-events", EVENT).status_code == 204
    finally:
        world.forge.keys = [first]


def test_it_is_not_there_where_no_app_is_known(world: World) -> None:
    plain = replace(world.connector, settings=world.connector.settings.model_copy(update={"forge": None}))
    client = create_app(plain).test_client()
    answer = client.post("/forge/events", headers=world.forge.headers(world.now, "issue-events"), json=EVENT)
    assert answer.status_code == 404


def test_a_slash_at_the_end_is_no_redirect(world: World) -> None:
    """A redirect is an error for Forge."""
    assert world.post("/events/", "issue-events", EVENT).status_code == 404


def test_installations_never_see_each_other(world: World) -> None:
    assert world.post("/events", "issue-events", EVENT).status_code == 204
    assert (
        world.post("/events", "issue-events", EVENT | {"timestamp": "7"}, **world.south()).status_code == 204
    )
    assert [json.loads(one)["timestamp"] for one in world.inbox("main")] == ["1791038284541"]
    assert [json.loads(one)["timestamp"] for one in world.inbox("south")] == ["7"]


TOKEN = "an-opaque-token-of-the-app"


def test_the_newest_token_of_the_app_is_kept_and_sealed(world: World) -> None:
    world.post("/events", "issue-events", EVENT, tokens={"x-forge-oauth-system": TOKEN})
    found = world.installation()
    assert found is not None
    assert found.token is not None
    assert TOKEN.encode() not in found.token
    assert vault(world.connector.settings).open(found.token) == {"token": TOKEN}
    assert found.token_expires is not None
    assert timedelta(minutes=54) < found.token_expires - world.now <= timedelta(minutes=55)
    south = world.installation(SOUTH)
    assert south is not None
    assert south.token is None
    assert TOKEN not in repr(found)


def test_a_newer_token_tries_the_fields_of_the_app_again_and_no_others(world: World) -> None:
    """Not only once the former one is over: Jira may have refused that, and it is not used in its last minute."""
    key = InstallationKey(APP_ID, PRODUCTION, NORTH)
    with world.connector.store.write() as conn:
        installations.keep_token(conn, key, b"sealed", world.now + timedelta(minutes=30))
        for field in (app_place_id("customfield_10200"), "customfield_10060"):
            change = Change("10010", "PLAT-1", field, field, None, 62, "")
            refusals.put(conn, "main", "10010", change, "no", "", "a-revision", world.now)
    world.post("/events", "issue-events", EVENT, tokens={"x-forge-oauth-system": TOKEN})
    with world.connector.store.write() as conn:
        tried = {one.field_id: one.probing for one in refusals.load_all(conn, "main")}
        marked = due.among_due(conn, "main", ["10010"])
        refusals.clear(conn, "main", "10010")
        conn.execute(waiting.delete().where(waiting.c.objective_id == "10010"))
    assert tried == {"app:customfield_10200": True, "customfield_10060": False}
    assert marked == {"10010"}


def test_an_installation_keeps_its_site_under_another_id(world: World) -> None:
    """Forge may give it another id without saying so; app, environment and cloud stay."""
    moved = "ari:cloud:ecosystem::installation/0c5c"
    assert world.post("/events", "issue-events", EVENT, app__installationId=moved).status_code == 204
    found = world.installation()
    assert found is not None
    assert (found.site, found.installation_id) == ("main", moved)
    assert "Forge installation has another id" in world.audited()


def test_after_it_was_taken_out_of_jira_it_is_turned_away(world: World) -> None:
    world.post("/events", "issue-events", EVENT, tokens={"x-forge-oauth-system": TOKEN})
    assert world.post("/uninstall", "goodbye", {}).status_code == 204
    assert world.installation() is None
    with world.connector.store.read() as conn:
        (kept,) = installations.of_site(conn, "main")
    assert (kept.token, kept.token_expires, kept.uninstalled_at is not None) == (None, None, True)
    assert world.post("/events", "issue-events", EVENT | {"timestamp": "8"}).status_code == 403
    assert len(world.inbox("main")) == 1
    assert world.installation(SOUTH) is not None
    assert "Forge app uninstalled" in world.audited()


def test_a_call_that_was_under_way_leaves_no_token_behind_when_the_app_goes(world: World) -> None:
    key = InstallationKey(APP_ID, PRODUCTION, NORTH)
    with world.connector.store.write() as conn:
        installations.uninstall(conn, key, world.now)
        installations.keep_token(conn, key, b"sealed", world.now)
        (kept,) = installations.of_site(conn, "main")
    assert (kept.token, kept.token_expires) == (None, None)


def test_what_is_refused_before_any_route_is_json_too() -> None:
    assert refusal("/forge/api/issue", 503, "Busy", "Too many requests wait.") == (
        "application/json",
        '{"detail":"Too many requests wait.","remedy":""}',
    )


def test_every_route_proves_itself_and_needs_no_cookie(world: World) -> None:
    found = [rule_of(endpoint, world.app.view_functions[endpoint]) for _, _, endpoint in routes(world)]
    assert all(rule is not None and rule.signed for rule in found)
    assert len(found) >= 5


def test_a_site_that_was_removed_is_nobodys(world: World) -> None:
    with world.connector.store.write() as conn:
        key = InstallationKey(APP_ID, PRODUCTION, NORTH)
        installations.pair(conn, key, "PRODUCTION", "x", "gone", world.now, url=world.sandbox.url)
    assert world.post("/events", "issue-events", EVENT).status_code == 403
