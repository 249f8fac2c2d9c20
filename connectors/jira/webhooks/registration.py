"""Admin webhooks of a site: registered once by an administrator's token, or by hand under System > WebHooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from connectors.jira.http.errors import IncompleteRead
from connectors.jira.http.transport import Transport
from connectors.jira.metadata.server import ServerInfo

EVENTS = (
    "jira:issue_created",
    "jira:issue_updated",
    "jira:issue_deleted",
    "issuelink_created",
    "issuelink_deleted",
    "sprint_started",
    "sprint_updated",
    "sprint_closed",
    "sprint_deleted",
    "jira:version_updated",
    "jira:version_released",
    "jira:version_unreleased",
    "jira:version_deleted",
)
"""The events that can change a number. Others would only cost; a write target says what it wants besides."""
JQL_SECTION = "issue-related-events-section"


@dataclass(frozen=True, slots=True)
class RegisteredWebhook:
    """A webhook as Jira has it; `signed` is None where Jira does not say, `expires` for one that lasts (those of administrators do)."""

    id: str
    name: str
    url: str
    events: tuple[str, ...]
    jql: str
    enabled: bool
    signed: bool | None
    expires: datetime | None = None


def resource(info: ServerInfo) -> str:
    """The path of the webhook resource: Jira 10 moved it on Data Center, Cloud kept it."""
    moved = info.deployment == "datacenter" and info.version[:1] >= (10,)
    return "/rest/jira-webhook/1.0/webhooks" if moved else "/rest/webhooks/1.0/webhook"


def webhooks(transport: Transport, path: str) -> tuple[RegisteredWebhook, ...]:
    """All admin webhooks of the site. Needs the permission to administer Jira."""
    answer = transport.get(path).json()
    if not isinstance(answer, list):
        raise IncompleteRead("Jira's answer about webhooks is no list.")
    return tuple(_registered(raw) for raw in answer if isinstance(raw, dict))


def register(
    transport: Transport,
    path: str,
    name: str,
    url: str,
    secret: str,
    jql: str = "",
    events: Sequence[str] = EVENTS,
) -> RegisteredWebhook:
    """Create the webhook of this name and address, or bring it up to date, so that doing it twice makes one."""
    body = {
        "name": name,
        "url": url,
        "events": list(events),
        "filters": {JQL_SECTION: jql},
        "excludeBody": False,
        "secret": secret,
    }
    known = next(
        (found for found in webhooks(transport, path) if (found.name, found.url) == (name, url)), None
    )
    reply = transport.put(f"{path}/{known.id}", body) if known else transport.post(path, body)
    made = reply.json()
    if not isinstance(made, dict):
        raise IncompleteRead("Jira's answer about the webhook that was registered does not show it.")
    return _registered(made)


def delete(transport: Transport, path: str, webhook_id: str) -> None:
    """Remove one webhook."""
    transport.delete(f"{path}/{webhook_id}")


def _registered(raw: Mapping[str, object]) -> RegisteredWebhook:
    filters, events, signed = raw.get("filters"), raw.get("events"), raw.get("isSigned")
    return RegisteredWebhook(
        id=str(raw.get("id") or str(raw.get("self", "")).rstrip("/").rpartition("/")[2]),
        name=str(raw.get("name", "")),
        url=str(raw.get("url", "")),
        events=tuple(str(event) for event in events) if isinstance(events, list) else (),
        jql=str(filters.get(JQL_SECTION) or "") if isinstance(filters, dict) else "",
        enabled=raw.get("enabled") is not False,
        signed=signed if isinstance(signed, bool) else None,
    )
