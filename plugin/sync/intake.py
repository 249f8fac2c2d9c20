"""Takes one delivery in: verified by the caller, stored here, worked on later. No Jira call and no rollup happens in the request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from connectors.jira.webhooks import fallback_identifier
from connectors.store import Store, inbox
from plugin.sync.announcing import SILENT, Announcer

IDENTIFIER = "X-Atlassian-Webhook-Identifier"
LONGEST_IDENTIFIER = 200


@dataclass(frozen=True, slots=True)
class Accepted:
    """A delivery that is safe in the inbox; `new` is False for a retry of one that was there already."""

    identifier: str
    new: bool


def accept(
    store: Store,
    site: str,
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
    announcer: Announcer = SILENT,
) -> Accepted:
    """Store a delivery whose signature holds; raises StoreError where it could not be made durable."""
    identifier = headers.get(IDENTIFIER, "")[:LONGEST_IDENTIFIER] or fallback_identifier(body)
    with store.write() as conn:
        stored = inbox.store(conn, site, identifier, body, now)
        if stored is not None:
            announcer.delivered(conn, site)
    return Accepted(identifier, stored is not None)
