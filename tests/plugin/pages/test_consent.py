"""Connecting to Jira by OAuth 2.0 on pages: the form, the way to Atlassian and back, and what is said where it does not work."""

from __future__ import annotations

import re
from html import unescape

import pytest
import requests
from pydantic import AnyHttpUrl

from connectors.sandbox import CONNECTOR, SERVICE
from connectors.sandbox.traffic.oauth import OAuthApp, OAuthServer

SCOPES = frozenset({"read:jira-work", "read:jira-user", "write:jira-work"})
SECRET = "a secret of the console"
CALLBACK = "http://localhost/consent"
FORM = {"name": "acme", "client_id": "app", "client_secret": SECRET}


@pytest.fixture
def asked(world):
    """Atlassian is the sandbox, and knows an app and a service account."""
    here = {name: AnyHttpUrl(world.sandbox.url) for name in ("authorization_url", "gateway_url")}
    world.connector.settings = world.connector.settings.model_copy(update=here)
    server = world.sandbox.site.oauth = OAuthServer(world.sandbox.sandbox.clock)
    server.apps["app"] = OAuthApp("app", SECRET, CONNECTOR.id, SCOPES | {"manage:jira-webhook"}, CALLBACK)
    server.apps["robot"] = OAuthApp("robot", SECRET, SERVICE.id, SCOPES, service=True)
    yield server
    world.sandbox.site.other_resources = []


def to_atlassian(page):
    return unescape(re.search(r'href="([^"]+/authorize\?[^"]+)"', page.get_data(as_text=True))[1])


def back(address, answer="accept"):
    said = requests.post(address, data={"answer": answer}, allow_redirects=False, timeout=10)
    return said.headers["Location"].removeprefix("http://localhost")


def test_an_app_is_entered_allowed_and_at_work(admin, world, asked):
    page = admin.post("/setup", url=world.sandbox.url, deployment="consent", **FORM)
    text = page.get_data(as_text=True)
    assert "Nobody has allowed it yet" in text
    assert CALLBACK in text
    assert SECRET not in text
    led = admin.client.get(back(to_atlassian(admin.post("/sites/acme/consent"))), follow_redirects=True)
    assert "OKR Connector" in led.get_data(as_text=True)
    assert world.connector.site("acme").jira.myself().name == "OKR Connector"
    shown = admin.get("/sites/acme").get_data(as_text=True)
    assert "It goes on by itself while it is used" in shown
    assert "Make another secret" in shown
    said = admin.post("/sites/acme/credential", token="another secret of the console").get_data(as_text=True)
    assert "The new secret of acme is kept. Atlassian is asked with it" in said, "nobody has tried it yet"


def test_a_service_account_is_entered_and_at_work(admin, world, asked):
    given = {**FORM, "client_id": "robot"}
    page = admin.post("/setup", url=world.sandbox.url, deployment="service", **given)
    assert "OKR Service Account" in page.get_data(as_text=True)
    assert "Its tokens are renewed by themselves" in admin.get("/sites/acme").get_data(as_text=True)


@pytest.mark.parametrize("deployment", ["consent", "service"])
@pytest.mark.parametrize("field", ["client_id", "client_secret"])
def test_what_an_app_needs_is_asked_for_at_its_field(admin, world, asked, deployment, field):
    half = admin.post("/setup", url=world.sandbox.url, deployment=deployment, **{**FORM, field: ""})
    assert half.status_code == 422
    said = {"client_id": "Give the client id, and the secret", "client_secret": "Give the client secret;"}
    assert {name for name, one in said.items() if one in half.get_data(as_text=True)} == {field}


def test_what_is_missing_is_said_at_its_field_and_a_wrong_secret_keeps_nothing(admin, world, asked):
    half = admin.post("/setup", url=world.sandbox.url, deployment="consent", **{**FORM, "client_secret": ""})
    assert "Give the client secret" in half.get_data(as_text=True)
    wrong = {**FORM, "client_id": "robot", "client_secret": "wrong secret"}
    page = admin.post("/setup", url=world.sandbox.url, deployment="service", **wrong)
    assert "not with this secret" in page.get_data(as_text=True)
    assert (half.status_code, page.status_code) == (422, 422)
    assert "acme" not in world.connector.sites


def test_one_of_several_sites_is_chosen(admin, world, asked):
    other = {
        "id": "99999999-2222-4333-8444-555555555555",
        "url": "https://other.atlassian.net",
        "name": "other",
    }
    world.sandbox.site.other_resources = [{**other, "scopes": []}]
    url = world.sandbox.url.replace("127.0.0.1", "localhost")
    admin.post("/setup", url=url, deployment="consent", **FORM)
    page = admin.get(back(to_atlassian(admin.post("/sites/acme/consent")))).get_data(as_text=True)
    assert "other: https://other.atlassian.net" in page
    assert f"for no site at {url}, which is the address of acme here" in page
    state = re.search(r'name="state"[^>]*value="([^"]+)"', page)[1]
    cloud = re.search(r'value="([^"]+)" required> <span>northwind', page)[1]
    admin.post("/consent", state=state, cloud_id=cloud)
    assert world.connector.site("acme").browse_url == world.sandbox.url
    assert world.connector.site("acme").jira.myself().name == "OKR Connector"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/consent", "not begun by you"),
        ("/consent?state=x&code=y", "copy the address of this page there"),
        ("/consent?state=x&error=access_denied", "not begun by you"),
    ],
)
def test_what_nobody_began_changes_nothing(admin, asked, address, said):
    answer = admin.get(address)
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)


def test_who_declines_is_told_and_nobody_but_admins_come_so_far(admin, desk, world, asked):
    admin.post("/setup", url=world.sandbox.url, deployment="consent", **FORM)
    led = back(to_atlassian(admin.post("/sites/acme/consent")), "decline")
    assert desk("editor").get(led).status_code == 403
    assert "access_denied" in admin.get(led).get_data(as_text=True)
