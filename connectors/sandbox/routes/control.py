"""Admin webhooks, and the controls of the sandbox itself under /_sandbox (faults, counters, lag); the latter are no part of Jira."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import timedelta

from flask import Blueprint, Response

from connectors.sandbox.site import answer, caller, json_body, no_content, site
from connectors.sandbox.traffic.access import JiraAnswerError, require
from connectors.sandbox.traffic.deliveries import WebhookFaults
from connectors.sandbox.traffic.faults import fault_from

webhooks = Blueprint("webhooks", __name__)
control = Blueprint("control", __name__, url_prefix="/_sandbox")

ADMIN_ONLY = "You are not allowed to perform this operation; it needs the Administer Jira permission."


@webhooks.before_request
def administrators_only() -> None:
    require(caller(), "ADMINISTER", None, ADMIN_ONLY)


@webhooks.post("")
def create() -> Response:
    made = site().webhooks.create(json_body())
    return answer(site().webhooks.shown(made), 201)


@webhooks.get("")
def list_webhooks() -> Response:
    return answer([site().webhooks.shown(one) for one in site().webhooks.all.values()])


@webhooks.get("/<webhook_id>")
def read(webhook_id: str) -> Response:
    return answer(site().webhooks.shown(site().webhooks.get(webhook_id)))


@webhooks.put("/<webhook_id>")
def change(webhook_id: str) -> Response:
    return answer(site().webhooks.shown(site().webhooks.change(webhook_id, json_body())))


@webhooks.delete("/<webhook_id>")
def delete(webhook_id: str) -> Response:
    site().webhooks.remove(webhook_id)
    return no_content()


@control.post("/faults")
def add_fault() -> Response:
    """Body: one fault (see faults.Fault), `{"webhooks": {drop, duplicate, reorder, delay, delay_seconds}}`, or `{"search_lag": seconds}`."""
    body = json_body()
    if "webhooks" in body:
        site().sender.faults = _webhook_faults(body["webhooks"])
    elif "search_lag" in body:
        site().sandbox.search_lag = timedelta(seconds=float(body["search_lag"]))
    else:
        try:
            site().faults.add(fault_from(body))
        except (ValueError, TypeError) as problem:
            raise JiraAnswerError(400, (str(problem),)) from None
    return no_content()


def _webhook_faults(body: dict[str, float]) -> WebhookFaults:
    known = {one.name for one in fields(WebhookFaults)}
    if not isinstance(body, dict) or not set(body) <= known:
        raise JiraAnswerError(400, (f"webhooks takes {', '.join(sorted(known))}",))
    return WebhookFaults(**{name: float(value) for name, value in body.items()})


@control.get("/faults")
def show_faults() -> Response:
    return answer(
        {
            "faults": [asdict(one) for one in site().faults.waiting()],
            "webhooks": asdict(site().sender.faults),
            "search_lag": site().sandbox.search_lag.total_seconds(),
        }
    )


@control.delete("/faults")
def clear_faults() -> Response:
    """No more faults of any kind, and an index that is up to date."""
    site().faults.clear()
    site().sender.faults = WebhookFaults()
    site().sandbox.search_lag = timedelta(0)
    site().sandbox.catch_up(everything=True)
    return no_content()


@control.get("/calls")
def calls() -> Response:
    return answer(site().calls.shown())


@control.delete("/calls")
def clear_calls() -> Response:
    site().calls.clear()
    return no_content()


@control.get("/deliveries")
def deliveries() -> Response:
    sender = site().sender
    return answer(
        {
            "pending": sender.pending,
            "dropped": len(sender.dropped),
            "attempts": [asdict(one) for one in list(sender.attempts)[-200:]],
        }
    )
