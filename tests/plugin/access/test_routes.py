"""Every route says what it asks for, and asks for it: route by route, role by role, scope by scope."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing import Rule as Route

from plugin.access.authentication import tokens
from plugin.access.authorization.permission import Permission, Rule, rule_of
from tests.plugin.access.conftest import TOKEN

DECLARED = Path(__file__).with_name("routes.txt")
ROLES = ("viewer", "editor", "admin")
SCOPES = {"read": "viewer", "write": "editor", "admin": "admin", "people": "admin"}
HTML = {"Accept": "text/html"}
ISSUER = "http://127.0.0.1:9"


@pytest.fixture
def complete(house_with):
    """A house in which every optional route is there too."""
    return house_with(oidc={"issuer": ISSUER, "client_id": "okr", "client_secret": "s"})


def routes(app: Flask) -> list[tuple[str, Route, Rule | None]]:
    """Each route with what it declares."""
    return [
        (f"{'/'.join(sorted(route.methods - {'HEAD', 'OPTIONS'}))} {route.rule}", route, rule_of(route.endpoint, app.view_functions[route.endpoint]))
        for route in app.url_map.iter_rules()
    ]  # fmt: skip


def test_every_route_says_what_it_asks_for(complete) -> None:
    assert [name for name, _, rule in routes(complete.app) if rule is None] == [], (
        "add @needs('viewer') (or public, editor, admin) below the route's decorator"
    )


def test_each_route_asks_for_what_it_always_asked_for(complete, tmp_path) -> None:
    """Role, and whether a person, a signature or a scope of its own: a line that changes is a decision."""
    there = tmp_path / "routes.txt"
    told = sorted(f"{name}: {asked(rule)}\n" for name, _, rule in routes(complete.app) if rule is not None)
    there.write_text("".join(told))
    assert there.read_text() == DECLARED.read_text(), f"where it is meant: cp {there} {DECLARED}"


def asked(rule: Rule) -> str:
    """What it asks for; what it does not is left out."""
    plain = Rule(rule.permission)
    more = [
        f"{one.name}={getattr(rule, one.name)}"
        for one in fields(Rule)
        if getattr(rule, one.name) != getattr(plain, one.name)
    ]
    return " ".join([rule.permission.value, *more])


PUBLIC = {
    "GET /assets/<path:filename>",
    "GET /assets/styles.css",
    "GET /api/v1/openapi.json",
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
    "POST /webhooks/jira/<site>",
    "POST /webhooks/jira/<site>/<path_token>",
    "GET /sign-in",
    "POST /sign-in",
    "GET /sign-in/oidc",
    "GET /sign-in/oidc/callback",
    "GET /account/jira/callback",
    "GET /account/jira/callback/<site>",
    "GET /sign-in/code",
    "POST /sign-in/code",
    "GET /let-in/<link>",
    "POST /let-in/<link>",
    "GET /set-up/<link>",
    "POST /set-up/<link>",
    "GET /badges/<token>.svg",
    "GET /badges/<token>/card.svg",
    "GET /unsubscribe/<token>",
    "POST /unsubscribe/<token>",
}
"""All there is without signing in. A line here is a decision."""


def test_what_is_open_to_everybody_is_known_by_name(complete) -> None:
    found = {name for name, _, rule in routes(complete.app) if rule and rule.permission is Permission.PUBLIC}
    forge = {name for name in found if name.split(" ")[1].startswith("/forge/")}
    assert found - forge <= PUBLIC


def test_only_what_proves_itself_by_a_signature_goes_without_csrf(complete) -> None:
    signed = {name.split(" ")[1] for name, _, rule in routes(complete.app) if rule and rule.signed}
    assert {path for path in signed if not path.startswith(("/webhooks/", "/forge/"))} == {
        "/unsubscribe/<token>"
    }


def calls(app: Flask) -> list[tuple[str, str, Rule]]:
    """A method and an address for every route that is not public, with what it asks for."""
    adapter = app.url_map.bind("okr.test")
    found = []
    for _, route, rule in routes(app):
        if rule is None or rule.permission is Permission.PUBLIC:
            continue
        values = {
            name: 999 if "Integer" in type(one).__name__ else "x" for name, one in route._converters.items()
        }
        address = adapter.build(route.endpoint, values)
        found += [(method, address, rule) for method in sorted(route.methods - {"OPTIONS"})]
    return found


@pytest.mark.parametrize("role", ROLES)
def test_a_role_reaches_what_it_may_and_nothing_else(complete, role) -> None:
    wrong = []
    browser = complete.signed_in(role)
    for method, address, rule in calls(complete.app):
        answer = browser.client.open(address, method=method, headers=HTML)
        # Without the form's token a change goes no further than 400; but who may not do it at all is told so first.
        let_in = answer.status_code != 403
        if let_in != Permission(role).includes(rule.permission):
            wrong.append((role, method, address, rule.permission, answer.status_code))
    assert wrong == []


def test_what_is_asked_of_a_site_that_is_not_there_is_not_found(complete) -> None:
    """By every page, looked at or sent, before anything is made of what was typed."""
    browser = complete.signed_in("admin")
    before = complete.log()
    token = TOKEN.search(browser.client.get("/account").text)
    assert token is not None
    adapter = complete.app.url_map.bind("okr.test")
    found: dict[str, int] = {}
    for name, route, rule in routes(complete.app):
        pages = not route.rule.startswith(("/api/", "/forge/", "/webhooks/")) and rule is not None
        if not pages or "site" not in route._converters or rule.permission is Permission.PUBLIC:
            continue
        values = {
            part: 999 if "Integer" in type(one).__name__ else "x" for part, one in route._converters.items()
        }
        address = adapter.build(route.endpoint, {**values, "site": "nowhere"})
        for method in sorted(route.methods - {"OPTIONS", "HEAD"}):
            form = {"data": {"csrf_token": token.group(1)}} if method == "POST" else {}
            found[name] = browser.client.open(address, method=method, headers=HTML, **form).status_code
    assert len(found) > 60
    assert {name: status for name, status in found.items() if status != 404} == {}
    assert complete.log() == before


@pytest.mark.parametrize("role", ROLES)
def test_no_change_goes_through_by_cookie_without_the_token_of_its_form(complete, role) -> None:
    browser = complete.signed_in(role)
    before = complete.log()
    for method, address, rule in calls(complete.app):
        if method in ("POST", "PUT", "PATCH", "DELETE") and Permission(role).includes(rule.permission):
            answer = browser.client.open(address, method=method, headers=HTML, json={})
            assert (address, answer.status_code) == (address, 400)
    assert complete.log() == before


@pytest.mark.parametrize("scope", SCOPES)
def test_a_token_reaches_what_its_scope_allows_and_nothing_else(complete, scope) -> None:
    text = tokens.issue(complete.connector, complete.account("admin"), "x", [scope], 30, "test")
    client = complete.app.test_client()
    wrong = []
    for method, address, rule in calls(complete.app):
        answer = client.open(address, method=method, headers={"Authorization": f"Bearer {text}"})
        may = Permission(SCOPES[scope]).includes(rule.permission) and not rule.in_person
        may = may and rule.scope in ("", scope)
        if (answer.status_code not in (401, 403)) != may:
            wrong.append((scope, method, address, rule, answer.status_code))
    assert wrong == []


def test_whoever_is_not_signed_in_reaches_nothing(complete) -> None:
    complete.account("admin")
    for method, address, _ in calls(complete.app):
        answer = complete.app.test_client().open(address, method=method, headers=HTML)
        if address.startswith("/api/"):
            assert (address, answer.status_code) == (address, 401)
        else:
            assert (address, answer.status_code) == (address, 302)
            assert answer.location.startswith("/sign-in?next=")


def test_a_program_that_is_not_signed_in_gets_a_problem(complete) -> None:
    for method, address, _ in calls(complete.app):
        answer = complete.app.test_client().open(
            address, method=method, headers={"Accept": "application/json"}
        )
        assert (address, answer.status_code) == (address, 401)


def test_what_says_nothing_is_for_admins_alone(complete) -> None:
    complete.app._got_first_request = False
    complete.app.add_url_rule("/forgotten", "forgotten", lambda: "data")
    assert complete.signed_in("editor").get("/forgotten").status_code == 403
    assert complete.signed_in("admin").get("/forgotten").status_code == 200
    assert complete.app.test_client().get("/forgotten").status_code == 401


def test_a_redirect_by_htmx_leads_the_whole_page_to_the_sign_in(complete) -> None:
    answer = complete.app.test_client().get("/", headers={**HTML, "HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/sign-in")


def test_the_health_of_the_process_is_told_without_signing_in(complete) -> None:
    client = complete.app.test_client()
    assert [client.get(path).status_code for path in ("/healthz", "/readyz", "/metrics")] == [200, 200, 200]
    assert "Set-Cookie" not in client.get("/healthz").headers


@pytest.mark.parametrize(
    "path", ["/sign-in", "/", "/account", "/people", "/audit", "/account/tokens", "/nowhere"]
)
def test_no_page_has_anything_inline(complete, path) -> None:
    page = complete.signed_in("admin").get(path)
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    assert "style=" not in page.text
    assert "<script>" not in page.text
    assert " onclick" not in page.text


def test_the_navigation_is_shown_to_those_who_are_in(complete) -> None:
    out, into = complete.browser().get("/sign-in").text, complete.signed_in("viewer").get("/").text
    assert "Sync health" not in out
    assert "Sync health" in into
    assert "Sign out" in into
    assert "Audit log" not in into
    assert "Audit log" in complete.signed_in("admin").get("/").text
