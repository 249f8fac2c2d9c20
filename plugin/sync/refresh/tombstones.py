"""What was dropped from the mirror a while ago. A search that lags, or a read that was under way, must not bring it back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import Connection

from connectors.store.sites import facts
from connectors.store.work import inbox
from plugin.sync.context import Context

FORGOTTEN = "forgotten"
WINDOW = timedelta(hours=1)
"""Longer than any search index lags or any read lasts."""
MOST = 1_000
"""So many of the latest are remembered; a resync heals what is beyond."""


def remember(context: Context, conn: Connection, ids: Iterable[str]) -> None:
    """Note that these issues left the mirror now."""
    now = context.clock()
    lost = dict.fromkeys(sorted(ids), now.isoformat())
    if lost:
        kept = {id_: at for id_, at in _remembered(context, conn).items() if id_ not in lost}
        latest = islice(reversed((kept | lost).items()), MOST)
        facts.put(conn, context.site, FORGOTTEN, dict(reversed(list(latest))))


def doubtful(
    context: Context, conn: Connection, ids: Iterable[str], read_at: datetime | None
) -> frozenset[str]:
    """Which of these issues, all new to the mirror, left it after they were read; None for a search, which is never sure."""
    new = frozenset(ids)
    if not new:
        return frozenset()
    left = _remembered(context, conn)
    return frozenset(
        id_ for id_ in new & left.keys() if read_at is None or read_at < datetime.fromisoformat(left[id_])
    )


def ask_again(context: Context, conn: Connection, ids: Iterable[str]) -> None:
    """Have these issues read by id at the next turn, as if Jira had told of a change: only such a read settles a doubt."""
    now = context.clock()
    for id_ in sorted(ids):
        body = json.dumps({"webhookEvent": "jira:issue_updated", "issue": {"id": id_}}).encode()
        inbox.store(conn, context.site, f"doubt-{id_}-{now.isoformat()}", body, now, "read again")
        context.announcer.delivered(conn, context.site)


def _remembered(context: Context, conn: Connection) -> dict[str, str]:
    """When what left within the window left, oldest first. Two workers that drop issues in one instant may keep one's word only."""
    found: dict[str, str] = facts.get(conn, context.site, FORGOTTEN, dict[str, str]) or {}
    since = context.clock() - WINDOW
    return {id_: at for id_, at in found.items() if datetime.fromisoformat(at) > since}
