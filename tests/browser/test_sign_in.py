"""Getting in and out, in a real browser: the one-time link, passwords, guessing, tokens, and an OIDC provider over HTTP."""

from __future__ import annotations

import re
import socket

import pytest
import requests

from connectors.store.people import accounts
from plugin.access.authorization.actor import COMMAND_LINE
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
