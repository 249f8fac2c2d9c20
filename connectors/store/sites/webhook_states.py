"""What Jira said of our webhook when it was asked last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from connectors.store.database import json_text
from connectors.store.database.instant import from_ms, maybe_from_ms, to_ms
from connectors.store.database.sql import insert_into
from connectors.store.schema import webhook_state as table


@dataclass(frozen=True, slots=True)
class WebhookAnswer:
    """`registered` None where our account may not ask; `events` are those that Jira delivers, None where that was not kept; `expires` for one that an app keeps alive."""

    registered: bool | None
    enabled: bool
    at: datetime
    events: tuple[str, ...] | None = None
    filters: tuple[str, ...] = ()
    expires: datetime | None = None


def get(conn: Connection, site: str) -> WebhookAnswer | None:
    """The answer; None where Jira was not asked yet."""
    row = conn.execute(select(table).where(table.c.site == site)).first()
    if row is None:
        return None
    return WebhookAnswer(
        registered=None if row.registered is None else bool(row.registered),
        enabled=bool(row.enabled),
        at=from_ms(row.at),
        events=None if row.events is None else json_text.decode(row.events, tuple[str, ...]),
        filters=json_text.decode(row.filters, tuple[str, ...]),
        expires=maybe_from_ms(row.expires_at),
    )


def put(conn: Connection, site: str, answer: WebhookAnswer) -> None:
    """Jira was asked."""
    values = {
        "registered": None if answer.registered is None else int(answer.registered),
        "enabled": int(answer.enabled),
        "at": to_ms(answer.at),
        "events": None if answer.events is None else json_text.encode(answer.events),
        "filters": json_text.encode(answer.filters),
        "expires_at": None if answer.expires is None else to_ms(answer.expires),
    }
    statement = insert_into(conn, table).values(site=site, **values)
    conn.execute(statement.on_conflict_do_update(index_elements=[table.c.site], set_=values))
