"""One sandbox site put together: state, search, webhooks, limits, faults and counters, and what routes ask of the current request."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from flask import Response, current_app, g, request

from connectors.sandbox.feeds import Feeds, Move
from connectors.sandbox.issue_json import IssueWriter, View
from connectors.sandbox.search import Searcher
from connectors.sandbox.site_state.scheme import CONNECTOR, Account
from connectors.sandbox.site_state.state import Event, Record, Sandbox, person
from connectors.sandbox.traffic.access import BAD_PAYLOAD, JiraAnswerError, visible
from connectors.sandbox.traffic.app_webhooks import AppWebhooks
from connectors.sandbox.traffic.calls import Calls
from connectors.sandbox.traffic.deliveries import Sender
from connectors.sandbox.traffic.faults import Faults
from connectors.sandbox.traffic.limits import REASON, BurstLimit, CallGrant, IssueWriteLimit, UserLimit
from connectors.sandbox.traffic.oauth import OAuthServer
from connectors.sandbox.traffic.webhooks import Webhooks
from mappings.facts.issue import User
from mappings.facts.moment import Moment
from mappings.jql import JqlError

MOST_MESSAGES = 100


@dataclass(frozen=True, slots=True)
class Message:
    """What a connector told people; `key` says whether it is a repetition."""

    at: datetime
    key: str
    subject: str
    text: str


class Site:
    """Everything behind the routes. `public` serves wrong credentials as anonymous, as public sites do; `bursts` limits calls per second, `granted` those of each account (Data Center), whose `version` it is."""

    def __init__(
        self,
        sandbox: Sandbox,
        base_url: str,
        sender: Sender,
        *,
        public: bool = False,
        unknown_jql: str = "refuse",
        bursts: bool = False,
        granted: CallGrant | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        version: tuple[int, int, int] = (10, 3, 24),
    ) -> None:
        self.sandbox = sandbox
        self.version = version
        self.base_url = base_url
        self.public = public
        self.sender = sender
        self.faults = Faults()
        self.calls = Calls()
        self.limit = IssueWriteLimit(monotonic)
        self.bursts = BurstLimit(monotonic) if bursts else None
        self.users = UserLimit(granted, monotonic) if granted else None
        self.searcher = Searcher(sandbox, unknown_jql)
        self.oauth = OAuthServer(lambda: sandbox.clock())
        self.other_resources: list[dict[str, Any]] = []
        """Further sites that every consent is good for, as Atlassian tells of them."""
        self.strangers: dict[str, Account] = {}
        """Who has an account at Atlassian, and none at this site."""
        self.feeds: Feeds | None = None
        self.last_move: Move | None = None
        self.messages: deque[Message] = deque(maxlen=MOST_MESSAGES)
        self.app_webhooks = AppWebhooks(lambda: sandbox.clock())
        self.webhooks = Webhooks(
            sandbox, self.view("2"), self._passes, self.app_webhooks, signs=not self.before_ten
        )
        sandbox.listeners.append(self._hear)

    @property
    def before_ten(self) -> bool:
        """Jira 9 on Data Center: its webhooks have no secret, and are administered where Cloud's are."""
        return self.sandbox.deployment == "datacenter" and self.version < (10,)

    def view(self, version: str, base_url: str | None = None) -> View:
        """How answers of this API version are rendered; by the gateway, things are at its address."""
        return View(version, base_url or self.base_url, self.sandbox.deployment == "datacenter")

    def _hear(self, event: Event) -> None:
        for message in self.webhooks.messages(event):
            self.sender.put(message)

    def _passes(self, jql: str, event: Event) -> bool:
        if event.record is None:
            return True
        try:
            matcher = self.searcher.compile(jql, CONNECTOR)
        except JqlError:
            return False
        return matcher.match(event.record, matcher.at(Moment(self.sandbox.clock())))


def site() -> Site:
    """The site of the current app."""
    found: Site = current_app.extensions["sandbox"]
    return found


def caller() -> Account:
    """The account of the current request."""
    account: Account = g.account
    return account


def actor() -> User:
    """The caller as the author of a change."""
    return person(caller())


def view() -> View:
    """How the current request's answer is rendered."""
    return site().view(g.version, g.get("base_url"))


def writer() -> IssueWriter:
    """Renders issues for the current request."""
    return IssueWriter(site().sandbox, view())


def issue_or_404(id_or_key: str) -> Record:
    """The issue, if the caller may see it."""
    return visible(site().sandbox, caller(), id_or_key)


def need(permission: str, record: Record, message: str | None = None) -> None:
    """403 unless the caller holds a permission in the issue's project."""
    if not caller().may(permission, record.project.key):
        raise JiraAnswerError(403, (message or "You do not have permission to edit issues in this project.",))


def spend_write(record: Record) -> None:
    """Count one write to an issue against its limit; 429 if there were too many. Data Center has no such limit."""
    if site().sandbox.deployment == "datacenter":
        return
    wait = site().limit.admit(record.id)
    if wait is not None:
        headers = {
            "Retry-After": str(wait),
            "RateLimit-Reason": REASON,
            "X-RateLimit-Limit": "20",
            "X-RateLimit-Remaining": "0",
        }
        raise JiraAnswerError(429, ("Rate limit exceeded.",), headers=headers, bare=True)


def answer(value: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return raw(msgspec.json.encode(value), status)


def raw(body: bytes, status: int = 200) -> Response:
    """A JSON answer from JSON text."""
    return Response(body, status, content_type="application/json;charset=UTF-8")


def no_content() -> Response:
    """204."""
    return Response(status=204)


def json_body(allowed: Iterable[str] | None = None) -> dict[str, Any]:
    """The request's JSON object; anything else, and any property that is not allowed, is 400 without an `errors` key."""
    if request.mimetype != "application/json":
        raise JiraAnswerError(415, ("Content type must be application/json.",), bare=True)
    try:
        body = msgspec.json.decode(request.get_data())
    except msgspec.DecodeError:
        raise JiraAnswerError(400, (BAD_PAYLOAD,), bare=True) from None
    if not isinstance(body, dict) or (allowed is not None and not set(body) <= set(allowed)):
        raise JiraAnswerError(400, (BAD_PAYLOAD,), bare=True)
    return body


def flag(name: str, default: bool) -> bool:
    """A true/false query parameter."""
    return request.args.get(name, str(default)).lower() == "true"


def whole_parameter(name: str, default: int) -> int:
    """A whole-number query parameter."""
    try:
        return int(request.args.get(name, default))
    except ValueError:
        raise JiraAnswerError(400, (f"The value of '{name}' must be a whole number.",)) from None


def page_of(values: list[Any], most: int, path: str) -> dict[str, Any]:
    """A page of a list by startAt and maxResults, at most `most` values."""
    start, size = whole_parameter("startAt", 0), min(whole_parameter("maxResults", most), most)
    shown = values[start : start + size]
    page = {
        "self": view().link(path),
        "maxResults": size,
        "startAt": start,
        "total": len(values),
        "isLast": start + size >= len(values),
        "values": shown,
    }
    if not page["isLast"]:
        page["nextPage"] = view().link(f"{path}?startAt={start + size}&maxResults={size}")
    return page
