"""Whether a search showed everything: what its pages brought is held against Jira's own count, and small gaps are closed by id."""

from __future__ import annotations

from connectors.jira.http.errors import IncompleteRead
from connectors.store.numbers import mirror
from connectors.store.work import gaps
from plugin.sync.context import Context
from plugin.sync.resync.checkpoint import Reading, forget
from plugin.sync.resync.missing_issues import land_slipped
from plugin.sync.resync.search_pages import in_order

SLACK = 2
"""So many issues may come or go between a count and a read, or be late in the index, without a word."""
SHARE = 10
"""Beyond the slack, a read that lacks more than a tenth of what was counted is no read of everything."""


def falls_short(read: int, counted: int) -> bool:
    """Whether a read is too far below Jira's count to be believed; one that brought nothing is, wherever there is anything."""
    lacks = counted - read
    return lacks > 0 and (read == 0 or (lacks > SLACK and lacks * SHARE > counted))


def prove_complete(context: Context, reading: Reading, accept_loss: bool) -> None:
    """Hold a full read against the count before anything is made of it. Where a few issues slipped through, they are read by id.

    Raises IncompleteRead where far less came than Jira counts, twice: nothing is dropped or written then.
    """
    with context.store.read() as conn:
        read = reading.report.read + len(gaps.all(conn, context.site))
    if read >= reading.reached.total or accept_loss:
        return
    # The count is only approximate, and the read took its time: it is asked for once more before anybody is alarmed.
    counted = context.jira.count(context.mapping.scope_by_id)
    if read >= counted:
        return
    if falls_short(read, counted):
        forget(context)
        raise IncompleteRead(
            f"Jira counts {counted} issues in the scope and showed {read} of them.",
            "Nothing was written or removed. It is tried again by itself; if it lasts, look what stands between the connector "
            "and Jira. Where the read is right all the same, run jira-okr sync --accept-loss.",
        )
    there = set(context.jira.search_ids(in_order(context.mapping.scope_by_id)))
    with context.store.read() as conn:
        known = {issue_id for issue_id, _ in mirror.ids(conn, context.site)}
    land_slipped(context, reading, there - known)


def confirm_nothing(context: Context, jql: str) -> None:
    """A search that found nothing: an answer that was torn looks the same, so the count has to say so too. Raises IncompleteRead."""
    counted = context.jira.count(jql)
    if counted:
        raise IncompleteRead(
            f"Jira counts {counted} issues that changed of late and showed none of them.",
            "It is tried again by itself.",
        )
