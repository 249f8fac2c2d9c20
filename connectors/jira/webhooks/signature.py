"""What proves that a webhook came from Jira, and what tells one delivery from another. Pure."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from string import hexdigits

import msgspec

METHODS = {"sha256": hashlib.sha256}
"""Jira signs with sha256 alone; weaker methods that a header may name are refused."""
IDENTIFIER = "x-atlassian-webhook-identifier"
LONGEST_IDENTIFIER = 200


def verify(secret: str | bytes, body: bytes, header: str | None) -> bool:
    """Whether `X-Hub-Signature` (`sha256=<hex>`) is the HMAC of the raw body. Takes the same time for every wrong one."""
    method, given = _parts_of(header)
    digest = METHODS.get(method)
    key = secret.encode() if isinstance(secret, str) else secret
    if digest is None or not key:
        return False
    expected = hmac.new(key, body, digest).hexdigest()
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace"))


def is_signature(header: str | None) -> bool:
    """Whether it is an HMAC at all, of whatever body: what has no such shape can be refused before the body is known."""
    method, given = _parts_of(header)
    digest = METHODS.get(method)
    return digest is not None and len(given) == 2 * digest().digest_size and set(given) <= set(hexdigits)


def _parts_of(header: str | None) -> tuple[str, str]:
    method, _, given = (header or "").strip().lower().partition("=")
    return method, given.strip()


def sign(secret: str | bytes, body: bytes) -> str:
    """The header value a sender puts on this body."""
    key = secret.encode() if isinstance(secret, str) else secret
    return f"sha256={hmac.new(key, body, hashlib.sha256).hexdigest()}"


HEADER = "X-OKR-Secret"
"""Where senders that cannot sign (rules of Jira Automation) say what proves them."""


def static_secret(secret: str, site: str) -> str:
    """What such a sender says for this site: made from the secret that signs, which cannot be found out from it."""
    return hmac.new(secret.encode(), f"jira-okr header {site}".encode(), hashlib.sha256).hexdigest()[:48]


def is_said(secret: str, site: str, given: str | None) -> bool:
    """Whether a sender of this site said what it has to. Takes the same time for every wrong one."""
    expected = static_secret(secret, site)
    return hmac.compare_digest(expected.encode(), (given or "").strip().encode("utf-8", "replace"))


def identifier(headers: Mapping[str, str], body: bytes) -> str:
    """What is the same on every retry of one delivery: Jira's identifier, or the fallback where it sends none."""
    given = next((value.strip() for name, value in headers.items() if name.lower() == IDENTIFIER), "")
    return given[:LONGEST_IDENTIFIER] or fallback_identifier(body)


def fallback_identifier(body: bytes) -> str:
    """For Data Center, which sends no identifier: a hash of event, timestamp, issue and changelog, or of a body without them."""
    said = _decoded(body)
    issue, changelog = _part(said, "issue"), _part(said, "changelog")
    event = said.get("webhookEvent") or said.get("eventType")
    parts = (event, said.get("timestamp"), issue.get("id"), changelog.get("id"))
    if parts[1] is None or parts[2] is None:
        return f"body-{hashlib.sha256(body).hexdigest()}"
    return f"hash-{hashlib.sha256(repr(parts).encode('utf-8', 'replace')).hexdigest()}"


def event_identifier(body: bytes) -> str:
    """For the Forge app, whose events have no identifier, and say in their body how often they came: a hash of what happened to what, when."""
    said = _decoded(body)
    event = said if "eventType" in said else _part(said, "payload")
    of = next(
        (found for name in SUBJECTS if (found := _part(event, name).get("id")) is not None), event.get("id")
    )
    parts = (event.get("eventType"), event.get("timestamp"), of, _part(event, "changelog").get("id"))
    if None in parts[:3]:
        same = {name: value for name, value in said.items() if name != "retryContext"}
        text = msgspec.json.encode(same, order="sorted") if said else body
        return f"forge-body-{hashlib.sha256(text).hexdigest()}"
    return f"forge-{hashlib.sha256(repr(parts).encode('utf-8', 'replace')).hexdigest()}"


SUBJECTS = ("issue", "sprint", "version")
"""What an event of Forge is about; a link stands in the event itself."""


def _decoded(body: bytes) -> dict[str, object]:
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _part(said: Mapping[str, object], name: str) -> dict[str, object]:
    part = said.get(name)
    return part if isinstance(part, dict) else {}
