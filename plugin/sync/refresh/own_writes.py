"""Reads that something has overtaken which Jira's `updated` does not tell of: our own writes, or another edit within the same second.

What our own writes have overtaken shows what people did meanwhile, and in our fields what stood there before us. Such an issue is newer
than the mirror knows it and older than what we wrote: to believe it would be to write it again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from connectors.jira.read.bulk import no_doubt
from connectors.store.mirror import mirror
from connectors.store.writes import writes
from mappings.facts.issue import Issue
from mappings.write_back.target import Place
from plugin.sync.context import Context

WINDOW = timedelta(hours=1)
"""Longer than any search index lags."""
SAME = timedelta(seconds=2)
"""So long after an edit another one may bear the same `updated`: a second, and as much for clocks that differ a little."""


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


def same_second(
    before: Mapping[str, Issue],
    issues: Iterable[Issue],
    read_at: datetime,
    ours: Collection[str],
) -> frozenset[str]:
    """Which of these say something else than the mirror under the same `updated`, and were read while it might still be given to another edit.

    Neither is known to be the later one then. `ours` are the places that we write, of which the record of writes tells.
    """
    return frozenset(
        one.id
        for one in issues
        if one.id in before
        and one.updated == before[one.id].updated
        and not is_over(one.updated, read_at)
        and _facts(one, ours) != _facts(before[one.id], ours)
    )


def is_over(updated: datetime, read_at: datetime) -> bool:
    """Whether a read that began then shows all that Jira will ever date to this instant; some databases below Data Center keep whole seconds."""
    return read_at - updated > SAME


def _facts(issue: Issue, ours: Collection[str]) -> Issue:
    """Without the fields that we write, and without what was read of it besides."""
    fields = {name: value for name, value in issue.fields.items() if name not in ours}
    return replace(
        issue, fields=fields, readings={}, unknowns={}, history_at=None, history_names=0, absent=frozenset()
    )


def before_our_writes(context: Context, searched: Collection[str]) -> Callable[[Issue], bool]:
    """Tells of an issue that is searched for whether it is shown as it was before we wrote to it. Cloud reads by id without a search."""
    if context.api == 3 or not searched:
        return no_doubt
    with context.store.read() as conn:
        lately = writes.written_to(conn, context.site, searched, context.clock() - WINDOW)
        known = mirror.get(conn, context.site, lately)
    ours = [place for place in context.mapping.places() if place.target.ages]

    def lags(issue: Issue) -> bool:
        if issue.id not in lately:
            return False
        return issue.id not in known or _differs(ours, known[issue.id], issue)

    return lags


def _contradicts(ours: Iterable[Place], known: Issue | None, issue: Issue) -> bool:
    """Whether a place of ours would change with it in the mirror, where what is older is dropped anyway."""
    if known is None or issue.updated <= known.updated:
        return False
    return _differs(ours, known, issue)


def _differs(ours: Iterable[Place], known: Issue, issue: Issue) -> bool:
    return any(not place.equal(place.actual(known), place.actual(issue)) for place in ours)
