"""The application link of a Data Center by which its people prove who they are, at each door; and what the settings say of it."""

from __future__ import annotations

import pytest

from connectors.sandbox import CONNECTOR, SandboxServer
from connectors.store.sites import sites as rows
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.runtime.composition import site_from
from plugin.runtime.connector import Refusal
from plugin.runtime.credentials_vault import vault
from plugin.runtime.saved_sites import open_sites
from plugin.runtime.settings import JiraSettings, SettingsError, read_settings
from plugin.use_cases.sites.application_link import take_application_link
from plugin.use_cases.visibility.jira_sign_in import sign_in_standing

CLIENT, SECRET = "link-client", "a secret of the link"
PAT = CONNECTOR.token


@pytest.fixture(scope="module")
def jira():
    with SandboxServer(seed=None, deployment="datacenter") as server:
        yield server


@pytest.fixture
def admin(jira, request):
    """The doors for an admin of a connector with the site acme, a Data Center."""
    doors = request.getfixturevalue("doors_of")("admin")
    open_sites(doors.connector)
    made = doors.api("POST", "/sites", {"name": "acme", "url": jira.url, "pat": PAT})
    assert made.status_code == 201, made.json
    return doors


def by_page(doors, client_id, secret):
    said = {"link_client_id": client_id, "link_client_secret": secret}
    return doors.page("/sites/acme/application-link", **said).status_code in (302, 303)


def by_api(doors, client_id, secret):
    if not client_id and not secret:
        return doors.api("DELETE", "/sites/acme/application-link").status_code == 200
    said = {"client_id": client_id, "client_secret": secret}
    return doors.api("PUT", "/sites/acme/application-link", said).status_code == 200


def by_command(doors, client_id, secret):
    words = (client_id,) if client_id else ("--forget",)
    ended = doors.command("site", "link", "acme", *words, "--json", typed=f"{secret}\n")
    return ended.exit_code == 0


def kept(doors):
    with doors.connector.store.read() as conn:
        return vault(doors.connector.settings).open(rows.get(conn, "acme").credentials)


@pytest.mark.parametrize("door", [by_page, by_api, by_command])
def test_it_is_kept_sealed_and_taken_away(admin, jira, door):
    before = admin.api("GET", "/sites/acme/application-link").json
    assert (before["ready"], before["client_id"]) == (False, None)
    assert before["lacks"].startswith("It has no application link here.")
    assert "PUT /api/v1/sites/{site}/application-link" in before["lacks"]
    assert before["callback"].endswith("/account/jira/callback/acme")
    assert door(admin, f" {CLIENT}\n" if door is not by_command else CLIENT, f"{SECRET}\n")
    admin.connector.look()
    assert admin.connector.site("acme").jira.myself().id, "the site goes on by its own token"
    assert admin.connector.site("acme").link.secret == SECRET
    assert kept(admin)["link_client_id"] == CLIENT
    shown = admin.api("GET", "/sites/acme/application-link")
    assert (shown.json["ready"], shown.json["client_id"], shown.json["lacks"]) == (True, CLIENT, "")
    assert SECRET not in shown.get_data(as_text=True)
    assert admin.api("PUT", "/sites/acme/credential", {"token": PAT}).status_code == 200
    assert kept(admin)["link_client_secret"] == SECRET, "another token for Jira leaves it"
    with admin.connector.store.read() as conn:
        row = rows.get(conn, "acme")
    assert SECRET.encode() not in (row.credentials or b"")
    assert SECRET not in str(row.settings)
    assert door(admin, "", "")
    admin.connector.look()
    assert admin.connector.site("acme").link is None
    assert not {"link_client_id", "link_client_secret"} & kept(admin).keys()
    changes = [what for what, _, site in admin.audited() if site == "acme" and "link" in what]
    assert sorted(changes) == ["application link changed", "application link removed"]


@pytest.mark.parametrize("door", [by_page, by_api])
@pytest.mark.parametrize(("client_id", "secret"), [(CLIENT, ""), ("", SECRET), (CLIENT, "two words é")])
def test_half_of_it_is_refused(admin, door, client_id, secret):
    assert not door(admin, client_id, secret)
    assert "link_client_id" not in kept(admin)


def test_a_site_of_cloud_has_none(admin):
    cloud = JiraSettings(
        url="https://acme.atlassian.net", email="bot@acme.example", token="t", link_client_id=CLIENT,
        link_client_secret=SECRET,
    )  # fmt: skip
    with pytest.raises(Refusal, match="JIRA_OKR_JIRA_SIGN_IN__CLIENT_ID"):
        site_from(cloud, admin.connector.settings, admin.connector.store)


def test_a_site_of_the_settings_is_told_how(admin, jira):
    whole = JiraSettings(url=jira.url, pat=PAT, link_client_id=f"{CLIENT}\n", link_client_secret=SECRET)
    site = site_from(whole, admin.connector.settings, admin.connector.store)
    assert (site.link.id, site.is_cloud) == (CLIENT, False)
    assert SECRET not in repr(site)
    half = JiraSettings(url=jira.url, pat=PAT, link_client_id=CLIENT)
    with pytest.raises(Refusal, match="JIRA_OKR_JIRA__LINK_CLIENT_SECRET"):
        site_from(half, admin.connector.settings, admin.connector.store)
    without = JiraSettings(url=jira.url, pat=PAT)
    admin.connector.settings = admin.connector.settings.model_copy(update={"jira": without})
    admin.connector.sites = {
        **admin.connector.sites,
        "main": site_from(without, admin.connector.settings, admin.connector.store),
    }
    with pytest.raises(Refusal, match="JIRA_OKR_JIRA__LINK_CLIENT_ID"):
        take_application_link(admin.connector, COMMAND_LINE, "main", CLIENT, SECRET)
    assert "JIRA_OKR_JIRA__LINK_CLIENT_ID" in sign_in_standing(admin.connector, COMMAND_LINE, "main").lacks


@pytest.mark.parametrize("given", ["CLIENT_ID", "CLIENT_SECRET"])
def test_half_of_the_app_for_cloud_is_named_before_anything_starts(monkeypatch, given):
    monkeypatch.setenv(f"JIRA_OKR_JIRA_SIGN_IN__{given}", "one")
    with pytest.raises(SettingsError, match=r"JIRA_OKR_JIRA_SIGN_IN__CLIENT_.* is missing"):
        read_settings(None)


def test_the_secret_of_the_app_may_come_by_a_file(monkeypatch, tmp_path):
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    monkeypatch.setenv("JIRA_OKR_JIRA_SIGN_IN__CLIENT_ID", CLIENT)
    monkeypatch.setenv("JIRA_OKR_JIRA_SIGN_IN__CLIENT_SECRET_FILE", str(tmp_path / "secret"))
    found = read_settings(None).jira_sign_in
    assert (found.client_id, found.client_secret.get_secret_value()) == (CLIENT, SECRET)
    assert SECRET not in repr(found)
