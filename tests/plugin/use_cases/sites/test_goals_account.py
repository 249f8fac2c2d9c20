"""Atlassian Goals by another account than Jira's, at each door: a service account has no token that Goals are known to take."""

from __future__ import annotations

import pytest

from connectors.goals import goals_of
from connectors.jira.http.errors import AuthFailure
from connectors.sandbox import CONNECTOR, SERVICE, SandboxServer
from connectors.sandbox.traffic.oauth import OAuthApp
from connectors.store.sites import sites as rows
from mappings.facts.goal import GoalBoard
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.runtime.composition import site_from
from plugin.runtime.connector import Refusal
from plugin.runtime.credentials_vault import vault
from plugin.runtime.saved_sites import open_sites
from plugin.runtime.settings import JiraSettings
from plugin.use_cases.objectives import goals
from plugin.use_cases.sites.goals_account import take_goals_account

[SERVICE_TOKEN] = SERVICE.scoped


@pytest.fixture(scope="module")
def jira():
    with SandboxServer(seed=None) as server:
        server.sandbox.goals.add("Be trusted", CONNECTOR)
        yield server


@pytest.fixture
def admin(jira, monkeypatch, request):
    """The doors for an admin of a connector with the site acme, which a service account reads."""
    monkeypatch.setenv("JIRA_OKR_GATEWAY_URL", jira.url)
    doors = request.getfixturevalue("doors_of")("admin")
    open_sites(doors.connector)
    assert (
        doors.api("POST", "/sites", {"name": "acme", "url": jira.url, "token": SERVICE_TOKEN}).status_code
        == 201
    )
    return doors


def by_page(doors, email, token):
    said = {"email": email, "goals_token": token}
    return doors.page("/sites/acme/goals-account", **said).status_code in (302, 303)


def by_api(doors, email, token):
    if not email:
        return doors.api("DELETE", "/sites/acme/goals-account").status_code == 200
    said = {"email": email, "token": token}
    return doors.api("PUT", "/sites/acme/goals-account", said).status_code == 200


def by_command(doors, email, token):
    words = (email,) if email else ("--forget",)
    ended = doors.command("goals", "account", *words, "--site", "acme", typed=f"{token}\n")
    return ended.exit_code == 0


def kept(doors):
    with doors.connector.store.read() as conn:
        return vault(doors.connector.settings).open(rows.get(conn, "acme").credentials)


@pytest.mark.parametrize("door", [by_page, by_api, by_command])
def test_it_works_with_goals_and_jira_stays_with_the_service_account(admin, door):
    with pytest.raises(AuthFailure, match="Goals did not accept the sign-in"):
        goals.check(admin.connector, COMMAND_LINE, "acme")
    assert not door(admin, CONNECTOR.email, "wrong"), "what Atlassian does not let in is not kept"
    assert "goals_token" not in kept(admin)
    assert door(admin, CONNECTOR.email, f" {CONNECTOR.token}\n")
    admin.connector.look()
    assert goals.check(admin.connector, COMMAND_LINE, "acme").posting == 1
    assert admin.connector.site("acme").jira.myself().name == SERVICE.name
    assert admin.api("GET", "/sites/acme/goals-account").json == {"account": CONNECTOR.email}
    assert kept(admin)["goals_token"] == CONNECTOR.token
    assert admin.api("PUT", "/sites/acme/credential", {"token": SERVICE_TOKEN}).status_code == 200
    assert kept(admin)["goals_token"] == CONNECTOR.token, "another token for Jira leaves it"
    assert door(admin, "", "")
    admin.connector.look()
    with pytest.raises(AuthFailure):
        goals.check(admin.connector, COMMAND_LINE, "acme")
    changes = [what for what, _, site in admin.audited() if site == "acme" and what.startswith("goals")]
    assert changes == ["goals account changed"] * 2


def test_a_site_of_the_settings_is_told_how(admin, jira):
    settings = JiraSettings(
        url=jira.url, token=SERVICE_TOKEN, goals_email=CONNECTOR.email, goals_token=f"{CONNECTOR.token}\n"
    )
    site = site_from(settings, admin.connector.settings, admin.connector.store)
    assert len(list(goals_of(site.jira).every())) == 1
    assert site.jira.myself().name == SERVICE.name
    half = JiraSettings(url=jira.url, token=SERVICE_TOKEN, goals_email=CONNECTOR.email)
    with pytest.raises(Refusal, match="JIRA_OKR_JIRA__GOALS_TOKEN"):
        site_from(half, admin.connector.settings, admin.connector.store)
    admin.connector.settings = admin.connector.settings.model_copy(update={"jira": settings})
    with pytest.raises(Refusal, match="JIRA_OKR_JIRA__GOALS_EMAIL"):
        take_goals_account(admin.connector, COMMAND_LINE, "main", CONNECTOR.email, CONNECTOR.token)


def test_what_goals_say_to_a_token_of_oauth_hangs_on_its_scopes(admin, jira):
    """By Atlassian's gateway, where these tokens alone are taken."""

    def by(*scopes):
        name = f"robot-{len(scopes)}"
        jira.site.oauth.apps[name] = OAuthApp(name, "a-secret", SERVICE.id, frozenset(scopes), service=True)
        settings = JiraSettings(url=jira.url, client_id=name, client_secret="a-secret")
        house = admin.connector.settings.model_copy(update={"authorization_url": jira.url})
        return goals_of(site_from(settings, house, admin.connector.store).jira)

    reads = by("read:jira-work", "read:goal:townsquare")
    [goal] = reads.every()
    with pytest.raises(Exception, match="write:goal:townsquare"):
        reads.post(goal.id, "on_track", 80, "80 %", None)
    assert reads.standing([goal.id])[goal.id].latest is None
    both = by("read:jira-work", "read:goal:townsquare", "write:goal:townsquare")
    assert both.post(goal.id, "on_track", 80, "80 %", None).score == 80
    with pytest.raises(Exception, match="read:goal:townsquare"):
        by("read:jira-work").scoring()


def test_a_sign_in_that_is_refused_for_a_while_forgets_no_goals(admin):
    connector = admin.connector
    known = GoalBoard("OKR")
    assert connector._board("acme", known) is known
    refused = connector._board("acme")
    assert (refused.scoring, "sign-in" in refused.problem) == (None, True)
