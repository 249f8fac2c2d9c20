"""The end of a personal access token, as Data Center itself tells it: kept with the site in the place of what somebody typed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from connectors.jira import BasicCredentials, BearerCredentials, JiraAddress, connect
from connectors.sandbox import CONNECTOR, PersonalToken, SandboxServer
from plugin.runtime.saved_sites import open_sites


@pytest.fixture(scope="module")
def server():
    with SandboxServer(seed=None, deployment="datacenter") as running:
        yield running


@pytest.fixture
def holding(server):
    """Gives the connector's account these personal access tokens."""

    def tokens(*ends):
        listed = tuple(PersonalToken(f"token {number}", end) for number, end in enumerate(ends))
        server.sandbox.accounts[CONNECTOR.id] = replace(CONNECTOR, personal_tokens=listed)

    yield tokens
    server.sandbox.accounts[CONNECTOR.id] = CONNECTOR


def test_the_day_is_told_where_there_is_no_doubt_whose_it_is(server, holding):
    jira = connect(JiraAddress("main", server.url, BearerCredentials(CONNECTOR.token)))
    try:
        for ends, day in (
            (("2199-03-01T10:40:12.000+0000",), date(2199, 3, 1)),
            (("2199-03-01T23:30:00.000-0200",), date(2199, 3, 2)),
            ((7_232_889_600_000,), date(2199, 3, 15)),
            (("2199-03-01T08:00:00.000+0000", "2199-03-01T09:00:00.000+0000"), date(2199, 3, 1)),
            (("2199-03-01T08:00:00.000+0000", "2199-04-01T08:00:00.000+0000"), None),
            (("2199-03-01T08:00:00.000+0000", None), None),
            ((None,), None),
            (("soon",), None),
            ((10**30,), None),
            ((), None),
        ):
            holding(*ends)
            assert jira.token_end() == day, ends
    finally:
        jira.close()


def test_a_password_has_no_day(server, holding):
    holding("2199-03-01T10:40:12.000+0000")
    jira = connect(JiraAddress("main", server.url, BasicCredentials(CONNECTOR.email, CONNECTOR.token)))
    try:
        assert jira.token_end() is None
    finally:
        jira.close()


def test_what_jira_tells_is_kept_at_each_door(doors_of, server, holding):
    admin = doors_of("admin")
    open_sites(admin.connector)

    def kept():
        admin.connector.look()
        return admin.connector.sites["acme"].token_expires

    holding("2199-03-01T10:40:12.000+0000")
    given = {"name": "acme", "url": server.url, "pat": f"{CONNECTOR.token}\n"}
    added = admin.api("POST", "/sites", {**given, "token_expires": "2199-12-31"})
    assert (added.status_code, added.json["token_expires"], kept()) == (201, "2199-03-01", date(2199, 3, 1))
    holding("2199-06-01T10:40:12.000+0000")
    assert admin.api("POST", "/sites/acme/test").json["token_expires"] == "2199-06-01"
    admin.page("/sites/acme/credential", token=CONNECTOR.token)
    assert kept() == date(2199, 6, 1)
    assert "2199-06-01" in admin.command("site", "test", "acme").output
    holding(None)
    admin.command("site", "renew", "acme", "--token-expires", "2199-07-01", typed=f"{CONNECTOR.token}\n")
    assert kept() == date(2199, 7, 1)
