"""Scoped tokens and service accounts at each door: the gateway is found by itself, missing scopes are named, people are led to the site."""

from __future__ import annotations

from dataclasses import replace

import pytest
import requests
from pydantic import SecretStr

from connectors.jira.sign_in.scopes import MissingScope
from connectors.sandbox import CONNECTOR, SERVICE, SandboxServer
from connectors.sandbox.board import lanes
from connectors.store.sites import sites as rows
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.runtime.composition import site_from
from plugin.runtime.credentials_vault import vault
from plugin.runtime.saved_sites import NewSite, misfit_of, open_sites
from plugin.runtime.settings import JiraSettings
from plugin.use_cases.sites import sites
from plugin.use_cases.work.sync import FULL, run

SCOPED, SERVICE_TOKEN = "sandbox-scoped-token", "sandbox-service-token"
CLOUD_ID = "5f0a0000-0000-4000-8000-0000000000c1"


@pytest.fixture(scope="module")
def jira():
    with SandboxServer() as server:
        yield server


@pytest.fixture
def admin(jira, monkeypatch, request):
    """The doors for an admin of a connector whose gateway is that of the sandbox."""
    monkeypatch.setenv("JIRA_OKR_GATEWAY_URL", jira.url)
    doors = request.getfixturevalue("doors_of")("admin")
    open_sites(doors.connector)
    return doors


@pytest.fixture
def narrow(jira):
    """Gives the scoped token of the connector's account these scopes alone."""

    def to(*scopes):
        jira.sandbox.accounts[CONNECTOR.id] = replace(CONNECTOR, scoped={SCOPED: frozenset(scopes)})

    yield to
    jira.sandbox.accounts[CONNECTOR.id] = CONNECTOR


def by_page(doors, url, email, token):
    return doors.page("/setup", name="acme", url=url, deployment="cloud", email=email, token=token)


def by_api(doors, url, email, token):
    return doors.api("POST", "/sites", {"name": "acme", "url": url, "email": email, "token": token})


def by_command(doors, url, email, token):
    who = ("--email", email) if email else ("--service-account",)
    return doors.command("site", "add", "acme", url, *who, typed=f"{token}\n")


def kept(doors):
    """What stands in the database of the site."""
    with doors.connector.store.read() as conn:
        found = rows.get(conn, "acme")
    return found.settings["api_base"], vault(doors.connector.settings).open(found.credentials)


@pytest.mark.parametrize(
    ("add", "email", "token", "name"),
    [
        (by_page, "", SERVICE_TOKEN, SERVICE.name),
        (by_api, CONNECTOR.email, f"  {SCOPED}\n ", CONNECTOR.name),
        (by_command, "", f" {SERVICE_TOKEN} ", SERVICE.name),
    ],
)
def test_the_gateway_is_found_by_itself(admin, jira, add, email, token, name):
    add(admin, jira.url, email, token)
    base, secrets = kept(admin)
    assert base == f"{jira.url}/ex/jira/{CLOUD_ID}"
    assert (secrets.get("email", ""), secrets["token"]) == (email, token.strip())
    tested = admin.api("POST", "/sites/acme/test").json
    assert (tested["account"], tested["missing_scopes"]) == (name, [])
    (site,) = [one for one in admin.api("GET", "/sites").json["items"] if one["name"] == "acme"]
    assert (site["url"], site["api_base"]) == (jira.url, base)
    assert admin.connector.site("acme").issue_url("PLAT-1") == f"{jira.url}/browse/PLAT-1"
    assert f'href="{jira.url}"' in admin.look("/sites/acme")


def test_a_token_without_scopes_stays_at_the_site(admin, jira):
    by_api(admin, jira.url, CONNECTOR.email, CONNECTOR.token)
    assert kept(admin)[0] == ""


def test_missing_scopes_are_named_one_by_one_at_each_door_and_nothing_is_kept(admin, jira, narrow):
    narrow("read:jira-work")
    given = (admin, jira.url, CONNECTOR.email, SCOPED)
    for said in (
        by_page(*given).get_data(as_text=True),
        by_api(*given).json["detail"],
        str(by_command(*given).exception),
    ):
        assert "the scope read:jira-user, to see whose" in said
        assert "the scope write:jira-work, to write fields" in said
        assert "the scope read:jira-work," not in said
    assert "acme" not in admin.connector.sites


def test_a_token_that_may_not_write_is_kept_and_says_so(admin, jira, narrow):
    narrow("read:jira-work", "read:jira-user")
    added = by_api(admin, jira.url, CONNECTOR.email, SCOPED).json
    assert (added["works"], added["missing_scopes"]) == (False, ["write:jira-work"])
    assert added["remedy"].startswith(
        "The token lacks the scope write:jira-work. Scopes cannot be added to a token: make a new one with the scopes"
    )
    assert "LACKS the scope write:jira-work" in admin.command("site", "test", "acme").output
    assert "Scope write:jira-work" in admin.page("/sites/acme/test").get_data(as_text=True)


def test_another_kind_of_token_takes_its_own_way_at_each_door(admin, jira):
    by_api(admin, jira.url, CONNECTOR.email, CONNECTOR.token)
    gateway = f"{jira.url}/ex/jira/{CLOUD_ID}"
    admin.page("/sites/acme/credential", token=f" {SCOPED} ")
    assert (kept(admin)[0], kept(admin)[1]["token"]) == (gateway, SCOPED)
    admin.api("PUT", "/sites/acme/credential", {"token": f"{CONNECTOR.token}\n"})
    assert (kept(admin)[0], kept(admin)[1]["token"]) == ("", CONNECTOR.token)
    admin.command("site", "renew", "acme", typed=f"{SCOPED}\n")
    assert (kept(admin)[0], kept(admin)[1]["token"]) == (gateway, SCOPED)
    assert admin.api("POST", "/sites/acme/test").json["works"] is True


def test_a_token_that_fits_nowhere_is_refused_as_it_was_at_the_site(admin, jira):
    answer = by_api(admin, jira.url, CONNECTOR.email, "wrong")
    assert (answer.status_code, answer.json["title"]) == (502, "Jira refused the account")
    assert "401" in answer.json["detail"]
    assert "acme" not in admin.connector.sites


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"pat": "sandbox-connector-token"}, "Jira Cloud, which knows no personal access tokens"),
        ({"token": "wrong"}, "the API token of a person"),
        ({"email": CONNECTOR.email, "token": "wrong"}, "Check e-mail and token"),
    ],
)
def test_a_credential_of_the_wrong_kind_is_called_so(admin, jira, given, said):
    answer = admin.api("POST", "/sites", {"name": "acme", "url": jira.url, **given})
    assert answer.status_code == 502
    assert said in str(answer.json)
    assert "acme" not in admin.connector.sites


def test_a_token_without_an_address_at_data_center_is_called_so():
    settings = JiraSettings(
        name="acme", url="https://jira.acme.example", email="a@acme.example", token=SecretStr("x")
    )
    assert "personal access token" in misfit_of(settings, "datacenter")
    assert misfit_of(settings, None) == ""


def test_a_site_of_the_settings_goes_by_the_gateway_too(admin, jira):
    gateway = f"{jira.url}/ex/jira/{CLOUD_ID}"
    scoped = {"email": CONNECTOR.email, "token": f"{SCOPED}\n"}
    for given in (
        {"token": SERVICE_TOKEN},
        {"token": SERVICE_TOKEN, "email": ""},
        {"token": SERVICE_TOKEN, "api_base": gateway},
        {**scoped, "api_base": "gateway"},
        {**scoped, "api_base": gateway},
    ):
        settings = JiraSettings(url=jira.url, **given)
        admin.connector.sites["main"] = site_from(settings, admin.connector.settings, admin.connector.store)
        found = sites.attempt(admin.connector, COMMAND_LINE, "main")
        assert (found.missing_scopes, found.api_base) == ((), gateway)


def test_a_site_of_the_settings_says_which_scope_it_lacks(admin, jira, narrow):
    narrow("write:jira-work")
    settings = JiraSettings(url=jira.url, email=CONNECTOR.email, token=SecretStr(SCOPED), api_base="gateway")
    admin.connector.sites["main"] = site_from(settings, admin.connector.settings, admin.connector.store)
    with pytest.raises(MissingScope, match=r"read:jira-work.*read:jira-user"):
        sites.attempt(admin.connector, COMMAND_LINE, "main")


def test_a_service_account_reads_what_moved_and_writes_it(tmp_path, synced_demo):
    """A moved card is read, and what it moves is written to its objective, all by the gateway."""
    with synced_demo(tmp_path, quiet_seconds=0, resync_minutes=0) as demo:
        connector, server = demo.connector, demo.sandbox
        settings = connector.settings.model_copy(update={"gateway_url": server.url})
        account = JiraSettings(url=server.url, token=SecretStr(SERVICE_TOKEN))
        connector.sites["main"] = site_from(account, settings, connector.store)
        lane = next(one for one in lanes(server.sandbox, "PLAT") if one.by_cards and one.epic)
        objective, card = lane.epic.id, lane.columns[0][1][0].record
        api = f"{server.url}/ex/jira/{CLOUD_ID}/rest/api/3"
        with requests.Session() as jira:
            jira.headers["Authorization"] = f"Bearer {SERVICE_TOKEN}"
            ways = jira.get(f"{api}/issue/{card.id}/transitions").json()["transitions"]
            done = next(one["id"] for one in ways if one["to"]["statusCategory"]["key"] == "done")
            jira.post(f"{api}/issue/{card.id}/transitions", json={"transition": {"id": done}})
            assert run(connector, COMMAND_LINE, "main", FULL).done.failed == 0
            last = jira.get(f"{api}/issue/{objective}/changelog").json()["values"][-1]
        assert last["author"]["displayName"] == SERVICE.name
        assert "OKR progress" in [item["field"] for item in last["items"]]


def test_a_new_site_shows_no_secret():
    assert SERVICE_TOKEN not in repr(NewSite("acme", "https://acme.example", token=SERVICE_TOKEN))
