"""What each role sees, and that what it does not see is refused to it as well."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from connectors.store.work import due

pytestmark = pytest.mark.browser

PAGES = (
    "/", "/objectives/PLAT-1", "/kpis", "/review", "/health", "/mapping/main", "/mapping/main/diff", "/account", "/account/tokens",
)  # fmt: skip
ADMIN_PAGES = (
    "/mapping/main/edit", "/mapping/main/form", "/mapping/main/preview", "/mapping/main/check", "/sites", "/sites/main",
    "/setup", "/setup/main/preset", "/setup/main/webhook", "/people", "/digests/main", "/audit",
)  # fmt: skip
PLACES = ("Objectives", "KPIs", "Scorecard", "Cycle review", "Practice", "Sync health", "Mapping")
LOOK = """async addresses => Promise.all(addresses.map(async address => {
  const answer = await fetch(address, {headers: {Accept: 'text/html'}});
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const forms = [...page.querySelectorAll('form[method=post]')].flatMap(
    form => [form, ...form.querySelectorAll('[formaction]')].map(one => one.getAttribute('formaction') || form.getAttribute('action')));
  return {status: answer.status, heading: page.querySelector('h1').textContent, forms};
}))"""
SEND = """async actions => Promise.all(actions.map(async action => {
  const body = new URLSearchParams({csrf_token: document.querySelector('[name=csrf_token]').value});
  return (await fetch(action, {method: 'POST', body, redirect: 'manual', headers: {Accept: 'text/html'}})).status;
}))"""


@pytest.fixture
def expect():
    return pytest.importorskip("playwright.sync_api", reason="no playwright here").expect


@pytest.fixture
def letter(house):
    """Work that failed for good, so that there is something to retry; forgotten afterwards."""
    store, now = house.connector.store, house.connector.clock()
    with store.write() as conn:
        due.mark(conn, "main", ["10011"], now, "test")
        claimed = due.claim(
            conn,
            "tester",
            now + timedelta(seconds=1),
            house.connector.context("main").lease,
            10,
            "main",
            "10011",
        )
        due.bury(conn, claimed[0], "Jira refused the call.", "Give the account the permission.", now)
    yield
    with store.write() as conn:
        due.discard(conn, "main", "10011")


def offered(page, addresses: tuple[str, ...]) -> set[str]:
    """Where the forms of these pages lead to; left out is the end of one's own sessions, which each person has others of."""
    forms = {form for one in page.evaluate(LOOK, addresses) for form in one["forms"]}
    return {re.sub(r"/\d+/", "/0/", form) for form in forms if not form.startswith("/account/sessions/")}


def places(page) -> list[str]:
    return page.locator("nav[aria-label=Main] a").all_inner_texts()


@pytest.mark.parametrize("role", ["viewer", "editor"])
def test_a_role_sees_what_it_may_do_and_is_refused_the_rest(at, house, letter, role):
    everything = offered(at(house.url, "/account"), (*PAGES, *ADMIN_PAGES))
    page = at(house.url, "/account", role)
    assert places(page) == list(PLACES)
    refused = sorted(everything - offered(page, PAGES))
    assert {"/mapping/main/activate", "/people", "/sites/main/test"} <= set(refused)
    answers = dict(zip(refused, page.evaluate(SEND, refused), strict=True))
    assert answers == dict.fromkeys(refused, 403)
    closed = {(one["status"], one["heading"]) for one in page.evaluate(LOOK, ADMIN_PAGES)}
    assert closed == {(403, "Not yours to see")}


def test_a_viewer_reads_and_an_editor_mends(at, house, letter, expect):
    page = at(house.url, "/health", "viewer")
    expect(page.locator(".dead-error")).to_have_text("Jira refused the call.")
    for name in ("Sync now", "Retry", "Discard"):
        expect(page.get_by_role("button", name=re.compile(f"^{name}"))).to_have_count(0)
    page.goto(f"{house.url}/mapping/main")
    expect(page.get_by_role("link", name="Compare two revisions")).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("^Edit"))).to_have_count(0)
    page.locator(".me summary").click()
    expect(page.get_by_role("link", name="People")).to_have_count(0)
    page = at(house.url, "/health", "editor")
    page.get_by_role("button", name=re.compile("^Discard")).click()
    expect(page.get_by_role("status").first).to_contain_text("Discarded")
    expect(page.get_by_role("link", name=re.compile("^Site settings"))).to_have_count(0)


@pytest.mark.slow
def test_an_admin_adds_somebody_who_then_signs_in_and_loses_the_role(at, house, open_page, sign_in, expect):
    page = at(house.url, "/people")
    assert places(page) == [*PLACES, "Sites"]
    page.get_by_label("E-mail address", exact=True).fill("kim@acme.example")
    page.get_by_label("Name", exact=True).fill("Kim")
    page.get_by_role("combobox", name="Role", exact=True).select_option("editor")
    page.get_by_role("button", name="Add, with a password made here").click()
    password = page.locator(".secret-text").inner_text()
    kim = open_page(f"{house.url}/health")
    sign_in(kim, "kim@acme.example", password)
    expect(kim.get_by_role("status")).to_contain_text("Choose a password of your own first")
    kim.get_by_label("Current password").fill(password)
    kim.get_by_label("New password", exact=True).fill("a quite different sentence")
    kim.get_by_label("The new password again").fill("a quite different sentence")
    kim.get_by_role("button", name="Change the password").click()
    kim.goto(f"{house.url}/health")
    expect(kim.get_by_role("button", name=re.compile("^Sync now"))).to_be_visible()
    page.goto(f"{house.url}/people")
    assert password not in page.content()
    page.get_by_label("Role of kim@acme.example").select_option("viewer")
    page.get_by_role("button", name="Save the role of kim@acme.example").click()
    kim.reload()
    expect(kim.get_by_role("button", name=re.compile("^Sync now"))).to_have_count(0)
    page.get_by_role("button", name="Close for kim@acme.example").click()
    kim.reload()
    expect(kim.get_by_role("heading", name="Sign in")).to_be_visible()
