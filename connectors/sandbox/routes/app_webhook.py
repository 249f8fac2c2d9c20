"""`/rest/api/3/webhook`: the webhooks that an OAuth 2.0 app registers for itself. Data Center has none."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g

from connectors.sandbox.site import answer, caller, json_body, page_of, site
from connectors.sandbox.traffic.access import JiraAnswerError
from connectors.sandbox.traffic.app_webhooks import show_webhook
from connectors.sandbox.traffic.oauth import OAuthApp

routes = Blueprint("app_webhook", __name__)


@routes.get("/webhook")
def list_webhooks() -> Response:
    found = site().app_webhooks.of(_app(), caller().id)
    return answer(page_of([show_webhook(one) for one in found], 100, "webhook"))


@routes.post("/webhook")
def register() -> Response:
    body = json_body(("url", "webhooks"))
    return answer({"webhookRegistrationResult": site().app_webhooks.register(_app(), caller().id, body)})


@routes.put("/webhook/refresh")
def refresh() -> Response:
    until = site().app_webhooks.refresh(_app(), caller().id, _ids())
    return answer({"expirationDate": int(until.timestamp() * 1000)})


@routes.delete("/webhook")
def delete() -> Response:
    site().app_webhooks.remove(_app(), caller().id, _ids())
    return Response(status=202)


def _app() -> OAuthApp | None:
    """The app that calls; None for people and their tokens."""
    found: OAuthApp | None = g.get("app")
    return found


def _ids() -> list[int]:
    given: Any = json_body(("webhookIds",)).get("webhookIds")
    if not isinstance(given, list) or not all(type(one) is int for one in given):
        raise JiraAnswerError(400, ("The list of webhook IDs is missing.",))
    return given
