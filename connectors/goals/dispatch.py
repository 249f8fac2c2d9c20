"""Sends what a write target asks of Atlassian Goals and tells it (`mappings.write_back.target.Request`). Knows no target."""

from __future__ import annotations

from collections.abc import Callable

from connectors.goals.client import Goals
from connectors.jira.http.errors import JiraRefusal
from mappings.write_back.target import Request

UNKNOWN = "Atlassian Goals cannot do {what}."


def ask(goals: Goals, request: Request) -> object:
    """How a goal stands; None where the account does not see it."""
    if request.path != "goal":
        raise JiraRefusal(400, (UNKNOWN.format(what=request.path),))
    id_ = request.params["goal"]
    return goals.standing([id_]).get(id_)


def tell(goals: Goals, request: Request, keep: Callable[[], None] = lambda: None) -> None:
    """Write, once. Raises JiraRefusal for what is refused. `keep` is called before each call of several."""
    body = request.body
    if request.path == "metrics" and isinstance(body, dict):
        goals.measure(str(body["id"]), body["metrics"], body["left"], str(body["issue"]), keep)
        return
    if request.path != "update" or not isinstance(body, dict):
        raise JiraRefusal(400, (UNKNOWN.format(what=request.path),))
    score, url = body.get("score"), body.get("url")
    goals.post(
        str(body["id"]),
        str(body["status"]),
        score if isinstance(score, int) else None,
        str(body["summary"]),
        str(url) if url else None,
    )
