"""Slack by an incoming webhook. Its address is the secret: it goes to that host alone, and is never told."""

from __future__ import annotations

from http import HTTPStatus

from connectors.metrics.basis.connections import Outside, Unreachable, post_json
from connectors.notify.failure import NotSent

HOST = "hooks.slack.com"
TIMEOUT = 15.0


def send(address: str, body: object, hosts: tuple[str, ...] = (), timeout: float = TIMEOUT) -> None:
    """Post it. Raises NotSent. `hosts` may be asked besides Slack's own."""
    try:
        status, headers, said = post_json(Outside((HOST, *hosts)), address, body, timeout)
    except Unreachable as error:
        raise NotSent(f"{error.reason}. {error.remedy}".strip(), for_good=error.refused) from None
    if status == HTTPStatus.OK:
        return
    asked = headers.get("Retry-After", "")
    wait = float(asked) if asked.isdecimal() else None
    busy = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS
    raise NotSent(f"Slack answers {status} {said[:80]}".strip(), for_good=not busy, wait=wait)
