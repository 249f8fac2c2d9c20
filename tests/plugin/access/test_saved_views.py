"""What people keep for themselves: a page under a name, theirs alone, by page and by API."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from bs4 import BeautifulSoup

from connectors.store import Store
from connectors.store.numbers import objectives
from connectors.store.people import audit, saved_views
from docs.screenshots.company import REVISION, seeded
from plugin.access.authorization import members
from plugin.access.authorization.actor import Actor
from plugin.access.authorization.permission import Permission
from plugin.access.authorization.refusal import AccessRefusal
from plugin.runtime.connector import Connector, Site
from plugin.runtime.settings import Settings
from plugin.use_cases.accounts import people
from plugin.use_cases.accounts.saved_views import MOST, SavedView, ViewRefusal, keep, list_views, remove

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
ADMIN = Actor("tests", Permission.ADMIN)


@pytest.fixture
def connector(sqlite_store: Store) -> Connector:
    site = Site(name="main", jira=None, browse_url="https://jira.example.com", webhook_secret=None)  # type: ignore[arg-type]
    settings = Settings(_env_file=None, secret_key="kept secret " * 4)
    return Connector(settings, sqlite_store, {"main": site}, lambda: NOW)


@pytest.fixture
def vera(connector: Connector) -> Actor:
    return someone(connector, "vera@acme.example")


def someone(connector: Connector, email: str) -> Actor:
    account = members.add(connector, email, email.partition("@")[0].title(), "viewer", None, "tests")
    return Actor(email, Permission.VIEWER, account.id)


def test_a_view_is_kept_under_its_name_and_belongs_to_one_person(connector: Connector, vera: Actor) -> None:
    other = someone(connector, "otto@acme.example")
    keep(connector, vera, " Growth ", "/?project=GROW")
    keep(connector, vera, "A team", "/teams/Robots")
    keep(connector, vera, "Growth", "/?project=GROW&health=off_track")
    assert list_views(connector, vera) == (
        SavedView("A team", "/teams/Robots"),
        SavedView("Growth", "/?project=GROW&health=off_track"),
    )
    assert list_views(connector, other) == ()
    assert (remove(connector, other, "Growth"), remove(connector, vera, "Growth")) == (False, True)
    assert [one.name for one in list_views(connector, vera)] == ["A team"]
    with connector.store.read() as conn:
        told = [(one.who, one.what) for one in audit.recent(conn, 10) if one.what.startswith("view")]
    assert told[0] == ("vera@acme.example", "view removed")


@pytest.mark.parametrize(
    "address",
    [
        "https://elsewhere.example/",
        "//elsewhere.example",
        "/\\elsewhere.example",
        "javascript:alert(1)",
        "",
        "/sites",
        "/account/sign-out",
        "/objectivesX",
        "/?" + "q" * 4000,
        "/map\n",
        "/?q=a\r\nSet-Cookie: a=b",
        "/?q=\ud800",
        "/map/../account",
        "/objectives/%2E%2e/sites",
        "/kpis/.?cycle=all",
    ],
)
def test_only_a_page_that_is_read_is_kept(connector: Connector, vera: Actor, address: str) -> None:
    with pytest.raises(ViewRefusal) as error:
        keep(connector, vera, "Mine", address)
    assert error.value.about == "address"


@pytest.mark.parametrize(
    "address",
    ["/", "/map", "/teams/Süd", "/objectives/CORE-1?row=7", "/kpis/a.b", "/?closed=" + "A-1%2C" * 300],
)
def test_any_page_that_is_read_is_kept(connector: Connector, vera: Actor, address: str) -> None:
    assert keep(connector, vera, "Mine", address).address == address


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "a\0b", "a\nb", "a\ud800"])
def test_a_name_is_asked_for(connector: Connector, vera: Actor, name: str) -> None:
    with pytest.raises(ViewRefusal) as error:
        keep(connector, vera, name, "/")
    assert error.value.about == "name"


def test_nobody_keeps_without_end_and_nobody_keeps_without_an_account(
    connector: Connector, vera: Actor
) -> None:
    for number in range(MOST):
        keep(connector, vera, f"View {number}", "/map")
    with pytest.raises(ViewRefusal):
        keep(connector, vera, "One more", "/map")
    keep(connector, vera, "View 7", "/brief")
    with pytest.raises(AccessRefusal):
        keep(connector, Actor("nobody", Permission.VIEWER), "Mine", "/")
    assert list_views(connector, Actor("nobody", Permission.VIEWER)) == ()


def test_what_an_account_keeps_goes_with_it(connector: Connector, vera: Actor) -> None:
    keep(connector, vera, "Mine", "/")
    account = people.person(connector, ADMIN, vera.account_id)
    assert account is not None
    people.remove(connector, ADMIN, account)
    with connector.store.read() as conn:
        assert saved_views.load_views(conn, vera.account_id) == []


def test_the_api_keeps_lists_and_removes_for_whoever_signed_in(house: Any) -> None:
    browser = house.signed_in("viewer")
    found = TOKEN.search(browser.get("/account").text)
    assert found
    sent = {"X-CSRFToken": found[1], "Accept": "application/json"}
    kept = browser.client.put(
        "/api/v1/views", json={"name": "Growth", "address": "/?project=GROW"}, headers=sent
    )
    assert (kept.status_code, kept.json) == (200, {"name": "Growth", "address": "/?project=GROW"})
    assert browser.get("/api/v1/views").json == {"items": [kept.json], "next": None}
    wrong = browser.client.put("/api/v1/views", json={"name": "Growth", "address": "/sites"}, headers=sent)
    assert (wrong.status_code, wrong.json["errors"][0]["pointer"]) == (422, "/address")
    assert [browser.client.delete("/api/v1/views?name=Growth", headers=sent).status_code for _ in "12"] == [
        200,
        404,
    ]
    long = {"name": "EMEA/APAC: 50 %", "address": "/?closed=" + "A-1%2C" * 300}
    assert browser.client.put("/api/v1/views", json=long, headers=sent).status_code == 200
    assert (
        browser.client.delete("/api/v1/views?name=EMEA%2FAPAC%3A%2050%20%25", headers=sent).status_code == 200
    )
    assert browser.client.put("/api/v1/views", json=long).status_code == 400, "without the token of a form"


def test_pages_keep_and_show_what_one_keeps_and_an_objective_becomes_a_favourite(house: Any) -> None:
    state = seeded().saved[0].state
    with house.connector.store.write() as conn:
        objectives.save(conn, "main", state, REVISION, NOW)
    house.connector.sites["main"] = Site(
        name="main", jira=None, browse_url="https://jira.example.com", webhook_secret=None
    )  # type: ignore[arg-type]
    browser = house.signed_in("viewer")
    mine = f"/objectives/{state.id}"

    def form(page: str) -> Any:
        found = BeautifulSoup(browser.get(page).text, "html.parser").select_one("form.star")
        assert found is not None
        return found["action"], {one["name"]: one["value"] for one in found.select("input")}

    action, fields = form(f"/objectives/{state.id}")
    assert browser.client.post(action, data=fields).headers["Location"] == mine
    browser.post("/views", "/", name="All", address="/?cycle=all")
    listed = BeautifulSoup(browser.get("/").text, "html.parser")
    shown = {one.text: one["href"] for one in listed.select(".shelf .chip")}
    assert shown == {f"★ {state.title}": mine, "★ All": "/?cycle=all"}
    moved = replace(state, key="GROW-901")
    with house.connector.store.write() as conn:
        objectives.save(conn, "main", moved, REVISION, NOW)
    action, fields = form("/objectives/" + state.id)
    assert "remove" in action, "an issue that was moved keeps its star"
    other = browser.client.post(action, data={**fields, "name": "", "address": "//elsewhere.example/"})
    assert other.headers["Location"] == "/", "only to what was kept"
    assert browser.client.post(action, data=fields).headers["Location"] == mine
    listed = BeautifulSoup(browser.get("/").text, "html.parser")
    assert [one.text for one in listed.select(".shelf .chip")] == ["★ All"]


def test_two_favourites_of_one_title_are_both_kept_and_a_team_keeps_its_address(house: Any) -> None:
    first = seeded().saved[0].state
    second = replace(first, id="9001", key="CORE-9001")
    with house.connector.store.write() as conn:
        for state in (first, second):
            objectives.save(conn, "main", state, REVISION, NOW)
    house.connector.sites["main"] = Site(
        name="main", jira=None, browse_url="https://jira.example.com", webhook_secret=None
    )  # type: ignore[arg-type]
    browser = house.signed_in("viewer")
    for id_ in (first.id, second.id):
        found = BeautifulSoup(browser.get(f"/objectives/{id_}").text, "html.parser").select_one("form.star")
        assert found is not None
        browser.client.post(
            found["action"], data={one["name"]: one["value"] for one in found.select("input")}
        )
    kept = {one["name"]: one["address"] for one in browser.get("/api/v1/views").json["items"]}
    assert kept == {
        first.title: f"/objectives/{first.id}",
        f"{first.title} (CORE-9001)": "/objectives/9001",
    }
    page = BeautifulSoup(browser.get("/teams/50%25 S%C3%BCd?").text, "html.parser")
    address = page.select_one(".keep input[name=address]")
    assert address is not None
    assert address["value"] == "/teams/50%25%20S%C3%BCd?team=50%25+S%C3%BCd"


def test_the_list_comes_as_a_file_when_the_request_is_over(house: Any) -> None:
    state = seeded().saved[0].state
    with house.connector.store.write() as conn:
        objectives.save(conn, "main", state, REVISION, NOW)
    house.connector.sites["main"] = Site(
        name="main", jira=None, browse_url="https://jira.example.com", webhook_secret=None
    )  # type: ignore[arg-type]
    file = house.signed_in("viewer").get("/objectives.csv?cycle=all").text
    assert [line.partition(",")[0] for line in file.splitlines()] == ["site", "main"]
