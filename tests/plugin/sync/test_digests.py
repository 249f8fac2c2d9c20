"""Monday's digest arrives once, by mail and in a channel: over a real SMTP server and a real HTTP server."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from connectors.notify import mail
from connectors.notify.failure import SendingFailure
from connectors.store.work import outbox
from plugin.runtime.application import create_app
from plugin.runtime.settings import MailSettings, NotifySettings, SignedWebhookSettings
from plugin.use_cases.digests.digests import (
    DigestRefusal,
    deliver,
    preview_digest,
    send_digest,
    tell_due,
)
from plugin.use_cases.digests.recipients import resume_digest
from tests.actors import TESTER
from tests.mail_server import Mailbox, mail_server
from tests.quarter import MAPPING, told

TELL = """
tell:
  - {id: weekly, on: mon, at: "09:00", to: ["mail:lead@acme.example", "slack:okr"]}
"""
MONDAY = datetime(2026, 11, 16, 8, tzinfo=UTC)
"""09:00 in Berlin."""


class Channel:
    """What was posted to a webhook, and with what it answers: status and Retry-After."""

    def __init__(self) -> None:
        self.posts: list[Any] = []
        self.answers: list[tuple[int, str]] = []
        channel = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, wait = channel.answers.pop(0) if channel.answers else (200, "")
                channel.posts.append((status, body))
                self.send_response(status)
                if wait:
                    self.send_header("Retry-After", wait)
                self.end_headers()
                self.wfile.write(b"ok" if status == 200 else b"no_service")

            def log_message(self, *_words: Any) -> None:
                """Silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def taken(self) -> list[Any]:
        return [body for status, body in self.posts if status == 200]


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Mailbox, Channel, int]]:
    channel = Channel()
    with mail_server() as box:
        yield box, channel, box.port
    channel.server.shutdown()
    channel.server.server_close()


@pytest.fixture
def office(hand: Any, servers: Any) -> tuple[Any, Mailbox, Channel, str]:
    """An objective with two stories, and a digest that has begun a week ago."""
    box, channel, port = servers
    box.forget()
    channel.posts.clear()
    channel.answers.clear()
    web = channel.server.server_address[1]
    notify = NotifySettings(
        mail=MailSettings(host="127.0.0.1", port=port, sender="okr@acme.example", security="none"),
        slack={"okr": SecretStr(f"http://127.0.0.1:{web}/services/T/B/x")},
        hosts=(f"http://127.0.0.1:{web}",),
    )
    hand.connector.settings = hand.connector.settings.model_copy(update={"notify": notify})
    epic = hand.issue("Epic", labels=["okr", "2026-Q4"])
    story = hand.issue("Story", epic)
    hand.issue("Story", epic)
    hand.activate(MAPPING + TELL)
    hand.sync()
    tell_due(hand.connector, "main")
    hand.clock.now = MONDAY - timedelta(days=2)
    hand.status(story, "Done")
    told(hand, epic, story)
    return hand, box, channel, epic


def states(hand: Any) -> list[tuple[str, str, int]]:
    with hand.connector.store.read() as conn:
        found = outbox.recent(conn, "main", 50)
    return sorted((one.recipient, one.state.value, one.attempts) for one in found if one.made_at >= MONDAY)


def test_it_arrives_once_however_often_and_by_however_many_it_is_made(office: Any) -> None:
    hand, box, channel, epic = office
    key = hand.sandbox.sandbox.records[epic].key
    done = next(one.key for one in hand.sandbox.sandbox.records.values() if one.status.name == "Done")
    hand.clock.now = MONDAY - timedelta(seconds=1)
    tell_due(hand.connector, "main")
    assert (box.letters, channel.posts) == ([], [])  # the first run tells nothing, and it is not nine yet
    hand.clock.now = MONDAY
    threads = [threading.Thread(target=tell_due, args=(hand.connector, "main")) for _ in range(3)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    for _ in range(3):
        hand.clock.pass_by(minutes=20)
        tell_due(hand.connector, "main")
    (letter,) = box.letters
    assert (letter["From"], letter["To"], letter["Subject"]) == (
        "okr@acme.example",
        "lead@acme.example",
        "OKR digest, week of 2026-11-16",
    )
    words = letter.get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert "Moved\n" in words
    assert (
        f"- {key} A Epic: 0 % → 50 %, completed +50 ({done} moved to Done) <https://okr.acme.example/why/{epic}>"
        in words
    )
    (post,) = channel.taken
    assert post["blocks"][-1]["elements"][0]["text"].endswith("digest|slack|okr|weekly|2026-11-16")
    assert states(hand) == [("mail:lead@acme.example", "sent", 0), ("slack:okr", "sent", 0)]


def test_what_is_not_acknowledged_is_tried_again_and_what_is_refused_for_good_is_given_up(
    office: Any,
) -> None:
    hand, box, channel, _ = office
    box.answer = "550 no such mailbox"
    channel.answers = [(500, ""), (429, "600")]
    hand.clock.now = MONDAY
    with capture_logs() as logged:
        tell_due(hand.connector, "main")
    told_of = [one for one in logged if one["event"] == "digest not sent"]
    assert [(one["channel"], one["for_good"]) for one in told_of] == [("mail", True), ("slack", False)]
    assert "lead@" not in str(told_of)  # who gets what is nobody's who reads logs
    assert states(hand) == [("mail:lead@acme.example", "dead", 1), ("slack:okr", "due", 1)]
    for minutes, posts in ((0.9, 1), (0.2, 2), (9.8, 2), (0.3, 3), (60, 3)):
        hand.clock.pass_by(minutes=minutes)
        deliver(hand.connector, "main")
        assert len(channel.posts) == posts, minutes
    assert (len(channel.taken), box.letters) == (1, [])
    assert states(hand)[1] == ("slack:okr", "sent", 2)
    with hand.connector.store.read() as conn:
        notes = {one.recipient: one.note for one in outbox.recent(conn, "main", 2)}
    assert notes["mail:lead@acme.example"] == "127.0.0.1 refuses lead@acme.example: 550 no such mailbox"


def test_what_was_taken_is_sent_whatever_the_server_says_at_parting(office: Any) -> None:
    hand, box, _, _ = office
    box.parting = "421 too busy"
    hand.clock.now = MONDAY
    tell_due(hand.connector, "main")
    hand.clock.pass_by(minutes=10)
    deliver(hand.connector, "main")
    assert len(box.letters) == 1
    assert states(hand)[0] == ("mail:lead@acme.example", "sent", 0)


@pytest.mark.parametrize("address", ["a@.", "a@(b", "[@acme.example", "a@[c", "a..b@acme.example"])
def test_an_address_that_is_none_is_said_to_be_none(address: str) -> None:
    letter = mail.Mail("k", address, "s", "t", "<p>t</p>", MONDAY, "weekly.main.okr")
    with pytest.raises(SendingFailure, match="is no address that mail can go to") as found:
        mail.send(letter, mail.MailServer("127.0.0.1", 1, "okr@acme.example"))
    assert found.value.for_good


def test_who_dies_between_sending_and_noting_sends_the_same_message_again(
    office: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand, box, _, _ = office
    hand.clock.now = MONDAY

    def dying(*_words: Any) -> None:
        raise SystemExit

    monkeypatch.setattr(outbox, "note_sent", dying)
    with pytest.raises(SystemExit):
        tell_due(hand.connector, "main")
    monkeypatch.undo()
    hand.clock.pass_by(minutes=1)
    deliver(hand.connector, "main")
    assert len(box.letters) == 1  # somebody may still be at it
    hand.clock.pass_by(minutes=2)
    deliver(hand.connector, "main")
    first, again = box.letters
    assert first["Message-ID"] == again["Message-ID"]
    hand.clock.pass_by(days=1)
    deliver(hand.connector, "main")
    assert len(box.letters) == 2


def test_whoever_follows_the_link_of_a_mail_gets_no_more_and_a_scanner_stops_nothing(office: Any) -> None:
    hand, box, channel, epic = office
    hand.clock.now = MONDAY
    tell_due(hand.connector, "main")
    (letter,) = box.letters
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = letter["List-Unsubscribe"].strip(" <>").removeprefix("https://okr.acme.example")
    assert re.fullmatch(r"/unsubscribe/[A-Za-z0-9_-]{32}", path)  # who gets what is not read from it
    client = create_app(hand.connector).test_client()
    assert client.get(path).status_code == 200
    with hand.connector.store.read() as conn:
        assert outbox.load_opt_outs(conn, "main") == {}
    assert client.post(path[:-1] + ("0" if path[-1] != "0" else "1")).status_code == 404
    assert client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    (mail, slack) = preview_digest(hand.connector, TESTER, "main", "weekly")
    assert (mail.why_not, slack.why_not) == ("stopped by whoever gets it", "told already this week")
    hand.clock.now = MONDAY + timedelta(days=6)
    story = hand.issue("Story", epic, "Done")
    told(hand, epic, story)
    hand.clock.now = MONDAY + timedelta(days=7)
    tell_due(hand.connector, "main")
    assert (len(box.letters), len(channel.taken)) == (1, 2)
    with pytest.raises(DigestRefusal, match=r"weekly does not go to mail:other@acme.example"):
        resume_digest(hand.connector, TESTER, "main", "weekly", "mail:other@acme.example")
    resume_digest(hand.connector, TESTER, "main", "weekly", "mail:lead@acme.example")
    send_digest(hand.connector, TESTER, "main", "weekly")
    assert len(channel.taken) == 2


def test_a_week_in_which_nothing_happened_is_not_told_and_the_next_tells_of_both(office: Any) -> None:
    hand, box, _, epic = office
    hand.clock.now = MONDAY
    tell_due(hand.connector, "main")
    hand.clock.now = MONDAY + timedelta(days=7)
    tell_due(hand.connector, "main")
    assert len(box.letters) == 1
    hand.clock.now = MONDAY + timedelta(days=8)
    story = hand.issue("Story", epic, "Done")
    told(hand, epic, story)
    hand.clock.now = MONDAY + timedelta(days=14)
    tell_due(hand.connector, "main")
    assert "50 % → 67 %" in box.letters[1].get_body(("plain",)).get_content()


def test_one_that_is_first_seen_in_its_quiet_hours_begins_in_them_and_loses_no_week(office: Any) -> None:
    hand, box, _, _ = office
    quiet = 'quiet: {from: "18:00", to: "10:00", days: [sat, sun]}, empty: send'
    hand.activate(
        f'{MAPPING}\ntell:\n  - {{id: calm, on: mon, at: "09:00", to: ["mail:lead@acme.example"], {quiet}}}\n'
    )
    for at in (MONDAY - timedelta(days=2), MONDAY, MONDAY + timedelta(minutes=59)):
        hand.clock.now = at
        tell_due(hand.connector, "main")
        assert box.letters == []
    for minutes in (60, 80):
        hand.clock.now = MONDAY + timedelta(minutes=minutes)
        tell_due(hand.connector, "main")
    (letter,) = box.letters
    assert letter["Subject"] == "OKR digest, week of 2026-11-16"


def test_a_private_address_that_nobody_listed_is_refused(office: Any) -> None:
    hand, _, channel, _ = office
    notify = hand.connector.settings.notify.model_copy(update={"hosts": ()})
    hand.connector.settings = hand.connector.settings.model_copy(update={"notify": notify})
    with pytest.raises(DigestRefusal, match=r"There is no digest daily. Those there are: weekly"):
        send_digest(hand.connector, TESTER, "main", "daily")
    send_digest(hand.connector, TESTER, "main", "weekly")
    with hand.connector.store.read() as conn:
        note = next(one for one in outbox.recent(conn, "main", 9) if one.recipient == "slack:okr").note
    assert "is none of the hosts that may be asked" in note or note == ""
    assert channel.posts == []


def test_a_webhook_whose_name_has_a_hyphen_is_set_by_a_variable_without_one(office: Any) -> None:
    hand = office[0]
    notify = hand.connector.settings.notify
    named = notify.model_copy(update={"slack": {"okr_leads": notify.slack["okr"]}})
    hand.connector.settings = hand.connector.settings.model_copy(update={"notify": named})
    text = TELL.replace("slack:okr", "slack:okr-leads").replace("mail:lead@acme.example", "slack:no-such")
    hand.activate(MAPPING + text.replace("]}", "], empty: send}"))
    hand.clock.now = MONDAY
    send_digest(hand.connector, TESTER, "main", "weekly")
    with hand.connector.store.read() as conn:
        found = {one.recipient: (one.state.value, one.note) for one in outbox.recent(conn, "main", 9)}
    assert found["slack:okr-leads"] == ("sent", "")
    assert found["slack:no-such"] == (
        "due",
        "no webhook is called no-such: set JIRA_OKR_NOTIFY__SLACK__NO_SUCH",
    )


def test_each_kind_of_webhook_gets_it_by_what_the_settings_call_it(office: Any) -> None:
    hand, _, channel, _ = office
    address = hand.connector.settings.notify.hosts[0]
    given = {
        "teams": {"okr": SecretStr(f"{address}/teams")},
        "google_chat": {"okr": SecretStr(f"{address}/chat?key=k")},
        "webhook": {
            "hub": SignedWebhookSettings(url=SecretStr(f"{address}/hub"), secret=SecretStr("x" * 20))
        },
    }
    notify = hand.connector.settings.notify.model_copy(update=given)
    hand.connector.settings = hand.connector.settings.model_copy(update={"notify": notify})
    to = '["teams:okr", "google-chat:okr", "webhook:hub", "webhook:other"]'
    hand.activate(MAPPING + f"\ntell: [{{id: weekly, to: {to}, empty: send}}]\n")
    hand.clock.now = MONDAY
    send_digest(hand.connector, TESTER, "main", "weekly")
    assert states(hand) == [
        ("google-chat:okr", "sent", 0),
        ("teams:okr", "sent", 0),
        ("webhook:hub", "sent", 0),
        ("webhook:other", "due", 1),
    ]
    with hand.connector.store.read() as conn:
        note = outbox.load_latest(conn, "main")["weekly", "webhook:other"].note
    wanted = "JIRA_OKR_NOTIFY__WEBHOOK__OTHER__URL and __SECRET"
    assert note == f"no webhook is called other: set {wanted}"
    assert sorted(sorted(body)[:2] for body in channel.taken) == [
        ["attachments", "type"],
        ["cardsV2", "text"],
        ["key", "lead"],
    ]
