"""Which doors the application has under which settings, what each answer says to browsers, and what is said before a route is asked."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from connectors.clock import system_clock
from connectors.store import Store, StoreError, open_store, upgrade
from plugin.access.authentication import tokens
from plugin.access.authorization import members
from plugin.pages.frame.guard import content_security_policy
from plugin.runtime import application
from plugin.runtime.application import caller, create_app, lanes, quick_application, refusal, worth_reading
from plugin.runtime.connector import Connector, Refusal
from plugin.runtime.settings import read_settings

FORGE = {"app_id": "ari:cloud:ecosystem::app/11111111-2222-3333-4444-555555555555"}
DOORS = {
    "/healthz",
    "/readyz",
    "/metrics",
    "/webhooks/jira/<site>",
    "/webhooks/jira/<site>/<path_token>",
    "/badges/<token>.svg",
    "/unsubscribe/<token>",
    "/api/v1/objectives",
    "/",
    "/sign-in",
    "/let-in/<link>",
    "/objectives/<id_or_key>",
}
"""One address of each, whatever the settings."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One for all: what is asked here is not in it."""
    made = open_store(f"sqlite:///{Path(tmp_path_factory.mktemp('application')) / 'okr.sqlite3'}")
    upgrade(made)
    yield made
    made.close()


def app_of(store: Store, **settings: Any) -> Flask:
    return create_app(connector_of(store, **settings))


def connector_of(store: Store, **settings: Any) -> Connector:
    given = read_settings(None, secret_key="an invented key that is long enough", **settings)
    return Connector(given, store, {}, system_clock)


def addresses(app: Flask) -> set[str]:
    return {rule.rule for rule in app.url_map.iter_rules()}


def test_doors_are_there_by_themselves_or_where_they_are_switched_on(store: Store) -> None:
    plain = addresses(app_of(store))
    assert plain >= DOORS
    assert addresses(app_of(store, mcp="on")) - plain == {"/mcp"}
    by_forge = addresses(app_of(store, forge=FORGE)) - plain
    assert by_forge
    assert {one.split("/")[1] for one in by_forge} == {"forge"}


def test_a_door_whose_library_is_not_there_says_how_to_get_it(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "plugin.mcp.protocol.bridge", None)
    with pytest.raises(Refusal) as refused:
        app_of(store, mcp="on")
    assert str(refused.value) == (
        "JIRA_OKR_MCP is on, and its library is not installed (plugin.mcp.protocol.bridge). "
        "Run pip install 'jira-okr-connector[mcp]', or set JIRA_OKR_MCP to off."
    )


@pytest.mark.parametrize("path", ["/sign-in", "/healthz", "/api/v1/objectives", "/nowhere"])
def test_every_answer_tells_browsers_to_be_careful(store: Store, path: str) -> None:
    app = app_of(store)
    headers = app.test_client().get(path).headers
    for name, value in {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
    }.items():
        assert headers.getlist(name) == [value]
    (policy,) = headers.getlist("Content-Security-Policy")
    with app.app_context():
        assert policy == content_security_policy()


def test_a_route_may_say_it_in_another_way(store: Store) -> None:
    app = app_of(store)
    before = app.after_request_funcs[None]
    before.append(  # Flask asks those that were added last first
        lambda answer: answer.headers.setdefault("Referrer-Policy", "no-referrer") and answer
    )
    assert app.test_client().get("/healthz").headers["Referrer-Policy"] == "no-referrer"


LARGE = "x" * 1000


@pytest.mark.parametrize(
    ("kind", "text", "asked", "encoding"),
    [
        *(
            (kind, LARGE, "br", "br")
            for kind in (
                "text/html",
                "text/css",
                "text/csv",
                "text/javascript",
                "text/plain",
                "application/json",
                "application/problem+json",
                "image/svg+xml",
            )
        ),
        ("text/html", LARGE, "gzip", "gzip"),
        ("text/html", LARGE, "gzip, br", "br"),
        ("text/html", LARGE, "zstd", None),
        ("text/html", LARGE, "deflate", None),
        ("text/html", LARGE, "", None),
        ("text/html", LARGE[1:], "br", None),
        ("image/png", LARGE, "br", None),
    ],
)
def test_what_is_long_and_text_is_sent_smaller_to_who_takes_it_so(
    store: Store, kind: str, text: str, asked: str, encoding: str | None
) -> None:
    app = app_of(store)
    app.view_functions["operations.healthz"] = lambda: (text, {"Content-Type": kind})
    answer = app.test_client().get("/healthz", headers={"Accept-Encoding": asked})
    assert answer.status_code == 200
    assert answer.headers.get("Content-Encoding") == encoding


def test_so_much_of_a_request_is_read(store: Store) -> None:
    assert app_of(store).config["MAX_CONTENT_LENGTH"] == 2_097_152
    assert worth_reading("/api/v1/imports", {}) == 2_097_152
    assert worth_reading("/webhooks/jira/main", {}) == 0, "nothing about it could prove it"
    assert worth_reading("/webhooks/jira/main", {"x-hub-signature": "sha256=" + "0" * 64}) == 26_214_400


def test_what_is_refused_before_a_route_is_said_in_the_way_of_its_door() -> None:
    kind, text = refusal("/api/v1/objectives", 503, "Busy", "Too many wait.")
    assert kind == "application/problem+json"
    assert '"status": 503' in text or '"status":503' in text
    assert all(word in text for word in ("Busy", "Too many wait.", "Send it again in a moment."))
    kind, text = refusal("/forge/v1/objectives", 503, "Busy", "Too many wait.")
    assert kind == "application/json"
    assert "Too many wait." in text
    assert "Busy" not in text
    for path in ("/objectives", "/api/v1", "/api/v10/x", "/forgery"):
        assert refusal(path, 503, "Busy", "Too many wait.") == (
            "text/plain; charset=utf-8",
            "Too many wait.\n",
        )


def test_a_request_is_worked_on_where_its_route_says(store: Store) -> None:
    lane = lanes(app_of(store))
    for method, path, wanted in (
        ("GET", "/healthz", "quick"),
        ("GET", "/sign-in", "quick"),
        ("POST", "/api/v1/sites/main/mapping/preview", "heavy"),
        ("GET", "/api/v1/sites/main/mapping/preview", "quick"),
        ("GET", "/account/jira/callback", "provider"),
        ("GET", "/nowhere", "quick"),
    ):
        assert lane(method, path) == wanted, (method, path)


def test_what_is_quick_gives_no_statement_more_than_a_quarter_of_a_minute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given: list[float] = []
    real = application.hurry
    monkeypatch.setattr(application, "hurry", lambda seconds: given.append(seconds) or real(seconds))
    app: Any = lambda environ, start: [environ["PATH_INFO"].encode(), start("200 OK", [])]  # noqa: E731
    answer: Iterable[Any] = quick_application(app)({"PATH_INFO": "/x"}, lambda status, _headers: status)  # type: ignore[arg-type,return-value]
    assert list(answer) == [b"/x", "200 OK"]
    assert given == [15.0]


def test_a_request_is_of_an_account_or_of_nobody_who_can_be_named(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    connector = connector_of(store)
    app = create_app(connector)
    account = members.add(connector, "ada@acme.example", "Ada", "viewer", None, "tests")
    token = tokens.issue(connector, account, "tests", ["read"], 30, "tests")

    def by(bearer: str) -> str:
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        with app.test_request_context("/api/v1/objectives", headers=headers) as request:
            environ = request.request.environ
        return caller(app, connector, environ)

    assert by(token) == f"account {account.id}"
    assert by("") == ""
    assert by("okr_" + "x" * 40) == ""

    def broken(_connector: Connector) -> None:
        raise StoreError("away", "a database", "start it")

    monkeypatch.setattr(application, "identify", broken)
    assert by(token) == "", "nobody can say it"
