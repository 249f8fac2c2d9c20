"""Whether a search showed everything: what its pages brought is held against Jira's own count, and small gaps are closed by id."""

from __future__ import annotations

from connectors.jira.http.errors import IncompleteRead
from connectors.store.absence import gaps
from connectors.store.mirror import mirror
from plugin.sync.context import Context
from plugin.sync.resync.checkpoint import RunningRead, forget
from plugin.sync.resync.missing_issues import land_slipped
from plugin.sync.resync.search_pages import in_order

SLACK = 2
"""So many issues may come or go between a count and a read, or be late in the index, without a word."""
SHARE = 10
"""Beyond the slack, where one of read and count lacks more than a tenth of the other, neither is believed."""


def falls_short(less: int, more: int) -> bool:
    """Whether one of read and count is too far below the other to be believed; nothing is, wherever there is anything."""
    lacks = more - less
    return lacks > 0 and (less == 0 or (lacks > SLACK and lacks * SHARE > more))


def prove_complete(context: Context, reading: RunningRead, accept_loss: bool) -> None:
    """Hold a full read against the count before anything is made of it. Where a few issues slipped through, they are read by id.

    Raises IncompleteRead where read and count contradict each other twice, whichever says more: nothing is dropped or written then.
    """
    total = reading.reached.total
    shown = len(reading.seen) or reading.report.read  # a read that was resumed may have shown a page twice
    with context.store.read() as conn:
        read = reading.report.read + len(gaps.all(conn, context.site))
    if accept_loss or (read >= total and not falls_short(total, shown)):
        return
    # The count is only approximate, and the read took its time: it is asked for once more before anybody is alarmed.
    counted = context.jira.count(context.mapping.scope_by_id)
    if falls_short(counted, shown):
        forget(context)
        raise IncompleteRead(
            f"Jira showed {shown} issues in the scope and counts {counted} of them.",
            "Nothing was written or removed: who counts too few may show too few. It is tried again by itself; if it lasts, look what "
            "stands between the connector and Jira. Where the read is right all the same, run jira-okr sync --accept-loss.",
        )
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
