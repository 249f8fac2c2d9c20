"""Admin webhooks: subscriptions, which events they and those of apps hear of, and the bodies, shaped as real sites send them."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from connectors.sandbox.issue_json import IssueWriter, View, change_items, user_json
from connectors.sandbox.site_state.state import Event, Json, LinkRow, Sandbox
from connectors.sandbox.traffic.access import JiraAnswerError, bad_request
from connectors.sandbox.traffic.app_webhooks import AppWebhook, AppWebhooks, bearer

EVENTS = frozenset(
    [
        "jira:issue_created",
        "jira:issue_updated",
        "jira:issue_deleted",
        "comment_created",
        "comment_updated",
        "comment_deleted",
        "issuelink_created",
        "issuelink_deleted",
        "issue_property_set",
        "issue_property_deleted",
        "worklog_created",
        "worklog_updated",
        "worklog_deleted",
        "sprint_created",
        "sprint_started",
        "sprint_updated",
        "sprint_closed",
        "sprint_deleted",
        "jira:version_created",
        "jira:version_updated",
        "jira:version_released",
        "jira:version_unreleased",
        "jira:version_deleted",
        "project_created",
        "project_updated",
        "project_deleted",
    ]
)
JQL_SECTION = "issue-related-events-section"


@dataclass(frozen=True, slots=True)
class Webhook:
    """One subscription; the secret is never shown again."""

    id: str
    name: str
    url: str
    events: tuple[str, ...]
    jql: str = ""
    secret: str | None = field(default=None, repr=False)
    exclude_body: bool = False
    enabled: bool = True
    description: str = ""


@dataclass(frozen=True, slots=True)
class SignedBody:
    """One signed body on its way to one webhook."""

    webhook_id: str
    url: str
    body: bytes
    identifier: str
    headers: Mapping[str, str]
    event: str


class Webhooks:
    """The subscriptions of one site. `matches` answers a JQL filter for an issue; Jira 9 `signs` nothing."""

    def __init__(
        self,
        sandbox: Sandbox,
        view: View,
        matches: Callable[[str, Event], bool],
        of_apps: AppWebhooks,
        *,
        signs: bool = True,
    ) -> None:
        self.signs = signs
        self.of_apps = of_apps
        self.sandbox = sandbox
        self.view = View("2", view.base_url, view.datacenter)
        self.matches = matches
        self.all: dict[str, Webhook] = {}

    # -- subscriptions ----------------------------------------------------------------------------------------

    def create(self, body: Mapping[str, Any]) -> Webhook:
        """A new subscription from a POST body."""
        webhook = _described(Webhook(self._next_id(), "", "", ()), body)
        self.all[webhook.id] = webhook
        return webhook

    def _next_id(self) -> str:
        return str(int(self.sandbox.next_id("webhook")) - 10_000)

    def change(self, webhook_id: str, body: Mapping[str, Any]) -> Webhook:
        """Another description of a subscription; a body without a secret keeps the old one."""
        self.all[webhook_id] = _described(self.get(webhook_id), body)
        return self.all[webhook_id]

    def get(self, webhook_id: str) -> Webhook:
        """A subscription, or 404."""
        if webhook_id not in self.all:
            raise JiraAnswerError(404, (f"Webhook {webhook_id} does not exist.",))
        return self.all[webhook_id]

    def remove(self, webhook_id: str) -> None:
        """End a subscription, or 404."""
        self.get(webhook_id)
        del self.all[webhook_id]

    def shown(self, webhook: Webhook) -> Json:
        """A subscription as the API shows it: whether it is signed, never with what."""
        return {
            "name": webhook.name,
            "description": webhook.description,
            "url": webhook.url,
            "events": list(webhook.events),
            "filters": {JQL_SECTION: webhook.jql},
            "excludeBody": webhook.exclude_body,
            "enabled": webhook.enabled,
            **({"isSigned": webhook.secret is not None} if self.signs else {}),
            "self": f"{self.view.base_url}/rest/webhooks/1.0/webhook/{webhook.id}",
        }

    # -- messages ---------------------------------------------------------------------------------------------

    def messages(self, event: Event) -> list[SignedBody]:
        """What each subscription gets of an event."""
        heard = [
            one
            for one in self.all.values()
            if one.enabled and event.name in one.events and self._passes(one.jql, event)
        ]
        apps = [one for one in self.of_apps.heard_by(event.name) if self._passes(one.jql, event)]
        if not heard and not apps:
            return []
        told = event_body(self.sandbox, self.view, event)
        body = msgspec.json.encode(told)
        return [
            *(self._message(webhook, event, b"" if webhook.exclude_body else body) for webhook in heard),
            *(self._app_message(webhook, event, told) for webhook in apps),
        ]

    def _passes(self, jql: str, event: Event) -> bool:
        return not jql or event.record is None or self.matches(jql, event)

    def _app_message(self, webhook: AppWebhook, event: Event, told: Json) -> SignedBody:
        """Proved by a token of the app, which says nothing of the body."""
        identifier, headers = self._envelope(str(webhook.id), event)
        headers["Authorization"] = bearer(webhook.app, self.sandbox.clock())
        body = msgspec.json.encode({**told, "matchedWebhookIds": [webhook.id]})
        return SignedBody(
            webhook_id=str(webhook.id),
            url=webhook.url,
            body=body,
            identifier=identifier,
            headers=headers,
            event=event.name,
        )

    def _envelope(self, webhook_id: str, event: Event) -> tuple[str, dict[str, str]]:
        """What every delivery is called and carries."""
        serial = f"{webhook_id}:{self.sandbox.next_id('delivery')}"
        identifier = hashlib.sha256(serial.encode()).hexdigest()[:32]
        headers = {
            "Content-Type": "application/json; charset=UTF-8",
            "User-Agent": "Atlassian Webhook HTTP Client",
        }
        if not self.view.datacenter:
            headers["X-Atlassian-Webhook-Identifier"] = identifier
            headers["X-Atlassian-Webhook-Flow"] = "Secondary" if event.extra.get("secondary") else "Primary"
        return identifier, headers

    def _message(self, webhook: Webhook, event: Event, body: bytes) -> SignedBody:
        identifier, headers = self._envelope(webhook.id, event)
        if webhook.secret is not None and self.signs:
            headers["X-Hub-Signature"] = signature(webhook.secret, body)
        return SignedBody(
            webhook_id=webhook.id,
            url=webhook.url,
            body=body,
            identifier=identifier,
            headers=headers,
            event=event.name,
        )


def signature(secret: str, body: bytes) -> str:
    """The X-Hub-Signature of a raw body."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _described(webhook: Webhook, body: Mapping[str, Any]) -> Webhook:
    name, url = body.get("name", webhook.name), body.get("url", webhook.url)
    events = tuple(body.get("events", webhook.events))
    if not name:
        raise bad_request("The name of a webhook must not be empty.")
    if not str(url).startswith(("http://", "https://")):
        raise bad_request(f"The URL of a webhook must be absolute: '{url}'.")
    unknown = sorted(set(events) - EVENTS)
    if unknown:
        raise bad_request(f"Unknown webhook events: {', '.join(unknown)}.")
    return replace(
        webhook,
        name=name,
        url=url,
        events=events,
        jql=(body.get("filters") or {}).get(JQL_SECTION, webhook.jql) or "",
        secret=body.get("secret") or webhook.secret,
        exclude_body=_flag(body.get("excludeBody", webhook.exclude_body)),
        enabled=_flag(body.get("enabled", webhook.enabled)),
        description=body.get("description", webhook.description) or "",
    )


def _flag(value: object) -> bool:
    return str(value).lower() == "true"


def event_body(sandbox: Sandbox, view: View, event: Event) -> Json:
    """The body of an event: issues in version 2 form with all fields, links by numeric id alone."""
    body: Json = {"timestamp": int(event.at.timestamp() * 1000), "webhookEvent": event.name}
    if "link" in event.extra:
        return body | {"issueLink": _link(event.extra["link"])}
    if event.kind:
        body["issue_event_type_name"] = event.kind
    if not event.name.startswith("comment_"):
        body["user"] = user_json(view, sandbox, event.actor)
    if event.record is not None:
        writer = IssueWriter(sandbox, view)
        body["issue"] = writer.reference(event.record) | {
            "fields": writer.fields(event.record, writer.chosen((), "*all"))
        }
    if event.history is not None:
        body["changelog"] = {"id": event.history.id, "items": change_items(event.history, view)}
    return body | {key: value for key, value in event.extra.items() if key != "secondary"}


def _link(row: LinkRow) -> Json:
    kind = row.type
    return {
        "id": int(row.id),
        "sourceIssueId": int(row.source),
        "destinationIssueId": int(row.destination),
        "issueLinkType": {
            "id": int(kind.id),
            "name": kind.name,
            "outwardName": kind.outward,
            "inwardName": kind.inward,
            "isSubTaskLinkType": False,
            "isSystemLinkType": False,
        },
        "systemLink": False,
    }
