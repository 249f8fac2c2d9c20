"""Proving who one is in a Jira by signing in there once: at Atlassian's and at a Data Center's own server, honest at first, then attacked."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from flask import Flask, Response
from werkzeug.serving import make_server

from connectors.jira import BasicCredentials, BearerCredentials, JiraAddress, connect
from connectors.jira.sign_in.authorization import OAuthClient
from connectors.sandbox import CONNECTOR, SandboxServer
from connectors.sandbox.site_state.scheme import VIEWER, Account
from connectors.sandbox.traffic.oauth import OAuthApp, OAuthServer
from connectors.store.visibility import account_people
from connectors.store.visibility.account_people import AccountPerson, PersonProof
from plugin.runtime.connector import Site
from plugin.use_cases.visibility import jira_sign_in
from tests.plugin.access.conftest import Browser, Clock, House

CLIENT, SECRET = "sign-in-client", "a secret of the sign-in"
BASE = "http://okr.test"
ATLASSIAN, LINK = f"{BASE}{jira_sign_in.CALLBACK}", f"{BASE}{jira_sign_in.CALLBACK}/main"
NOW = Clock().now
STRANGER = Account("5f0a0000000000000000dead", "Sam Elsewhere", "sam@other.example")
CLOUD, DATA_CENTER = "cloud", "datacenter"
EACH = pytest.mark.parametrize("world", [CLOUD, DATA_CENTER], indirect=True)


@dataclass
class World:
    """A connector with the site main, and the Jira that it is of."""

    house: House
    sandbox: SandboxServer
    deployment: str

    @property
    def oauth(self) -> OAuthServer:
        return self.sandbox.site.oauth

    @property
    def person(self) -> str:
        """Who Vera is in this Jira."""
        return VIEWER.id if self.deployment == CLOUD else VIEWER.email.split("@")[0]

    def ties(self) -> list[AccountPerson]:
        with self.house.connector.store.read() as conn:
            return account_people.load_all(conn)

    def refusals(self) -> list[dict[str, Any]]:
        return [detail for _, what, detail in self.house.log() if what == "Jira sign-in refused"]

    def begun(self, browser: Browser) -> str:
        """Where the browser is sent."""
        page = browser.post("/account/jira/main/sign-in")
        assert page.status_code == 200, page.text
        return unescape(re.search(r'href="([^"]+/authorize\?[^"]+)"', page.text)[1])

    def allowed(self, address: str, answer: str = "accept") -> str:
        """Where the browser is led back to, once Vera said so."""
        said = requests.post(address, data={"answer": answer}, allow_redirects=False, timeout=10)
        assert said.status_code == 302, said.text
        return said.headers["Location"].removeprefix(BASE)

    def back(self, browser: Browser, answer: str = "accept") -> str:
        return self.allowed(self.begun(browser), answer)

    def page(self, browser: Browser, address: str) -> str:
        """What is said once the browser came back."""
        answer = browser.get(address)
        assert answer.status_code == 302, answer.text
        assert "code=" not in answer.location
        return unescape(browser.get(answer.location.removeprefix(BASE)).text)


@contextmanager
def world_of(house_with: Callable[..., House], deployment: str, **settings: Any) -> Iterator[World]:
    made: list[World] = []
    with SandboxServer(
        seed=None, deployment=deployment, clock=lambda: made[0].house.clock() if made else NOW
    ) as sandbox:
        given: dict[str, Any] = {"authorization_url": sandbox.url, "gateway_url": sandbox.url}
        if deployment == CLOUD:
            given["jira_sign_in"] = {"client_id": CLIENT, "client_secret": SECRET}
        house = house_with(**{**given, **settings})
        cloud = deployment == CLOUD
        credentials = (
            BasicCredentials(CONNECTOR.email, CONNECTOR.token)
            if cloud
            else BearerCredentials(CONNECTOR.token)
        )
        jira = connect(JiraAddress("main", sandbox.url, credentials))
        link = None if cloud else OAuthClient(CLIENT, SECRET)
        house.connector.sites["main"] = Site("main", jira, sandbox.url, None, is_cloud=cloud, link=link)
        made.append(World(house, sandbox, deployment))
        sandbox.site.oauth = OAuthServer(house.clock)
        scopes, callback = ({"read:me"}, ATLASSIAN) if cloud else ({"READ"}, LINK)
        sandbox.site.oauth.apps[CLIENT] = OAuthApp(CLIENT, SECRET, CONNECTOR.id, frozenset(scopes), callback)
        sandbox.site.oauth.signed_in = VIEWER.id
        sandbox.site.strangers[STRANGER.id] = STRANGER
        yield made[0]
        jira.close()


@pytest.fixture
def world(request, house_with) -> Iterator[World]:
    with world_of(house_with, getattr(request, "param", CLOUD)) as made:
        yield made


@EACH
def test_who_signs_in_there_is_that_person_and_nothing_else_is_kept(world) -> None:
    browser = world.house.signed_in()
    assert "Tie this account to your Jira account" in browser.get("/account").text
    address = world.begun(browser)
    asked = {name: one[0] for name, one in parse_qs(urlsplit(address).query).items()}
    assert asked["scope"] == ("read:me" if world.deployment == CLOUD else "READ"), "the least there is"
    assert asked["code_challenge_method"] == "S256"
    page = world.page(browser, world.allowed(address))
    assert "You are Vera Reader in the Jira of main, as you signed in there." in page
    [tie] = world.ties()
    assert (tie.person, tie.proof, tie.proven_at) == (world.person, PersonProof.JIRA, world.house.clock())
    assert "It counts until" in page
    [(who, _, detail)] = [one for one in world.house.log() if one[1] == "Jira person named"]
    assert (who, detail) == (
        "viewer@acme.example",
        {"account": "viewer@acme.example", "person": world.person, "proof": "jira"},
    )
    kept = world.house.connector.store
    with kept.read() as conn:
        rows = conn.exec_driver_sql("SELECT count(*) FROM oauth_grant").scalar_one()
        begun = conn.exec_driver_sql("SELECT count(*) FROM oauth_consent").scalar_one()
    assert (rows, begun) == (0, 0)


@EACH
def test_they_let_go_of_it_themselves(world) -> None:
    browser = world.house.signed_in()
    browser.get(world.back(browser))
    assert browser.post("/account/jira/main/leave").status_code == 302
    assert world.ties() == []
    assert ("viewer@acme.example", "Jira person taken away") in [one[:2] for one in world.house.log()]
    browser.post("/account/jira/main/leave")
    assert "You were nobody in the Jira of main" in browser.get("/account").text


def test_it_takes_that_they_said_of_late_who_they_are(world) -> None:
    browser = world.house.signed_in()
    world.house.clock.forward(minutes=20)
    answer = browser.post("/account/jira/main/sign-in")
    assert (answer.status_code, urlsplit(answer.location).path) == (302, "/account/identity")


@EACH
def test_a_code_and_a_state_work_once(world) -> None:
    browser = world.house.signed_in()
    back = world.back(browser)
    browser.get(back)
    browser.post("/account/jira/main/leave")
    assert "was used already" in world.page(browser, back)
    assert world.ties() == []
    assert [one["reason"] for one in world.refusals()] == ["not begun here"]


@EACH
def test_nobody_finishes_what_another_began(world) -> None:
    """A stolen answer, and one that is put before somebody's browser so that they become somebody else (CSRF on the way back)."""
    victim, thief = world.house.signed_in(), world.house.signed_in("editor")
    stolen = world.back(victim)
    assert "not begun by you in this browser" in world.page(thief, stolen)
    world.oauth.signed_in = CONNECTOR.id
    planted = world.back(thief)
    assert "not begun by you in this browser" in world.page(victim, planted)
    assert world.ties() == []
    assert len(world.refusals()) == 2
    assert "You are Vera Reader" in world.page(victim, stolen), "a stranger's try takes nothing away"


@EACH
def test_the_same_person_in_another_browser_finishes_nothing(world) -> None:
    one, other = world.house.signed_in(), world.house.signed_in()
    back = world.back(one)
    other.post("/account/jira/main/sign-in")
    assert "not begun by you in this browser" in world.page(other, back)
    assert world.ties() == []


@EACH
def test_a_stolen_code_in_an_answer_of_ones_own_is_not_taken(world) -> None:
    """PKCE: the code was given for what waits in another browser."""
    victim, thief = world.house.signed_in(), world.house.signed_in("editor")
    stolen = parse_qs(urlsplit(world.back(victim)).query)["code"][0]
    own = urlsplit(world.back(thief))
    state = parse_qs(own.query)["state"][0]
    mixed = f"{own.path}?{urlencode({'code': stolen, 'state': state})}"
    assert "The code that came back is taken no more" in world.page(thief, mixed)
    assert world.ties() == []
    assert [one["reason"] for one in world.refusals()] == ["code not taken"]


@EACH
@pytest.mark.parametrize("minutes", [10, 14])
def test_it_has_ten_minutes(world, minutes) -> None:
    browser = world.house.signed_in()
    back = world.back(browser)
    world.house.clock.forward(minutes=minutes)
    assert "has run out" in world.page(browser, back)
    assert world.ties() == []


@EACH
def test_beginning_anew_ends_what_was_begun_before(world) -> None:
    browser = world.house.signed_in()
    former, present = world.back(browser), world.back(browser)
    assert "not begun by you" in world.page(browser, former)
    assert "You are Vera Reader" in world.page(browser, present)


@EACH
def test_what_nobody_began_and_nobody_signed_in_for_is_refused_and_noted(world) -> None:
    path = urlsplit(ATLASSIAN if world.deployment == CLOUD else LINK).path
    for query in ("", "?state=x&code=y", "?error=access_denied", "?state=%00&code=%00"):
        answer = world.house.browser().get(path + query)
        assert (answer.status_code, urlsplit(answer.location).path) == (302, "/sign-in")
    assert [one["reason"] for one in world.refusals()] == ["nobody is signed in here"] * 4


def test_a_flood_of_forged_answers_does_not_fill_the_record(world) -> None:
    browser = world.house.browser()
    for number in range(60):
        browser.get(f"{jira_sign_in.CALLBACK}?state={number}&code=x")
    assert len(world.refusals()) == 50


def test_nobody_begins_it_without_end(world) -> None:
    browser = world.house.signed_in()
    for _ in range(jira_sign_in.MOST):
        world.begun(browser)
    assert browser.post("/account/jira/main/sign-in").status_code == 302
    assert "You began this 10 times of late" in browser.get("/account").text


@EACH
def test_who_declines_is_told_so_and_nothing_changes(world) -> None:
    browser = world.house.signed_in()
    assert "You did not allow it there, so nothing was changed." in world.page(
        browser, world.back(browser, "decline")
    )
    assert world.ties() == []
    assert [one["reason"] for one in world.refusals()] == ["access_denied"]


@pytest.mark.parametrize(
    ("said", "told", "reason"),
    [
        ("temporarily_unavailable", "not available just now", "temporarily_unavailable"),
        ("invalid_scope", "is not set up right", "invalid_scope"),
        ("<script>alert(1)</script>", "is not set up right", "no code"),
        ("x" * 5000, "is not set up right", "no code"),
    ],
)
def test_other_errors_become_sentences_of_ours(world, said, told, reason) -> None:
    browser = world.house.signed_in()
    state = parse_qs(urlsplit(world.begun(browser)).query)["state"][0]
    page = world.page(browser, f"{jira_sign_in.CALLBACK}?{urlencode({'state': state, 'error': said})}")
    assert told in page
    assert said not in page
    assert [one["reason"] for one in world.refusals()] == [reason]


def test_an_account_of_atlassian_that_the_site_does_not_know_is_nobody_there(world) -> None:
    browser = world.house.signed_in()
    world.oauth.signed_in = STRANGER.id
    page = world.page(browser, world.back(browser))
    assert "You signed in at Atlassian as Sam Elsewhere, and the Jira at" in page
    assert world.ties() == []
    assert world.refusals()[0]["reason"] == f"{STRANGER.id} is nobody at this site"


@EACH
def test_the_answer_of_one_site_counts_at_no_other(world) -> None:
    """Mix-up: what was begun for one Jira does not come back by the address of another."""
    browser, connector = world.house.signed_in(), world.house.connector
    other = replace(connector.sites["main"], name="other")
    connector.sites["other"] = other
    back = world.back(browser)
    elsewhere = back.replace("/callback/main", "/callback/other").replace("/callback?", "/callback/main?")
    assert "not begun by you" in world.page(browser, elsewhere)
    assert world.ties() == []
    assert "You are Vera Reader" in world.page(browser, world.back(browser))
    assert [one.site for one in world.ties()] == ["main"], "it holds for the site that was proved"


@EACH
def test_a_person_that_is_another_account_already_is_refused(world) -> None:
    first, second = world.house.signed_in(), world.house.signed_in("editor")
    first.get(world.back(first))
    page = world.page(second, world.back(second))
    assert "Vera Reader of main is tied to another account of this connector already" in page
    assert "viewer@acme.example" not in page, "whose account that is, is not theirs to know"
    assert [one.account_id for one in world.ties()] == [world.ties()[0].account_id]
    assert world.refusals()[0]["held_by"] == "viewer@acme.example"
    first.post("/account/jira/main/leave")
    assert "You are Vera Reader" in world.page(second, world.back(second))


def test_a_proof_that_counts_no_more_keeps_nobody_off(world) -> None:
    first = world.house.signed_in()
    first.get(world.back(first))
    world.house.clock.forward(days=91)
    second = world.house.signed_in("editor")
    assert "You are Vera Reader" in world.page(second, world.back(second))
    again = world.house.signed_in()
    assert "was proved too long ago, and counts no more" in again.get("/account").text


def test_somebody_whose_account_was_closed_on_the_way_is_nobody(world) -> None:
    browser, admin = world.house.signed_in(), world.house.signed_in("admin")
    back = world.back(browser)
    account = world.house.connector
    with account.store.read() as conn:
        [number] = conn.exec_driver_sql(
            "SELECT id FROM account WHERE email = 'viewer@acme.example'"
        ).scalars()
    admin.post(f"/people/{number}/disable", "/people")
    assert urlsplit(browser.get(back).location).path == "/sign-in"
    assert world.ties() == []


@EACH
def test_a_wrong_secret_is_told_to_admins_and_shown_to_nobody(world) -> None:
    browser = world.house.signed_in()
    back = world.back(browser)
    world.oauth.apps[CLIENT].secret = "another secret"
    page = world.page(browser, back)
    assert "is not set up right" in page
    assert SECRET not in page
    assert [one["reason"] for one in world.refusals()] == ["client id or secret not taken"]


def test_an_app_without_the_user_identity_api_is_told_to_admins(world) -> None:
    browser = world.house.signed_in()
    address = world.begun(browser)
    said = requests.post(
        address, data={"answer": "accept", "without": "read:me"}, allow_redirects=False, timeout=10
    )
    assert "is not set up right" in world.page(browser, said.headers["Location"].removeprefix(BASE))
    assert [one["reason"] for one in world.refusals()] == ["the app lacks read:me"]


def test_where_nothing_is_set_nobody_is_offered_it(house_with) -> None:
    for deployment in (CLOUD, DATA_CENTER):
        with world_of(house_with, deployment, jira_sign_in=None) as world:
            site = replace(world.house.connector.sites["main"], link=None)
            world.house.connector.sites["main"] = site
            browser = world.house.signed_in()
            assert "Sign in with Jira" not in browser.get("/account").text
            browser.post("/account/jira/main/sign-in")
            assert "Nobody can sign in with the Jira of main here yet" in browser.get("/account").text
            assert browser.post("/account/jira/nowhere/sign-in").status_code == 404


ODD = {
    "no JSON": ("text/html", "<html>sign in</html>"),
    "text": ("application/json", "fine"),
    "a list": ("application/json", "[]"),
    "no token": ("application/json", '{"token_type": "Bearer", "expires_in": 3600}'),
    "an empty token": ("application/json", '{"access_token": " ", "expires_in": 3600}'),
    "a number": ("application/json", '{"access_token": 7, "expires_in": 3600}'),
    "nothing": ("application/json", ""),
    "deep": ("application/json", "[" * 100_000),
}


@pytest.fixture
def odd() -> Iterator[tuple[str, dict[str, Any]]]:
    """A server that says what it is told to, to whatever is asked."""
    said: dict[str, Any] = {}
    app = Flask("odd")

    def answer(path: str) -> Response:
        body = said["me"] if path in ("me", "rest/api/2/myself") and "me" in said else said["token"]
        return Response(body[1], body[2] if len(body) > 2 else 200, content_type=body[0])

    app.add_url_rule("/<path:path>", "all", answer, methods=["GET", "POST"])
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", said
    server.shutdown()
    thread.join(5)
    server.server_close()


def come_back(world) -> str:
    """The page of somebody who went off, and comes back with a code."""
    browser = world.house.signed_in()
    state = parse_qs(urlsplit(world.begun(browser)).query)["state"][0]
    path = urlsplit(ATLASSIAN if world.deployment == CLOUD else LINK).path
    return world.page(browser, f"{path}?{urlencode({'state': state, 'code': 'c'})}")


@EACH
@pytest.mark.parametrize("at", ["token", "me"])
@pytest.mark.parametrize("kind", ODD)
def test_an_answer_that_is_none_changes_nothing(world, odd, at, kind) -> None:
    url, said = odd
    said["token"] = ("application/json", '{"access_token": "t", "expires_in": 3600}')
    said[at] = ODD[kind]
    led_astray(world, url)
    page = come_back(world)
    assert "Nothing was changed: what should say who you are cannot be reached" in page
    assert world.ties() == []
    assert len(world.refusals()) == 1


@EACH
@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 429, 500, 503])
def test_no_refusal_of_a_server_is_repeated_to_the_person(world, odd, status) -> None:
    url, said = odd
    said["token"] = ("application/json", f'{{"error": "{SECRET} & more"}}', status)
    led_astray(world, url)
    page = come_back(world)
    assert "othing was changed" in page
    assert SECRET not in page
    assert SECRET not in str(world.refusals())
    assert world.ties() == []


@EACH
@pytest.mark.parametrize(
    "id_", ["x" * 300, "nul\\u0000", "line\\nend", " ", ""], ids=["long", "nul", "line", "blank", "none"]
)
def test_who_has_no_name_that_anybody_has_is_nobody(world, odd, id_) -> None:
    url, said = odd
    said["token"] = ("application/json", '{"access_token": "t", "expires_in": 3600}')
    said["me"] = ("application/json", f'{{"account_id": "{id_}", "name": "{id_}"}}')
    led_astray(world, url)
    page = come_back(world)
    assert "Nothing was changed: what should say who you are" in page
    assert world.ties() == []


def test_a_name_without_end_leaves_the_session_whole(world, odd) -> None:
    """What is said on the next page waits in the cookie."""
    url, said = odd
    said["token"] = ("application/json", '{"access_token": "t", "expires_in": 3600}')
    said["me"] = ("application/json", f'{{"account_id": "{STRANGER.id}", "name": "{"n" * 9000}"}}')
    led_astray(world, url)
    browser = world.house.signed_in()
    state = parse_qs(urlsplit(world.begun(browser)).query)["state"][0]
    page = world.page(browser, f"{jira_sign_in.CALLBACK}?{urlencode({'state': state, 'code': 'c'})}")
    assert f"You signed in at Atlassian as {'n' * 100}, and" in page


def test_two_at_once_are_not_the_same_person(store, tmp_path, monkeypatch) -> None:
    """Both were told who they are before either was kept."""
    with world_of(lambda **settings: House(store, tmp_path, **settings), CLOUD) as world:
        two_at_once(world, monkeypatch)


def two_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = world.house.signed_in(), world.house.signed_in("editor")
    backs = [(first, world.back(first)), (second, world.back(second))]
    met, kept = threading.Barrier(2, timeout=20), jira_sign_in._kept

    def kept_together(*given: Any) -> AccountPerson:
        met.wait()
        return kept(*given)

    monkeypatch.setattr(jira_sign_in, "_kept", kept_together)
    threads = [threading.Thread(target=one.get, args=(back,)) for one, back in backs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(world.ties()) == 1


@pytest.mark.parametrize("status", ["inactive", "closed"])
def test_an_account_that_is_not_active_proves_nothing(world, odd, status) -> None:
    url, said = odd
    said["token"] = ("application/json", '{"access_token": "t", "expires_in": 3600}')
    said["me"] = ("application/json", f'{{"account_id": "{VIEWER.id}", "account_status": "{status}"}}')
    led_astray(world, url)
    browser = world.house.signed_in()
    state = parse_qs(urlsplit(world.begun(browser)).query)["state"][0]
    world.page(browser, f"{jira_sign_in.CALLBACK}?{urlencode({'state': state, 'code': 'c'})}")
    assert world.ties() == []


def led_astray(world: World, url: str) -> None:
    """What should say who somebody is, is another server."""
    connector = world.house.connector
    there = {"authorization_url": url, "gateway_url": url}
    connector.settings = connector.settings.model_copy(update=there)
    if world.deployment == DATA_CENTER:
        jira = connect(JiraAddress("main", url, BearerCredentials("t")))
        connector.sites["main"] = replace(connector.sites["main"], jira=jira)
