"""Getting in and out, in a real browser: the one-time link, passwords, guessing, tokens, and an OIDC provider over HTTP."""

from __future__ import annotations

import re
import socket

import pytest
import requests
from pydantic import AnyHttpUrl, SecretStr

from connectors.sandbox import CONNECTOR
from connectors.sandbox.site_state.scheme import VIEWER
from connectors.sandbox.traffic.oauth import OAuthApp, OAuthServer
from connectors.store.people import accounts
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.runtime.settings import JiraSignInSettings
from plugin.use_cases.accounts import set_up

pytestmark = pytest.mark.browser

GOOD = "correct horse battery staple"


@pytest.fixture
def expect():
    return pytest.importorskip("playwright.sync_api", reason="no playwright here").expect


@pytest.mark.slow
def test_the_first_account_is_made_by_the_one_time_link(vacant, open_page, expect):
    with vacant() as house:
        link = set_up.make_link(house.connector, COMMAND_LINE, house.url)
        page = open_page(house.url)
        expect(page.get_by_role("status")).to_contain_text("Nobody administers this connector yet")
        page.goto(link)
        make(page, "ada@acme.example", "too short", "too short")
        expect(page.get_by_role("alert")).to_contain_text("12")
        expect(page.get_by_label("E-mail address")).to_have_value("ada@acme.example")
        make(page, "ada@acme.example", GOOD, "another long password")
        expect(page.get_by_role("alert")).to_contain_text("not the same")
        make(page, "ada@acme.example", GOOD, GOOD)
        expect(page.get_by_role("heading", name="No objectives yet")).to_be_visible()
        page.get_by_label("Account of ada@acme.example").click()
        expect(page.locator(".me-who")).to_contain_text("admin")
        again = open_page(link)
        expect(again.get_by_role("heading", name="This link does not work any more")).to_be_visible()
        again.get_by_role("link", name="sign in").click()
        expect(again.get_by_role("status")).to_have_count(0)


def make(page, email: str, password: str, again: str) -> None:
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Name", exact=True).fill("Ada")
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_label("The password again").fill(again)
    page.get_by_role("button", name="Make the account").click()


@pytest.mark.slow
def test_a_wrong_password_is_said_and_guessing_is_held_off(vacant, account, open_page, sign_in, expect):
    with vacant() as house:
        account(house.connector, "viewer")
        page = open_page(f"{house.url}/health")
        sign_in(page, "viewer@acme.example", "wrong")
        expect(page.get_by_role("alert")).to_contain_text("do not go together")
        expect(page.get_by_label("E-mail address")).to_have_value("viewer@acme.example")
        expect(page.get_by_label("Password")).to_have_value("")
        for _ in range(4):
            sign_in(page, "viewer@acme.example", "wrong")
        sign_in(page, "viewer@acme.example")
        expect(page.get_by_role("alert")).to_contain_text(re.compile(r"Too many attempts\. Wait \d+ minutes"))
        page.goto(f"{house.url}/health")
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_signing_in_leads_where_one_wanted_to_go_and_signing_out_leaves_nothing(
    house, open_page, sign_in, expect
):
    page = open_page(f"{house.url}/mapping/main/form")
    sign_in(page, "admin@acme.example")
    expect(page.get_by_role("heading", name="The mapping as a form")).to_be_visible()
    page.locator(".me summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_the_menu_closes_as_menus_do(at, house, expect):
    page = at(house.url, "/health")
    button, menu = page.locator(".me summary"), page.locator(".me-menu")
    button.click()
    expect(menu).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    assert page.evaluate("document.activeElement.matches('.me summary')")
    button.click()
    page.locator("h1").click()
    expect(menu).to_be_hidden()
    button.click()
    page.get_by_role("button", name="Sign out").focus()
    page.keyboard.press("Tab")
    expect(menu).to_be_hidden()
    assert page.faults == []


def test_the_menu_opens_and_closes_without_script(at, house, expect):
    page = at(house.url, "/health", java_script_enabled=False)
    page.locator(".me summary").click()
    expect(page.get_by_role("link", name="Your account")).to_be_visible()
    page.locator(".me summary").click()
    expect(page.get_by_role("link", name="Your account")).to_be_hidden()


def test_a_token_is_shown_once_works_and_is_revoked(at, house, expect):
    page = at(house.url, "/account/tokens", "editor")
    page.get_by_label("What uses it").fill("nightly export")
    page.get_by_role("button", name="Make the token").click()
    secret = page.locator(".secret-text").inner_text()
    assert secret.startswith("okr_")
    assert asked(house.url, secret).status_code == 200
    page.goto(f"{house.url}/account/tokens")
    expect(page.get_by_role("row", name=re.compile("nightly export"))).to_be_visible()
    assert secret not in page.content()
    expect(page.get_by_label(re.compile("admin"))).to_have_count(0)
    page.get_by_role("button", name="Revoke nightly export").click()
    expect(page.get_by_role("status").first).to_contain_text("is revoked")
    assert asked(house.url, secret).status_code == 401


def asked(base: str, token: str) -> requests.Response:
    return requests.get(f"{base}/api/v1/me", headers={"Authorization": f"Bearer {token}"}, timeout=10)


def test_signing_in_at_a_provider(vacant, oidc_provider, account, open_page, sign_in, expect):
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    provider = oidc_provider(f"{base}/sign-in/oidc/callback")
    oidc = {
        "issuer": provider.server.issuer,
        "client_id": provider.client,
        "client_secret": provider.secret,
        "label": "Acme",
    }
    try:
        with vacant(port=port, oidc=oidc) as house:
            account(house.connector, "admin")
            page = open_page(f"{house.url}/health")
            page.get_by_role("link", name="Sign in with Acme").click()
            expect(page.get_by_role("heading", name="Sync health")).to_be_visible()
            page.get_by_label("Account of lee@acme.example").click()
            expect(page.locator(".me-who")).to_contain_text("viewer")
            with house.connector.store.read() as conn:
                assert accounts.by_email(conn, "lee@acme.example").password_hash is None
            page.get_by_role("button", name="Sign out").click()
            provider.server.person.update(sub="7", email="admin@acme.example", email_verified=False)
            page.get_by_role("link", name="Sign in with Acme").click()
            expect(page.get_by_role("alert")).to_be_visible()
            expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    finally:
        provider.server.close()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture
def atlassian(house):
    """The sandbox of the house is Atlassian too, where Vera is signed in in every browser."""
    connector, site = house.connector, house.sandbox.site
    before, known = connector.settings, site.oauth
    there = AnyHttpUrl(house.sandbox.url)
    app = JiraSignInSettings(client_id="who", client_secret=SecretStr("a secret of the console"))
    given = {"jira_sign_in": app, "authorization_url": there, "gateway_url": there}
    connector.settings = before.model_copy(update=given)
    site.oauth = OAuthServer(connector.clock)
    callback, scopes = f"{house.url}/account/jira/callback", frozenset({"read:me"})
    site.oauth.apps["who"] = OAuthApp("who", "a secret of the console", CONNECTOR.id, scopes, callback)
    site.oauth.signed_in = VIEWER.id
    yield
    connector.settings, site.oauth = before, known


@pytest.mark.slow
def test_nothing_keeps_people_out_of_proving_who_they_are(house, at, atlassian, violations):
    for role, address in (("editor", "/account"), ("admin", "/sites/main")):
        page = at(house.url, address, role)
        assert violations(page) == []
        page.emulate_media(color_scheme="dark")
        page.set_viewport_size({"width": 375, "height": 812})
        assert violations(page, again=True) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 375
    page.goto(f"{house.url}/account")
    page.get_by_role("button", name=re.compile("Sign in with Jira")).click()
    assert violations(page) == []


@pytest.mark.slow
def test_an_account_is_tied_by_signing_in_with_jira_once(house, at, atlassian, expect):
    page = at(house.url, "/account", "editor")
    panel = page.locator("#jira")
    panel.get_by_role("button", name=re.compile("Sign in with Jira")).click()
    expect(panel).to_contain_text("It holds for ten minutes")
    panel.get_by_role("link", name="Go on at Atlassian").click()
    expect(page.get_by_role("heading", name="An app asks for access")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("read:me")
    page.get_by_role("button", name="Decline").click()
    expect(page.locator("body")).to_contain_text("You did not allow it there, so nothing was changed.")
    panel.get_by_role("button", name=re.compile("Sign in with Jira")).click()
    panel.get_by_role("link", name="Go on at Atlassian").click()
    page.get_by_role("button", name="Accept").click()
    expect(panel).to_contain_text(f"main: you are {VIEWER.name}, as you signed in there. It counts until")
    assert "code=" not in page.url
    panel.get_by_role("button", name=re.compile("Let go of it")).click()
    expect(page.locator("#jira")).to_contain_text("main: nobody proved who you are")
    assert page.faults == []
