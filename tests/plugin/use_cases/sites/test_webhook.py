"""The webhook, registered at each door: one in Jira, whichever doors it was done at and how often, and the same entry each time."""

from __future__ import annotations

from dataclasses import replace

import pytest
import requests

from connectors.sandbox import CONNECTOR
from plugin.runtime.saved_sites import webhook_address

ADDRESS = "http://localhost/webhooks/jira/main"
EVENTS = [
    "jira:issue_created",
    "jira:issue_updated",
    "jira:issue_deleted",
]


def by_page(doors):
    assert doors.page("/setup/main/webhook").status_code == 302


def by_api(doors):
    assert doors.api("POST", "/sites/main/webhook").status_code == 200


def by_command(doors):
    assert doors.command("webhook", "register").exit_code == 0


def in_jira(doors):
    """The webhooks that Jira has for our address."""
    url = doors.environment["JIRA_OKR_JIRA__URL"]
    answer = requests.get(
        f"{url}/rest/webhooks/1.0/webhook", auth=(CONNECTOR.email, CONNECTOR.token), timeout=10
    )
    answer.raise_for_status()
    return [
        (one["name"], one["filters"].get("issue-related-events-section", ""), one["enabled"], one["isSigned"])
        for one in answer.json()
        if one["url"] == ADDRESS and set(EVENTS) <= set(one["events"])
    ]


@pytest.fixture
def near(company):
    """The doors of the company, where the command says the same address of ours as the browser sees."""
    company.environment["JIRA_OKR_BASE_URL"] = "http://localhost"
    return company


def test_it_is_registered_alike_and_once_at_each_door(near):
    registered = [one for one in near.audited() if one[0] == "webhook registered"]
    assert (in_jira(near), registered) == ([], [])
    seen = []
    for door in (by_page, by_api, by_command, by_page):
        door(near)
        seen.append(in_jira(near))
    assert seen == [[("OKR connector", "", True, True)]] * 4
    registered = [one for one in near.audited() if one[0] == "webhook registered"]
    assert len(registered) == 4
    assert registered == [registered[0]] * 4
    assert registered[0][2] == "main"


def test_one_that_has_another_name_in_jira_keeps_it(near):
    assert near.command("webhook", "register", "--name", "Ours").exit_code == 0
    for door in (by_page, by_api, by_command):
        door(near)
        assert in_jira(near) == [("Ours", "", True, True)]


@pytest.mark.parametrize("neighbour", [ADDRESS[:-1], f"{ADDRESS}x", "http://aaa/hook", "https://zzz/hook"])
def test_one_that_leads_elsewhere_gives_ours_no_name_and_stays(near, neighbour):
    jira = near.connector.site("main").jira
    jira.register_webhook("Theirs", neighbour, "their own long secret")
    for door in (by_page, by_api, by_command):
        door(near)
        assert in_jira(near) == [("OKR connector", "", True, True)]
    assert sorted((one.name, one.url) for one in jira.webhooks() if one.url in (neighbour, ADDRESS)) == [
        ("OKR connector", ADDRESS),
        ("Theirs", neighbour),
    ]


@pytest.mark.parametrize(
    ("secret", "token", "deployment", "end"),
    [
        ("s" * 32, "unguessable", "cloud", "/main"),
        ("s" * 32, "unguessable", "datacenter", "/main/unguessable"),
        (None, "unguessable", "cloud", "/main/unguessable"),
        (None, "unguessable", "", "/main/unguessable"),
        (None, None, "datacenter", "/main"),
    ],
)
def test_where_nothing_is_signed_the_address_cannot_be_guessed(doors_of, secret, token, deployment, end):
    connector = doors_of("viewer").connector
    site = replace(connector.sites["main"], webhook_secret=secret, path_token=token)
    assert webhook_address(connector, site, deployment).endswith(f"/webhooks/jira{end}")
