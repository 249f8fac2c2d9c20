"""The access log: a line for each request, by the template of its route. Addresses hold keys, names, and the secrets of webhooks and links."""

from __future__ import annotations

import time

import structlog
from flask import Flask, Response, g, request

from plugin.access.authorization.person import current

NOWHERE = "(no route)"

log = structlog.get_logger("jira_okr.requests")


def access_log(app: Flask) -> None:
    """Write one. To be called before the guard is set up, so that what it refuses is in it too."""
    app.before_request(_begun)
    app.after_request(_told)


def _begun() -> None:
    g.begun = time.monotonic()


def _told(response: Response) -> Response:
    person = current()
    log.info(
        "request",
        method=request.method,
        route=NOWHERE if request.url_rule is None else request.url_rule.rule,
        status=response.status_code,
        ms=round((time.monotonic() - g.get("begun", time.monotonic())) * 1000),
        account=None if person is None else person.account_id,
        origin=request.remote_addr or "unknown",
    )
    return response
