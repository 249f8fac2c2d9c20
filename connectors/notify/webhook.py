"""A message posted to the webhook of a channel. Its address is the secret: it goes to the hosts of its channel alone, and is never told."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.client import HTTPMessage
from urllib.parse import urlsplit

from connectors.jira.http.connection import is_public
from connectors.metrics.basis.connections import (
    AllowedHosts,
    ConnectionFailure,
    is_number,
    post_json,
    require_allowed,
)
from connectors.notify.failure import SendingFailure
from mappings.digest.digest import DigestMessage

SETTING = "JIRA_OKR_NOTIFY__HOSTS"
TIMEOUT = 15.0
LONGEST_ANSWER = 120
BUSY = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS)
"""What is tried again, besides all from 500 on."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a message goes; `secret` signs it, where the channel signs."""

    address: str = field(repr=False)
    secret: str = field(default="", repr=False)


def _as_it_is(address: str, _key: str) -> str:
    return address


def _unsigned(_endpoint: Endpoint, _key: str, _now: datetime, _body: bytes) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class WebhookKind:
    """One kind of webhook. `name` stands before the colon of a recipient; `hosts` are those of its addresses; `content` is what it takes.

    `addressed` makes the address that is posted to of the given one and the key of the message, `signed` further headers.
    """

    name: str
    label: str
    hosts: tuple[str, ...]
    content: Callable[[DigestMessage], object]
    addressed: Callable[[str, str], str] = _as_it_is
    signed: Callable[[Endpoint, str, datetime, bytes], Mapping[str, str]] = _unsigned


def post(
    webhook: WebhookKind,
    endpoint: Endpoint,
    message: DigestMessage,
    now: datetime,
    hosts: tuple[str, ...] = (),
    timeout: float = TIMEOUT,
) -> None:
    """Post a message. Raises SendingFailure. `hosts` may be asked besides those of the channel."""
    body = json.dumps(webhook.content(message)).encode()
    headers = webhook.signed(endpoint, message.key, now, body)
    address = webhook.addressed(endpoint.address, message.key)
    call = WebhookCall(label=webhook.label, address=address, body=body, headers=headers, endpoint=endpoint)
    send(call, (*webhook.hosts, *hosts), timeout)


@dataclass(frozen=True, slots=True)
class WebhookCall:
    """One post, as it goes out; `label` is what its receiver is called."""

    label: str
    address: str = field(repr=False)
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    endpoint: Endpoint


def send(call: WebhookCall, hosts: tuple[str, ...], timeout: float = TIMEOUT) -> int:
    """Post once, to these hosts alone; the status that was answered, from 200 to 299. Raises SendingFailure."""
    outside = AllowedHosts(hosts, setting=SETTING)
    try:
        status, answered, said = post_json(outside, call.address, call.body, timeout, call.headers)
    except ConnectionFailure as error:
        raise _not_sent(error) from None
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return status
    busy = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in BUSY
    reason = f"{call.label} answers {status} {_reason(said, call.endpoint)}".strip()
    raise SendingFailure(reason, for_good=not busy, wait=waits(answered))


def require_address(address: str, hosts: tuple[str, ...]) -> None:
    """Refuse an address that `send` would refuse whatever its name means. Raises SendingFailure."""
    try:
        require_allowed(AllowedHosts(hosts, setting=SETTING), address)
    except ConnectionFailure as error:
        raise _not_sent(error) from None


def own_hosts(address: str) -> tuple[str, ...]:
    """The host of an address that somebody gave, by name: whether an address of a private network may be reached the operator alone says."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ()
    host = parts.hostname or ""
    private = is_number(host) and not is_public(host)
    return () if private else (parts.netloc,)


def _not_sent(error: ConnectionFailure) -> SendingFailure:
    return SendingFailure(f"{error.reason}. {error.remedy}".strip(), for_good=error.refused)


def waits(headers: HTTPMessage) -> float | None:
    """How many seconds Retry-After asks to wait: as a number, or as a date against the Date of the same answer."""
    asked = headers.get("Retry-After", "").strip()
    if asked.isdecimal():
        return float(asked)
    try:
        until, at = parsedate_to_datetime(asked), parsedate_to_datetime(headers.get("Date", ""))
        return max((until - at).total_seconds(), 0.0)
    except (TypeError, ValueError):
        return None


def _reason(said: str, endpoint: Endpoint) -> str:
    """The words of an answer: those of its error where it is JSON, never the address."""
    try:
        found = json.loads(said)
    except (ValueError, RecursionError):
        found = None
    error = found.get("error", found) if isinstance(found, dict) else None
    words = error.get("message") if isinstance(error, dict) else error
    text = words if isinstance(words, str) else said
    return " ".join(text.replace(endpoint.address, "…").split())[:LONGEST_ANSWER]
