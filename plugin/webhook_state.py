"""Whether our webhook is registered in Jira: asked now and then, kept in the store, because a page must not wait for Jira."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from connectors.jira.errors import AuthFailed, JiraError, Permanent
from connectors.store import facts
from plugin.connector import Connector, NotReady

_FACT = "webhook_state"


@dataclass(frozen=True, slots=True)
class WebhookState:
    """What Jira said: `registered` None where our account may not ask (only administrators may)."""

    registered: bool | None
    enabled: bool
    at: datetime


def look(connector: Connector, site: str) -> WebhookState | None:
    """Ask Jira for a webhook that leads to this site; None, and nothing kept, where it does not answer."""
    found = _asked(connector, site)
    if found is not None:
        with connector.store.write() as conn:
            facts.put(conn, site, _FACT, found)
    return found


def known(conn: Connection, site: str) -> WebhookState | None:
    """What Jira said when it was asked last."""
    return facts.get(conn, site, _FACT, WebhookState | None)  # type: ignore[no-any-return]


def wants_properties(connector: Connector, site: str) -> bool:
    """Whether the webhook has to tell of entity properties: only where the active mapping writes one."""
    try:
        return bool(connector.context(site).mapping.properties())
    except NotReady:
        return False


def _asked(connector: Connector, site: str) -> WebhookState | None:
    now = connector.clock()
    try:
        known = connector.site(site).jira.webhooks()
    except (AuthFailed, Permanent):
        return WebhookState(None, False, now)
    except JiraError:
        return None
    path = f"/webhooks/jira/{site}"
    ours = [hook for hook in known if hook.url.rstrip("/").endswith(path) or f"{path}/" in hook.url]
    return WebhookState(bool(ours), any(hook.enabled for hook in ours), now)
