"""What was dropped from the mirror a while ago. A search that lags, or a read that was under way, must not bring it back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection

from connectors.store.absence import tombstones
from connectors.store.work import inbox
from plugin.sync.context import Context

WINDOW = timedelta(hours=1)
"""Longer than any search index lags or any read lasts."""


def remember(context: Context, conn: Connection, ids: Iterable[str]) -> None:
    """Note that these issues left the mirror now."""
    tombstones.put(conn, context.site, ids, context.clock())


def doubtful(
    context: Context, conn: Connection, ids: Iterable[str], read_at: datetime | None
) -> frozenset[str]:
    """Which of these issues, all new to the mirror, left it after they were read; None for a search, which is never sure."""
    new = frozenset(ids)
    if not new:
        return frozenset()
    left = tombstones.among_these(conn, context.site, new, context.clock() - WINDOW)
    return frozenset(id_ for id_, at in left.items() if read_at is None or read_at < at)


def ask_again(context: Context, conn: Connection, ids: Iterable[str]) -> None:
    """Have these issues read by id at the next turn, as if Jira had told of a change: only such a read settles a doubt."""
    now = context.clock()
    for id_ in sorted(ids):
        body = json.dumps({"webhookEvent": "jira:issue_updated", "issue": {"id": id_}}).encode()
        inbox.store(conn, context.site, f"doubt-{id_}-{now.isoformat()}", body, now, "read again")
        context.announcer.delivered(conn, context.site)
