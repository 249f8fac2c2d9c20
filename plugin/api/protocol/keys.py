"""Idempotency keys: a request that comes again with the same key gets the first answer again, and nothing is done twice."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from flask import Response

from plugin.access.authorization.actor import Actor
from plugin.doors.refusal import RequestRefusal, invalid
from plugin.runtime.connector import Connector
from plugin.use_cases.work import idempotency
from plugin.use_cases.work.idempotency import IdempotencyKeyLimit, StoredAnswer

HEADER: Final = "Idempotency-Key"
LONGEST = 255
REPEATED = "Idempotency-Replayed"
KEPT_HEADERS = ("Content-Type", "ETag", "Location", "Cache-Control")


@dataclass(frozen=True, slots=True)
class KeptResponse:
    """What was answered under a key."""

    status: int
    headers: dict[str, str]
    body: str


@dataclass(frozen=True, slots=True)
class Key:
    """A key, whose it is, and what was asked under it."""

    who: str
    text: str
    fingerprint: str


def key_of(who: str, text: str | None, method: str, path: str, body: bytes) -> Key | None:
    """The key of a request; None where it has none."""
    if text is None:
        return None
    if not 1 <= len(text) <= LONGEST or not text.isascii() or not text.isprintable():
        raise invalid(
            HEADER, f"{HEADER} takes 1 to {LONGEST} printable ASCII characters.", "A UUID does well."
        )
    asked = hashlib.sha256(b"\0".join((method.encode(), path.encode("utf-8", "replace"), body)))
    return Key(who, text, asked.hexdigest())


def answered_once(
    connector: Connector, actor: Actor, key: Key | None, serve: Callable[[], tuple[Response, Response]]
) -> Response:
    """Serve, or give the answer that was given; what failed gives its key back, for nothing stands behind it.

    `serve` gives the answer, and what is kept to be given again: the same, but for secrets.
    """
    if key is None:
        return serve()[0]
    try:
        former = idempotency.take(connector, actor, key.who, key.text, key.fingerprint)
    except IdempotencyKeyLimit as error:
        remedy = f"Send it without {HEADER}, or later: a key is kept for 24 hours."
        raise RequestRefusal(
            429, "Too many keys", str(error), remedy, headers={"Retry-After": "3600"}
        ) from None
    if former is not None:
        return _again(key, former)
    try:
        answer, again = serve()
    except BaseException:
        idempotency.release(connector, actor, key.who, key.text)
        raise
    if answer.status_code >= 400:
        idempotency.release(connector, actor, key.who, key.text)
    else:
        _keep(connector, actor, key, again)
    return answer


def _again(key: Key, former: StoredAnswer) -> Response:
    if former.fingerprint != key.fingerprint:
        detail = "This key was used for another request (another address or body)."
        raise RequestRefusal(422, "Key used before", detail, f"Use a new {HEADER} for a new request.")
    if former.content is None:
        detail = "The first request with this key is still being served."
        raise RequestRefusal(409, "Under way", detail, "Ask again in a moment.", headers={"Retry-After": "2"})
    kept = idempotency.content_of(former, KeptResponse)
    answer = Response(kept.body, status=kept.status)
    for name, value in kept.headers.items():
        answer.headers[name] = value
    answer.headers[REPEATED] = "true"
    return answer


def _keep(connector: Connector, actor: Actor, key: Key, answer: Response) -> None:
    headers = {name: answer.headers[name] for name in KEPT_HEADERS if name in answer.headers}
    kept = KeptResponse(answer.status_code, headers, answer.get_data(as_text=True))
    idempotency.keep(connector, actor, key.who, key.text, kept)
