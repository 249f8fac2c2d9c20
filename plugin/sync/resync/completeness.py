"""Whether a search showed everything: what its pages brought is held against Jira's own count, and small gaps are closed by id."""

from __future__ import annotations

from connectors.jira.http.errors import IncompleteRead
from connectors.store.absence import gaps
from connectors.store.mirror import mirror
from plugin.sync.context import Context
from plugin.sync.resync.checkpoint import RunningRead, forget, shown_ids
from plugin.sync.resync.double_check import falls_short, listed
from plugin.sync.resync.missing_issues import land_slipped


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
    there = listed(context, shown_ids(context, reading), counted)
    with context.store.read() as conn:
        known = {issue_id for issue_id, _ in mirror.ids(conn, context.site)}
    land_slipped(context, reading, there - known)
