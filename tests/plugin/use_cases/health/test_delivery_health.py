"""From where deliveries come, and how each source is, at each door: webhook and rule, a former secret, and what was turned away."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.jira.webhooks.signature import sign, static_secret
from plugin.next_steps import WEBHOOK_FORM, Door, said_at
from plugin.use_cases.health.status import status
from tests.actors import TESTER

OLD, NEW = "the former secret of this test", "the new secret of this test"
FORMER = f"It still uses the former secret: give it the new one. {WEBHOOK_FORM.at(Door.PAGE)}"


@pytest.fixture
def desk(doors_of):
    """Sends deliveries to the site main of an editor's connector, some seconds apart."""
    doors = doors_of("editor")
    connector, number = doors.connector, iter(range(100))
    connector.sites["main"] = replace(connector.sites["main"], webhook_secret=NEW, former_secrets=(OLD,))

    class Desk:
        def passes(self, seconds):
            clock = connector.clock
            connector.clock = lambda: clock() + timedelta(seconds=seconds)

        def send(self, secret, *, rule=False):
            self.passes(20)
            said = json.dumps({"webhookEvent": "jira:issue_updated", "issue": {"id": str(next(number))}})
            proof = (
                {"X-OKR-Secret": static_secret(secret, "main")}
                if rule
                else {"X-Hub-Signature": sign(secret, said.encode())}
            )
            return doors.browser.post("/webhooks/jira/main", data=said, headers=proof).status_code

        def sources(self):
            found = status(connector, TESTER, "main").sources
            return [(one.source, one.former, one.remedy) for one in found]

    made = Desk()
    made.doors, made.connector = doors, connector
    return made


def test_nobody_was_heard_yet(desk):
    assert desk.sources() == []


def test_each_source_is_told_apart_and_a_former_secret_is_seen(desk):
    assert [desk.send(OLD), desk.send(NEW, rule=True)] == [204, 204]
    assert desk.sources() == [("webhook", True, FORMER), ("rule", False, "")]
    assert desk.send(NEW) == 204
    assert desk.sources() == [("webhook", False, ""), ("rule", False, "")]
    assert desk.send(OLD, rule=True) == 204
    assert desk.sources() == [("webhook", False, ""), ("rule", True, FORMER)]


def test_what_is_turned_away_is_seen_until_something_better_comes(desk):
    assert desk.send("typed wrongly") == 401
    ((source, former, remedy),) = desk.sources()
    assert (source, former) == ("refused", False)
    assert remedy.startswith("Compare the secret in Jira's webhook form")
    assert desk.send(NEW) == 204
    assert desk.sources() == [("webhook", False, ""), ("refused", False, "")]


def test_many_deliveries_at_once_are_noted_once(desk):
    assert desk.send(NEW) == 204
    first = status(desk.connector, TESTER, "main").sources[0].heard
    desk.passes(-15)
    assert desk.send(NEW) == 204
    assert status(desk.connector, TESTER, "main").sources[0].heard == first


def test_each_door_tells_it(desk):
    desk.send(OLD)
    told = desk.doors.api("GET", "/sites/main/status").json["sources"]
    assert [(one["source"], one["former"], one["remedy"]) for one in told] == [
        ("webhook", True, said_at(FORMER, Door.API))
    ]
    ran = desk.doors.command("status")
    assert ran.exception is None or isinstance(ran.exception, SystemExit), repr(ran.exception)
    shown = ran.output
    assert "Webhooks of Jira and of workflows: heard" in shown
    assert f"to do: {said_at(FORMER, Door.COMMAND)}" in shown
    page = desk.doors.look("/health")
    assert "Webhooks of Jira and of workflows" in page
    assert FORMER in page
