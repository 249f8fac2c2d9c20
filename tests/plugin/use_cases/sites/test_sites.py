"""A site, added, renewed and removed at each door: the same standing, the same entry in the audit log, and no secret in either."""

from __future__ import annotations

from datetime import date

import pytest

from connectors.sandbox import CONNECTOR, SandboxServer
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.runtime.saved_sites import open_sites
from plugin.use_cases.sites import sites
from plugin.use_cases.sites.webhook import target

EXPIRES = "2199-01-31"


@pytest.fixture(scope="module")
def jira():
    """A Jira that lets the connector in."""
    with SandboxServer(seed=1) as server:
        yield server


@pytest.fixture
def admin(doors_of):
    """The doors for an admin, of a server that sees what other processes add."""
    doors = doors_of("admin")
    open_sites(doors.connector)
    return doors


def add_by_page(doors, url):
    form = {"name": "acme", "url": url, "email": CONNECTOR.email, "token": CONNECTOR.token}
    return doors.page("/setup", deployment="cloud", token_expires=EXPIRES, **form).status_code == 302


def add_by_api(doors, url):
    body = {"name": "acme", "url": url, "email": CONNECTOR.email, "token": CONNECTOR.token}
    return doors.api("POST", "/sites", {**body, "token_expires": EXPIRES, "webhook_secret": "s" * 32})


def add_by_command(doors, url):
    words = ("site", "add", "acme", url, "--email", CONNECTOR.email, "--token-expires", EXPIRES)
    return doors.command(*words, typed=f"{CONNECTOR.token}\n")


def renew_by_page(doors):
    return doors.page("/sites/acme/credential", token=CONNECTOR.token, token_expires="2199-12-31")


def renew_by_api(doors):
    body = {"token": CONNECTOR.token, "token_expires": "2199-12-31"}
    return doors.api("PUT", "/sites/acme/credential", body)


def renew_by_command(doors):
    words = ("site", "renew", "acme", "--token-expires", "2199-12-31")
    return doors.command(*words, typed=f"{CONNECTOR.token}\n")


def remove_by_page(doors):
    return doors.page("/sites/acme/remove", confirm="acme")


def remove_by_api(doors):
    return doors.api("DELETE", "/sites/acme")


def remove_by_command(doors):
    return doors.command("site", "remove", "acme", "--yes")


@pytest.mark.parametrize("add", [add_by_page, add_by_api, add_by_command])
def test_a_site_is_added_alike_at_each_door(admin, jira, add):
    add(admin, jira.url)
    found = {one.name: one for one in sites.list_sites(admin.connector, COMMAND_LINE)}
    assert list(found) == ["main", "acme"]
    standing = found["acme"]
    assert (standing.url.rstrip("/"), standing.deployment) == (jira.url, "cloud")
    assert (standing.added, standing.signed) == (True, True)
    assert (standing.issues, standing.mapping_revision, standing.last_delivery) == (0, None, None)
    assert standing.token_expires == date(2199, 1, 31)
    *shown, (what, detail, site) = sorted(admin.audited(), key=lambda one: one[0], reverse=True)
    assert shown == ([("webhook secret shown", {}, "acme")] if add is add_by_command else [])
    assert (what, site) == ("site added", "acme")
    assert {**detail, "url": detail["url"].rstrip("/")} == {
        "url": jira.url,
        "account": "OKR Connector",
        "deployment": "cloud",
    }


@pytest.mark.parametrize("renew", [renew_by_page, renew_by_api, renew_by_command])
def test_a_credential_is_renewed_alike_at_each_door(admin, jira, renew):
    add_by_api(admin, jira.url)
    renew(admin)
    standing = sites.list_sites(admin.connector, COMMAND_LINE)[-1]
    assert (standing.name, standing.token_expires, standing.signed) == ("acme", date(2199, 12, 31), True)
    assert admin.audited()[1:] == [
        ("site credential changed", {"token": "new", "expires": "2199-12-31"}, "acme")
    ]


@pytest.mark.parametrize("remove", [remove_by_page, remove_by_api, remove_by_command])
def test_a_site_is_removed_alike_at_each_door(admin, jira, remove):
    add_by_api(admin, jira.url)
    remove(admin)
    assert [one.name for one in sites.list_sites(admin.connector, COMMAND_LINE)] == ["main"]
    assert admin.audited()[1:] == [("site removed", {}, "acme")]


@pytest.mark.parametrize("add", [add_by_page, add_by_api, add_by_command])
def test_a_site_that_does_not_let_us_in_is_kept_by_no_door(admin, add):
    add(admin, "http://127.0.0.1:9")
    assert [one.name for one in sites.list_sites(admin.connector, COMMAND_LINE)] == ["main"]
    assert admin.audited() == []


def test_a_site_of_the_settings_is_removed_by_no_door(admin):
    told = "was not added here"
    assert told in admin.page("/sites/main/remove", confirm="main").get_data(as_text=True)
    answer = admin.api("DELETE", "/sites/main")
    assert (answer.status_code, told in answer.json["detail"]) == (409, True)
    assert told in str(admin.command("site", "remove", "main", "--yes").exception)
    assert [one.name for one in sites.list_sites(admin.connector, COMMAND_LINE)] == ["main"]
    assert admin.audited() == []


def test_page_and_api_tell_the_same_of_the_webhook(admin, jira):
    add_by_api(admin, jira.url)
    wanted = target(admin.connector, COMMAND_LINE, "acme")
    assert wanted.secret == "unshown"
    told = admin.api("GET", "/sites/acme/webhook").json
    assert (told["secret"], told["secret_shown_at"]) == (wanted.secret, None)
    assert told["url"].endswith("/webhooks/jira/acme")
    assert told["url"] in admin.look("/sites/acme")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "a b", "https://acme.atlassian.net"), "small letters, digits and dashes"),
        (("add", "acme", "no address at all"), "is no address"),
        (("add", "acme", "https://acme.atlassian.net", "--token-expires", "2020-01-01"), "is over"),
        (("renew", "nobody"), "nobody"),
    ],
)
def test_no_secret_is_asked_for_what_is_known_to_be_wrong(admin, words, said):
    found = admin.command("site", *words, typed="")
    assert found.exit_code != 0
    assert said in f"{found.exception} {found.output}"
    assert "oken:" not in found.output
    assert "E-mail" not in found.output
