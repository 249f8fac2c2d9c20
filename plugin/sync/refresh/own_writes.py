"""Reads that our own writes have overtaken: they show what people did meanwhile, and in our fields what stood there before us.

Such an issue is newer than the mirror knows it and older than what we wrote: to believe it would be to write it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection

from connectors.store.writes import writes
from mappings.facts.issue import Issue
from mappings.write_back.target import Place
from plugin.sync.context import Context

WINDOW = timedelta(hours=1)
"""Longer than any search index lags."""


def overtaken(
    context: Context,
    conn: Connection,
    before: Mapping[str, Issue],
    issues: Iterable[Issue],
    read_at: datetime | None,
) -> frozenset[str]:
    """Which of these issues contradict a field that we wrote after they were read; None for a search, which is never sure."""
    ours = [place for place in context.mapping.places() if place.target.ages]
    differing = {one.id for one in issues if _contradicts(ours, before.get(one.id), one)}
    since = read_at if read_at is not None else context.clock() - WINDOW
    return writes.written_to(conn, context.site, differing, since)


def written_lately(context: Context, conn: Connection, ids: Iterable[str]) -> frozenset[str]:
    """Issues that we wrote to and that a search may still show as they were. Cloud reads by id without one."""
    if context.api == 3:
        return frozenset()
    return writes.written_to(conn, context.site, ids, context.clock() - WINDOW)


def _contradicts(ours: Iterable[Place], known: Issue | None, issue: Issue) -> bool:
    """Whether a place of ours would change with it in the mirror, where what is older is dropped anyway."""
    if known is None or issue.updated <= known.updated:
        return False
    return any(not place.equal(place.actual(known), place.actual(issue)) for place in ours)
