"""The app's manifest, its pages and the connector's routes name the same things; and what Atlassian's own rules let pass is held here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from connectors.clock import system_clock
from connectors.jira.webhooks.hints import RULE, Hints, read_hints
from connectors.sandbox import Sandbox
from connectors.sandbox.site_state.forge_apps import fields_of, install
from plugin.forge import modules
from tests.forge_company import World

ROOT = Path(__file__).parents[3]
APP = ROOT / "plugin/forge"
DOCS = (ROOT / "docs/forge.md").read_text()
MANIFEST: dict[str, Any] = YAML(typ="safe").load((APP / "manifest.yml").read_text())
MODULES: dict[str, list[dict[str, Any]]] = MANIFEST["modules"]
ENDPOINTS = {one["key"]: one for one in MODULES["endpoint"]}
CALLING = {kind: some for kind, some in MODULES.items() if kind not in ("endpoint", "jira:customField")}
SCRIPTS = {path.name: path.read_text() for path in (APP / "ui/src").glob("*.js")}


def every() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each module that calls, with its kind."""
    return ((kind, one) for kind, some in CALLING.items() for one in some)


def endpoint_of(one: dict[str, Any]) -> str:
    return str(one.get("endpoint") or one["resolver"]["endpoint"])


def keys(*kinds: str) -> set[str]:
    return {one["key"] for kind in kinds for one in MODULES[kind]}


def test_each_endpoint_is_used_and_each_that_is_used_is_there() -> None:
    assert {endpoint_of(one) for _, one in every()} == set(ENDPOINTS)


def test_no_key_stands_twice() -> None:
    named = [one["key"] for some in MODULES.values() for one in some]
    assert sorted(named) == sorted(set(named))
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]+", one) for one in named)


def test_each_address_of_the_manifest_is_a_route_that_is_posted_to(world: World) -> None:
    routes = {rule.rule: rule.methods for rule in world.app.url_map.iter_rules()}
    paths = {key: one["route"]["path"] for key, one in ENDPOINTS.items() if "route" in one}
    assert {path for path in paths.values() if "POST" not in (routes.get(path) or ())} == set()
    posted = {path for path in routes if path.startswith("/forge/") and not path.startswith("/forge/api/")}
    assert set(paths.values()) == posted, "a route that nothing in the manifest calls, or the other way round"


def test_each_module_is_known_to_its_route_and_no_other() -> None:
    pages = {one["key"] for _, one in every() if one.get("resource")}
    assert pages == modules.ISSUE | modules.OBJECTIVES | modules.ADMINISTRATION
    assert keys("jira:issueContext") == modules.ISSUE
    assert keys("jira:globalPage", "jira:dashboardGadget") == modules.OBJECTIVES
    assert keys("jira:adminPage") == modules.ADMINISTRATION
    by_endpoint: dict[str, set[str]] = {}
    for _, one in every():
        by_endpoint.setdefault(endpoint_of(one), set()).add(one["key"])
    assert by_endpoint["events"] == modules.EVENTS
    assert by_endpoint["lifecycle"] == modules.LIFE
    assert by_endpoint["heartbeat"] == modules.HEARTBEAT
    assert by_endpoint["jql"] == modules.JQL
    assert by_endpoint["uninstall"] == modules.GOODBYE


def test_each_page_is_known_to_the_script() -> None:
    shown = set(re.findall(r"^  '([\w-]+)': \(\) => import", SCRIPTS["main.js"], re.MULTILINE))
    assert shown == {one["key"] for _, one in every() if one.get("resource")}


def test_what_the_script_asks_is_answered_and_nothing_besides(world: World) -> None:
    asked = {
        (method, f"/forge/api{path}")
        for text in SCRIPTS.values()
        for method, path in re.findall(r"ask\('(\w+)', ['`](/[\w-]+)", text)
    }
    answered = {
        (method, rule.rule)
        for rule in world.app.url_map.iter_rules()
        if rule.rule.startswith("/forge/api/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert asked == answered


def test_the_resources_are_built_from_what_is_here() -> None:
    assert MANIFEST["resources"] == [{"key": "ui", "path": "ui/dist"}]
    assert {one["resource"] for _, one in every() if "resource" in one} == {"ui"}
    page = (APP / "ui/index.html").read_text()
    assert (APP / "ui/src/main.js").is_file()
    assert re.search(r"<script(?! type=\"module\" src=)", page) is None, "the policy forbids inline script"
    assert " style=" not in page


@pytest.mark.parametrize(
    "event", [name for one in MODULES["trigger"] for name in one["events"] if one["key"] in modules.EVENTS]
)
def test_each_event_is_one_that_changes_a_number(event: str) -> None:
    body = {
        "eventType": event,
        "issue": {"id": "10010"},
        "sprint": {"id": "12"},
        "version": {"id": "10100"},
        "sourceIssueId": "10010",
        "destinationIssueId": "10011",
    }
    found = read_hints(json.dumps(body).encode())
    assert isinstance(found, Hints)
    assert found.event != RULE, "it is not known as an event"


def test_what_atlassians_rules_let_pass() -> None:
    (remote,) = MANIFEST["remotes"]
    assert remote["baseUrl"] == "${OKR_URL}"
    assert MANIFEST["environment"]["variables"] == ["OKR_URL"]
    assert "compute" in remote["operations"]
    assert len(remote["key"]) <= 23
    assert len(MODULES["scheduledTrigger"]) <= 5
    assert all(isinstance(name, str) for one in MODULES["trigger"] for name in one["events"])
    scopes = MANIFEST["permissions"]["scopes"]
    asks = [one["auth"] for one in ENDPOINTS.values() if "auth" in one]
    assert any("appSystemToken" in one for one in asks) is ("read:app-system-token" in scopes)
    assert any("appUserToken" in one for one in asks) is ("read:app-user-token" in scopes)
    assert set(scopes) - {"read:app-system-token", "read:app-user-token"}, (
        "tokens come beside a further scope alone"
    )


def test_each_permission_and_module_has_its_reason_in_the_documents() -> None:
    rows = dict(re.findall(r"^\| `([^`]+)` \| (.+?) \|$", DOCS, re.MULTILINE))
    scopes = set(MANIFEST["permissions"]["scopes"])
    assert {name for name in rows if re.fullmatch(r"(read|write|manage):[\w:-]+", name)} == scopes
    assert {kind for kind in MODULES if kind not in (*rows, "endpoint")} == set()
    assert "contributesTo(" in DOCS
    assert MODULES["jira:jqlFunction"][0]["name"] == "contributesTo"


def test_its_fields_can_be_written_by_nobody_else_and_are_those_of_the_sandbox() -> None:
    declared = {one["key"]: (one["name"], one["type"]) for one in MODULES["jira:customField"]}
    sandbox = Sandbox(system_clock)
    app = install(sandbox, "an-app", "an-environment", "a token")
    there = [sandbox.fields[id_] for id_ in fields_of(sandbox, app)]
    assert {one.custom.removeprefix(app.ari("")): (one.name, one.type) for one in there} == declared
    assert all(one["readOnly"] and one["description"] for one in MODULES["jira:customField"])
    assert app.functions == {one["name"]: one["key"] for one in MODULES["jira:jqlFunction"]}


def test_what_the_pages_need_is_pinned_and_names_no_registry() -> None:
    package = json.loads((APP / "package.json").read_text())
    lock = (APP / "package-lock.json").read_text()
    assert set(package) & {"dependencies", "optionalDependencies"} == set(), (
        "the app has no function that runs"
    )
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", one) for one in package["devDependencies"].values())
    assert '"resolved"' not in lock
    assert json.loads(lock)["packages"][""]["devDependencies"] == package["devDependencies"]


def test_text_is_never_set_as_html() -> None:
    words = ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "fetch(")
    assert [(name, word) for name, text in SCRIPTS.items() for word in words if word in text] == []
