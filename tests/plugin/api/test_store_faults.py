"""A database that takes no writes: what only reads goes on at every door, what writes is told to come again, and nothing breaks."""

from __future__ import annotations

import hmac
import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from connectors.store import Store
from connectors.store.mappings import revisions
from connectors.store.numbers.objectives import load_all as listed
from connectors.store.people import tokens
from plugin.access.authorization import members
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.access.authorization.permission import rule_of
from plugin.use_cases.health.concerns import concerns
from plugin.use_cases.health.status import status


@contextmanager
def read_only(store: Store) -> Iterator[None]:
    """Every connection refuses to write, as where the file system does."""
    with each_connection(store, "PRAGMA query_only=1"):
        yield


@contextmanager
def locked(store: Store) -> Iterator[None]:
    """Another process writes, and does not come to an end."""
    with (
        closing(sqlite3.connect(store.engine.url.database or "", isolation_level=None)) as other,
        each_connection(store, "PRAGMA busy_timeout=20"),
    ):
        other.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def each_connection(store: Store, statement: str) -> Iterator[None]:
    def taken(connection: Any, *_: object) -> None:
        connection.execute(statement)

    event.listen(store.engine, "checkout", taken)
    try:
        yield
    finally:
        event.remove(store.engine, "checkout", taken)
        store.engine.dispose()


FAULTS = {"read only": (read_only, "30"), "locked": (locked, "2")}
"""With the seconds after which one is told to come again."""
WRITING = {
    "/readyz": "tries whether it can",
    "/mapping/main/check": "keeps what is checked as a draft",
    "/consent": "uses the question of the sign-in up",
    "/account/jira/callback": "uses up what was begun, or notes that nobody began it",
    "/account/jira/callback/main": "as that above",
}
"""What is asked for by GET and cannot be answered without writing, with the reason."""


@pytest.fixture(scope="module")
def door(api) -> tuple[Any, FlaskClient, dict[str, str]]:
    """The world, a browser in which an admin is signed in, and what stands for each name in an address."""
    with api.connector.store.read() as conn:
        first = listed(conn, "main")[0].state
        revision = revisions.active(conn, "main")
    assert revision is not None
    names = {
        "site": "main", "objective": first.key, "id_or_key": first.key, "issue": first.key, "cycle": "x",
        "revision": revision.revision, "name": revision.revision, "preset": "epics-and-stories", "kind": "decisions", "form": "csv", "number": "1",
    }  # fmt: skip
    return api, signed_in(api), names


def signed_in(api: Any) -> FlaskClient:
    password = "correct horse battery staple"
    members.add(api.connector, "ada@acme.example", "Ada", "admin", password, "tests")
    client = api.app.test_client()
    client.environ_base["HTTP_ACCEPT"] = "text/html"
    form = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/sign-in").text)
    assert form
    told = {"csrf_token": form.group(1), "email": "ada@acme.example", "password": password}
    assert client.post("/sign-in", data=told).status_code == 302
    return client


def addresses(api: Any, names: dict[str, str]) -> list[str]:
    """One address for each route that reads."""
    adapter = api.app.url_map.bind("okr.test")
    found = []
    for route in api.app.url_map.iter_rules():
        rule = rule_of(route.endpoint, api.app.view_functions[route.endpoint])
        if "GET" in route.methods and rule is not None and not route.rule.startswith("/assets"):
            values = {name: names.get(name, "x") for name in route.arguments}
            found.append(adapter.build(route.endpoint, values))
    return sorted(set(found))


@pytest.mark.slow
@pytest.mark.parametrize(("fault", "again"), FAULTS.values(), ids=FAULTS)
def test_what_only_reads_goes_on(door, fault, again) -> None:
    """Every route that reads, asked before and during the trouble."""
    api, browser, names = door
    token = {"Authorization": f"Bearer {api.tokens['admin']}"}

    def ask(address: str) -> Any:
        return api.client.get(address, headers=token) if address.startswith("/api/") else browser.get(address)

    asked = addresses(api, names)
    calm = {address: ask(address).status_code for address in asked}
    assert sum(status == 200 for status in calm.values()) > 60
    differs = {}
    api.connector.written_at = None  # the trial in the calm was just now
    with fault(api.connector.store):
        for address in asked:
            answer = ask(address)
            if answer.status_code != calm[address]:
                differs[address] = (answer.status_code, answer.headers.get("Retry-After"))
    assert differs == dict.fromkeys(WRITING, (503, again))


@pytest.mark.parametrize(("fault", "again"), FAULTS.values(), ids=FAULTS)
def test_what_writes_is_told_when_to_come_again(api, fault, again) -> None:
    body = json.dumps({"webhookEvent": "jira:issue_updated"}).encode()
    secret = api.connector.site("main").webhook_secret or ""
    signed = {"X-Hub-Signature": "sha256=" + hmac.new(secret.encode(), body, "sha256").hexdigest()}
    browser = api.app.test_client()
    form = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/sign-in").text)
    assert form
    told = {"csrf_token": form.group(1), "email": "nobody@acme.example", "password": "guessed it is"}
    api.connector.written_at = None  # the trial before this one was just now
    with fault(api.connector.store):
        answers = [
            api.call(
                "POST",
                "/people",
                {"email": "new@acme.example", "name": "New", "role": "viewer"},
                role="people",
            ),
            api.client.post("/webhooks/jira/main", data=body, headers=signed),
            browser.post("/sign-in", data=told, headers={"Accept": "text/html"}),
            api.client.get("/readyz"),
        ]
        read = api.call("GET", "/objectives", role="viewer")
    assert [(one.status_code, one.headers.get("Retry-After")) for one in answers] == [(503, again)] * 4
    assert read.status_code == 200
    assert "The database does not take this now" in answers[2].text
    assert all(api.connector.store.where not in one.text for one in answers)
    assert api.client.post("/webhooks/jira/main", data=body, headers=signed).status_code == 204
    assert api.client.get("/readyz").status_code == 200


def test_the_use_of_a_token_is_noted_once_the_database_takes_writes_again(own_api) -> None:
    def used() -> list[Any]:
        with own_api.connector.store.read() as conn:
            return [one.last_used_at for one in tokens.load_all(conn)]

    with read_only(own_api.connector.store):
        assert own_api.call("GET", "/me", role="viewer").status_code == 200
    assert set(used()) == {None}
    assert own_api.call("GET", "/me", role="viewer").status_code == 200
    assert sum(one is not None for one in used()) == 1


def test_a_database_that_takes_no_write_is_told_first_and_a_lock_that_passes_is_not(api) -> None:
    """Else a full disk looks healthy to whoever asks how things stand."""
    told = {}
    for name, (fault, _) in FAULTS.items():
        api.connector.written_at = None  # the trial before this one was just now
        with fault(api.connector.store):
            told[name] = [one.kind for one in concerns(status(api.connector, COMMAND_LINE, "main"))]
    assert told["read only"] == ["unwritable", *told["locked"]]
