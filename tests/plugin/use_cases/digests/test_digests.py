"""Digests at each door: the same plan, the same preview, the same messages after sending, retrying, stopping and resuming."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from connectors.store.work import outbox
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.runtime.settings import NotifySettings
from plugin.use_cases.digests.digests import tell_due
from plugin.use_cases.mappings import revisions
from plugin.use_cases.mappings.mapping_life import activate
from tests.webhook_server import WebhookServer, webhook_server

TELL = """
tell:
  - {id: weekly, on: mon, at: "09:00", to: ["slack:okr", "mail:Admin@acme.example"], empty: send}
"""
MAIL = "mail:Admin@acme.example"


@pytest.fixture(scope="module")
def channel() -> Iterator[WebhookServer]:
    with webhook_server(lambda _headers, _body: (200, {}, "ok")) as server:
        yield server


@pytest.fixture
def office(company: Any, channel: WebhookServer) -> Any:
    """A company with a digest that has begun; Slack is there, a mail server is not."""
    channel.forget()
    address = f"{channel.url}/services/T/B/x"
    notify = NotifySettings(slack={"okr": SecretStr(address)}, hosts=(channel.url,))
    company.connector.settings = company.connector.settings.model_copy(update={"notify": notify})
    del company.environment["JIRA_OKR_BASE_URL"]  # the other doors tell no addresses either
    company.environment["JIRA_OKR_NOTIFY__SLACK"] = json.dumps({"okr": address})
    company.environment["JIRA_OKR_NOTIFY__HOSTS"] = json.dumps([channel.url])
    (active, *_) = [
        one for one in revisions.list_revisions(company.connector, COMMAND_LINE, "main") if one.active
    ]
    activate(company.connector, COMMAND_LINE, "main", active.text + TELL)
    return company


def stands(office: Any) -> dict[str, tuple[str, int]]:
    """How far this week's message of each recipient is."""
    with office.connector.store.read() as conn:
        found = outbox.load_latest(conn, "main")
    return {recipient: (one.state.value, one.attempts) for (_, recipient), one in found.items()}


def stopped(office: Any) -> set[str]:
    with office.connector.store.read() as conn:
        return {recipient for _, recipient in outbox.load_opt_outs(conn, "main")}


def key_of(office: Any, recipient: str) -> str:
    with office.connector.store.read() as conn:
        return outbox.load_latest(conn, "main")["weekly", recipient].key


SENDING = {
    "page": lambda office: office.page("/digests/main/weekly/send"),
    "api": lambda office: office.api("POST", "/digests/weekly/send"),
    "command": lambda office: office.command("digest", "send", "weekly"),
}


def retried(office: Any, door: str, key: str) -> Any:
    if door == "page":
        return office.page("/digests/main/retry", key=key)
    if door == "api":
        return office.api("POST", "/outbox/retry", {"key": key})
    return office.command("digest", "retry", key)


def decided(office: Any, door: str, act: str, recipient: str) -> Any:
    if door == "page":
        return office.page(f"/digests/main/weekly/{act}", recipient=recipient)
    if door == "api":
        return office.api("POST", f"/digests/weekly/{act}", {"recipient": recipient})
    return office.command("digest", act, "weekly", recipient)


def in_person(office: Any, act: str, digest: str) -> Any:
    """What somebody who signed in asks of the API about a digest of theirs."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', office.look("/account"))
    assert token is not None
    headers = {"X-CSRFToken": token.group(1)}
    return office.browser.post(f"/api/v1/me/digests/{act}", json={"digest": digest}, headers=headers)


def test_a_digest_is_planned_previewed_sent_retried_and_stopped_alike_at_each_door(
    office: Any, channel: WebhookServer
) -> None:
    (planned,) = office.api("GET", "/digests").json["items"]
    assert json.loads(office.command("digest", "plan", "--json").stdout)[0]["next_at"] == planned[
        "next_at"
    ].replace("Z", "+00:00")
    assert [one["recipient"] for one in planned["recipients"]] == ["slack:okr", MAIL]
    assert (planned["on"], planned["at"], planned["recipients"][0]["last_state"]) == ("mon", "09:00", None)
    previews = office.api("GET", "/digests/weekly/preview").json["items"]
    assert [(one["recipient"], one["why_not"]) for one in previews] == [("slack:okr", ""), (MAIL, "")]
    page = office.look("/digests/main/weekly/preview")
    assert previews[0]["subject"] in page
    assert previews[0]["text"].splitlines()[0] in page
    assert (
        json.loads(office.command("digest", "preview", "weekly", "--json").stdout)[0]["text"]
        == previews[0]["text"]
    )
    assert channel.posts == []

    for number, send in enumerate(SENDING.values(), 1):
        before = len(office.audited())
        answer = send(office)
        told = office.look("/digests/main") if number == 1 else answer.stdout if number == 3 else ""
        assert ("Sent to slack:okr." in told) is (number == 1), "the page looks at what came back"
        assert (f"Not yet arrived at {MAIL}: no mail server is set" in told) is (number != 2)
        assert ("Nothing was sent to slack:okr: told already this week." in told) is (number == 3)
        assert len(channel.taken) == 1, "what was acknowledged is never sent again"
        assert stands(office)["slack:okr"] == ("sent", 0)
        assert stands(office)[MAIL] == ("due", 1)
        assert office.audited()[before:] == [("digest sent", {"digest": "weekly"}, "main")], number

    for attempt, door in enumerate(("page", "api", "command"), 1):
        before = len(office.audited())
        retried(office, door, key_of(office, MAIL))
        assert stands(office)[MAIL] == ("due", 1), attempt
        assert len(office.audited()) == before + 1, door
        again = retried(office, door, key_of(office, "slack:okr"))
        assert len(channel.taken) == 1, door
        assert len(office.audited()) == before + 1, door
        if door == "api":
            assert (again.status_code, again.json["title"]) == (409, "Not done")

    for door in ("page", "api", "command"):
        before = len(office.audited())
        decided(office, door, "suspend", MAIL)
        assert stopped(office) == {MAIL}, door
        shown = office.look("/digests/main")
        assert "Stopped" in shown
        assert office.api("GET", "/digests").json["items"][0]["recipients"][1]["stopped_at"] is not None
        decided(office, door, "resume", MAIL)
        assert stopped(office) == set(), door
        about = {"digest": "weekly", "recipient": MAIL}
        assert office.audited()[before:] == [
            ("digest stopped", about, "main"),
            ("digest resumed", about, "main"),
        ], door

    page = office.look("/digests/main")
    assert len(re.findall(r">On its way<", page)) == 2  # beside its recipient, and below the last sends
    assert "no mail server is set: set JIRA_OKR_NOTIFY__MAIL__HOST and __SENDER" in page
    listed = office.api("GET", "/outbox").json["items"]
    assert {one["recipient"]: one["state"] for one in listed} == {"slack:okr": "sent", MAIL: "due"}
    assert [one["key"] for one in json.loads(office.command("digest", "list", "--json").stdout)] == [
        one["key"] for one in listed
    ]


def test_what_is_not_there_is_said_to_be_not_there(office: Any) -> None:
    for answer in (
        office.api("POST", "/digests/daily/send"),
        office.api("GET", "/digests/daily/preview"),
        office.api("POST", "/digests/daily/suspend", {"recipient": MAIL}),
        office.api("POST", "/outbox/retry", {"key": "none"}),
        in_person(office, "stop", "daily"),
    ):
        assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
        assert answer.json["remedy"] != ""
    other = office.api("POST", "/digests/weekly/suspend", {"recipient": "mail:other@acme.example"})
    assert (other.status_code, other.json["detail"]) == (
        409,
        f"weekly does not go to mail:other@acme.example. It goes to slack:okr, {MAIL}.",
    )
    assert office.page("/digests/main/weekly/explode").status_code == 404
    assert stopped(office) == set()


def test_who_gets_a_digest_stops_it_on_their_account_in_person(office: Any, channel: WebhookServer) -> None:
    own = {"site": "main", "digest": "weekly", "on": "mon", "at": "09:00", "stopped": False}
    (given,) = office.api("GET", "/me/digests").json["items"]
    assert {name: given[name] for name in own} == own
    assert "Stop it" in office.look("/account")
    office.page("/account/digests/stop", site="main", digest="weekly")
    assert stopped(office) == {MAIL}
    assert "Get it again" in office.look("/account")
    assert (
        office.api("POST", "/me/digests/resume", {"digest": "weekly"}).status_code == 403
    )  # a token is nobody in person
    assert in_person(office, "resume", "weekly").json == {"said": "You get weekly again."}
    assert stopped(office) == set()
    for act in ("stop", "resume"):
        refused = in_person(office, act, "daily")
        assert (refused.status_code, refused.mimetype) == (404, "application/problem+json"), act
    office.page("/account/digests/stop", site="main", digest="weekly")
    office.page("/account/digests/resume", site="main", digest="weekly")
    assert stopped(office) == set()
    assert in_person(office, "stop", "weekly").status_code == 200
    assert stopped(office) == {MAIL}
    tell_due(office.connector, "main")  # begins for both
    office.api("POST", "/digests/weekly/send")
    assert (stands(office)["slack:okr"], stands(office)[MAIL]) == (("sent", 0), ("begun", 0))
    assert len(channel.taken) == 1
