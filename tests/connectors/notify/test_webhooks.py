"""What is posted to Slack, Teams, Google Chat and programs is taken within their limits, and their refusals are read as they are written.

Each service is a server on loopback that checks what the real one checks and answers with its words.
"""

from __future__ import annotations

import base64
import hmac
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.notify import WEBHOOKS
from connectors.notify.failure import SendingFailure
from connectors.notify.webhook import Endpoint, WebhookKind, post
from mappings.digest.digest import DigestLine, DigestMessage, Section
from mappings.digest.recipient import WEBHOOKS as NAMES
from tests.webhook_server import Answer, Headers, WebhookServer, webhook_server

NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)
SECRET = "whsec_" + base64.b64encode(b"an invented key of the receiver").decode()
KEY = "digest|channel|okr|weekly|2026-11-30"
SMALL = DigestMessage(
    KEY, "OKR digest", "1 objective: 1 on track.", (Section("Moved", (DigestLine("PLAT-1 A: 0 % → 50 %"),)),)
)
LONG = DigestLine(
    f"<!channel> <users/all> [x](https://evil.example) & {'ü' * 2_000}", "https://okr.acme.example/"
)
LARGE = DigestMessage(
    KEY, "OKR digest", "60 objectives.", tuple(Section(f"S{n}", (LONG,) * 20, 3) for n in range(3))
)


def _refused(status: int, said: object) -> Answer:
    return status, {}, said if isinstance(said, str) else json.dumps(said)


def slack(_headers: Headers, body: bytes) -> Answer:
    """Of incoming webhooks: words, no JSON."""
    found = json.loads(body)
    blocks = found.get("blocks", [])
    if not found.get("text") or not 0 < len(blocks) <= 50:
        return _refused(400, "no_text")
    total = 0
    for one in blocks:
        text = one["text"]["text"] if "text" in one else one["elements"][0]["text"]
        total += len(text)
        if len(text) > (150 if one["type"] == "header" else 3_000):
            return _refused(400, "invalid_blocks")
        if "<!channel>" in text:
            return _refused(400, "everybody was pinged")
    return (200, {}, "ok") if total < 13_200 else _refused(400, "msg_blocks_too_long")


def teams(_headers: Headers, body: bytes) -> Answer:
    """Of the trigger of a workflow: what it takes is not shown yet, so 202 and no words."""
    if len(body) > 28 * 1024:
        error = {"code": "RequestEntityTooLarge", "message": "The request content is too large."}
        return _refused(413, {"error": error})
    found = json.loads(body)
    cards = found.get("attachments", [])
    kind = "application/vnd.microsoft.card.adaptive"
    if found.get("type") != "message" or [one["contentType"] for one in cards] != [kind]:
        message = "The input body for trigger 'manual' of type 'Request' did not match its schema definition."
        return _refused(400, {"error": {"code": "TriggerInputSchemaMismatch", "message": message}})
    card = cards[0]["content"]
    wrong = {one["type"] for one in card["body"]} - {"RichTextBlock"}  # a TextBlock would read Markdown
    if (
        card["version"] > "1.5"
        or wrong
        or any(one["type"] != "Action.OpenUrl" for one in card.get("actions", ()))
    ):
        return _refused(400, {"error": {"code": "BadCard", "message": "The card is none."}})
    return 202, {}, ""


def google_chat(_headers: Headers, body: bytes) -> Answer:
    """Of `spaces.messages.create`."""
    found = json.loads(body)
    if len(body) > 32_000:
        error = {"code": 400, "message": "The message is too long.", "status": "INVALID_ARGUMENT"}
        return _refused(400, {"error": error})
    if set(found) - {"text", "cardsV2"} or any(set(one) != {"cardId", "card"} for one in found["cardsV2"]):
        error = {"code": 400, "message": "Invalid JSON payload received.", "status": "INVALID_ARGUMENT"}
        return _refused(400, {"error": error})
    if re.search(r"<users/|<!", json.dumps(found, ensure_ascii=False)):
        return _refused(400, "everybody was pinged")
    return 200, {}, json.dumps({"name": "spaces/AAA/messages/1"})


def program(headers: Headers, body: bytes) -> Answer:
    """As Standard Webhooks has a receiver do."""
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    said = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = base64.b64encode(hmac.new(key, said, sha256).digest()).decode()
    if headers["webhook-signature"] != f"v1,{wanted}" or headers["webhook-timestamp"] != "1796025600":
        return _refused(401, {"error": "bad signature"})
    return 204, {}, ""


JUDGES = {"slack": slack, "teams": teams, "google-chat": google_chat, "webhook": program}
PLACES = {
    "slack": "/services/T/B/x",
    "teams": "/powerautomate/automations/direct/workflows/1/triggers/manual/paths/invoke?api-version=1&sig=s3cret",
    "google-chat": "/v1/spaces/AAA/messages?key=k&token=s3cret",
    "webhook": "/okr",
}
CHANNELS = pytest.mark.parametrize("channel", WEBHOOKS, ids=lambda one: one.name)


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, WebhookServer]]:
    from contextlib import ExitStack

    with ExitStack() as stack:
        yield {name: stack.enter_context(webhook_server(judge)) for name, judge in JUDGES.items()}


@pytest.fixture
def server(servers: dict[str, WebhookServer], channel: WebhookKind) -> WebhookServer:
    found = servers[channel.name]
    found.forget()
    return found


def told(channel: WebhookKind, server: WebhookServer, message: DigestMessage = SMALL) -> None:
    endpoint = Endpoint(server.url + PLACES[channel.name], SECRET)
    post(channel, endpoint, message, NOW, (server.url,), timeout=30)


def test_what_a_mapping_may_name_is_what_there_is() -> None:
    assert tuple(one.name for one in WEBHOOKS) == NAMES
    assert set(JUDGES) == set(NAMES)


@CHANNELS
def test_a_message_of_any_size_is_taken_and_its_key_goes_with_it(
    channel: WebhookKind, server: WebhookServer
) -> None:
    told(channel, server)
    told(channel, server, LARGE)
    assert [one.status < 300 for one in server.posts] == [True, True], [
        one.body[:200] for one in server.posts
    ]
    assert all(KEY.encode() in one.body for one in server.posts)
    if channel.name != "webhook":  # a program gets all of it
        kept = server.posts[1].body.decode().encode().decode("unicode_escape").count("ü" * 100)
        assert b"more" in server.posts[1].body
        assert kept > 0


@CHANNELS
@pytest.mark.parametrize(
    ("status", "headers", "said", "for_good", "wait", "words"),
    [
        (429, {"Retry-After": "30"}, "rate_limited", False, 30.0, "429 rate_limited"),
        (429, {"Retry-After": "Mon, 30 Nov 2026 08:01:00 GMT", "Date": "Mon, 30 Nov 2026 08:00:00 GMT"}, "", False, 60.0, "429"),
        (429, {"Retry-After": "soon"}, '{"error": {"code": 429, "message": "Resource has been exhausted", "status": "RESOURCE_EXHAUSTED"}}', False, None, "429 Resource has been exhausted"),
        (503, {}, "<html>Service Unavailable</html>", False, None, "503 <html>Service Unavailable</html>"),
        (404, {}, "no_service", True, None, "404 no_service"),
        (410, {}, "channel_is_archived", True, None, "410 channel_is_archived"),
        (400, {}, '{"error": {"code": "TriggerInputSchemaMismatch", "message": "did not match its schema"}}', True, None, "400 did not match its schema"),
        (401, {}, '{"error": "no"}', True, None, "401 no"),
        (302, {"Location": "https://elsewhere.example/"}, "", True, None, "302"),
    ],
)  # fmt: skip
def test_a_refusal_says_whether_and_when_it_is_tried_again(
    channel: WebhookKind,
    server: WebhookServer,
    status: int,
    headers: Headers,
    said: str,
    for_good: bool,
    wait: float | None,
    words: str,
) -> None:
    server.answers = [(status, headers, said)]
    with pytest.raises(SendingFailure) as found:
        told(channel, server)
    assert (found.value.reason, found.value.for_good, found.value.wait) == (
        f"{channel.label} answers {words}",
        for_good,
        wait,
    )
    assert len(server.posts) == 1


@CHANNELS
def test_an_address_is_told_by_no_refusal(channel: WebhookKind, server: WebhookServer) -> None:
    address = server.url + PLACES[channel.name]
    server.answers = [(400, {}, f"nothing at {address}")]
    with pytest.raises(SendingFailure) as found:
        told(channel, server)
    assert found.value.reason == f"{channel.label} answers 400 nothing at …"
    with pytest.raises(SendingFailure, match="JIRA_OKR_NOTIFY__HOSTS") as found:
        post(channel, Endpoint(address, SECRET), SMALL, NOW)
    assert found.value.for_good
    assert "s3cret" not in found.value.reason
    assert repr(Endpoint(address, SECRET)) == "Endpoint()"


@pytest.mark.parametrize("channel", [one for one in WEBHOOKS if one.name in ("google-chat", "webhook")])
def test_a_repetition_is_known_for_one(channel: WebhookKind, server: WebhookServer) -> None:
    told(channel, server)
    told(channel, server)
    first, again = server.posts
    if channel.name == "webhook":
        assert first.headers["webhook-id"] == again.headers["webhook-id"] == sha256(KEY.encode()).hexdigest()
        return
    ids = [parse_qs(urlsplit(one.path).query) for one in (first, again)]
    assert (
        ids[0]
        == ids[1]
        == {"key": ["k"], "token": ["s3cret"], "requestId": [sha256(KEY.encode()).hexdigest()[:40]]}
    )


@pytest.mark.parametrize(
    ("name", "address", "allowed"),
    [
        ("slack", "https://hooks.slack.com/services/T/B/x", True),
        ("slack", "http://hooks.slack.com/services/T/B/x", False),
        ("slack", "https://hooks.slack.com.evil.example/services/T/B/x", False),
        ("teams", "https://default1.0a.environment.api.powerplatform.com:443/x", True),
        ("teams", "https://environment.api.powerplatform.com/x", False),
        ("teams", "https://x.environment.api.powerplatform.com.evil.example/x", False),
        ("teams", "https://xapi.powerautomate.com/x", False),
        ("google-chat", "https://chat.googleapis.com/v1/spaces/A/messages", True),
        ("webhook", "https://hub.acme.example/okr", False),
    ],
)
def test_an_address_is_one_of_its_service(
    name: str, address: str, allowed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is asked: the names lead to an address of a private network, which is refused after the host was allowed."""
    import socket

    found: list[Any] = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.5", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_words, **_more: found)
    channel = next(one for one in WEBHOOKS if one.name == name)
    with pytest.raises(SendingFailure) as refused:
        post(channel, Endpoint(address, SECRET), SMALL, NOW)
    assert ("private network" in refused.value.reason) is allowed
    assert ("none of the hosts" in refused.value.reason) is not allowed
