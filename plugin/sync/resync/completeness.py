"""Whether a search showed everything: what its pages brought is held against Jira's own count, and small gaps are closed by id."""

from __future__ import annotations

from connectors.jira.http.errors import IncompleteRead
from connectors.store.absence import gaps
from connectors.store.mirror import mirror
from mappings.facts.gap import UNCOUNTED, Gap
from mappings.numbers import count_of
from plugin.sync.context import Context
from plugin.sync.resync.checkpoint import RunningRead, forget, shown_ids
from plugin.sync.resync.double_check import falls_short, list_scope
from plugin.sync.resync.missing_issues import land_slipped

LOOK = (
    "Look in Jira what the scope of the mapping finds for the connector's account and for an administrator. Jira Cloud counts only "
    "roughly: where nothing is missing, accept the gap."
)
WAIT = (
    "Nothing yet: Jira Cloud counts only roughly. It is a gap when the next read of everything finds it, too."
)


def prove_complete(context: Context, reading: RunningRead, accept_loss: bool) -> None:
    """Hold a full read against the count before anything is made of it. Where a few issues slipped through, they are read by id.

    Raises IncompleteRead where read and count contradict each other twice, whichever says more: nothing is dropped or written then.
    """
    total = reading.reached.total
    shown = len(reading.seen) or reading.report.read  # a read that was resumed may have shown a page twice
    read = reading.report.read + _unread(context, reading)
    if accept_loss or (read >= total and not falls_short(total, shown)):
        return
    # The count is only approximate, and the read took its time: it is asked for once more before anybody is alarmed.
    counted = context.jira.count(context.mapping.scope_by_id)
    if falls_short(counted, shown):
        forget(context)
        raise IncompleteRead(
            f"Jira showed {count_of(shown, 'issue')} in the scope and counts {counted} of them.",
            "Nothing was written or removed: who counts too few may show too few. It is tried again by itself; if it lasts, look what "
            "stands between the connector and Jira. Where the read is right all the same, sync once more and accept the loss.",
        )
    if read >= counted:
        return
    if falls_short(read, counted):
        forget(context)
        raise IncompleteRead(
            f"Jira counts {count_of(counted, 'issue')} in the scope and showed {read} of them.",
            "Nothing was written or removed. It is tried again by itself; if it lasts, look what stands between the connector "
            "and Jira. Where the read is right all the same, sync once more and accept the loss.",
        )
    there = list_scope(context, shown_ids(context, reading), counted)
    with context.store.read() as conn:
        known = {issue_id for issue_id, _ in mirror.ids(conn, context.site)}
    land_slipped(context, reading, there - known)
    _note_uncounted(context, reading, len(there))


def _unread(context: Context, reading: RunningRead) -> int:
    """How many issues this read met that could not be read. One that was met before it may be gone by now, and proves nothing."""
    began = reading.reached.began_here
    with context.store.read() as conn:
        met = [one for one in gaps.load_all(conn, context.site) if one.gap.field != UNCOUNTED]
    return sum(began is None or one.seen_at >= began for one in met)


def _note_uncounted(context: Context, reading: RunningRead, names: int) -> None:
    """What Jira counts still beyond all that it lists by `names` is a gap without a name: too few to believe nothing, and never passed over.

    Cloud counts only roughly: there one read proves nothing, and it is a gap once an earlier one found it, too.
    """
    counted = context.jira.count(context.mapping.scope_by_id)
    if counted <= names:
        return
    reason = (
        f"Jira counts {count_of(counted, 'issue')} in the scope and shows {names} of them, in two searches."
    )
    began = reading.reached.began_here
    with context.store.write() as conn:
        known = next((one for one in gaps.load_all(conn, context.site) if one.gap.field == UNCOUNTED), None)
        earlier = known is not None and (began is None or known.since < began)
        doubted = context.api == 3 and not earlier
        found = Gap("", "", reason, WAIT if doubted else LOOK, field=UNCOUNTED)
        gaps.put(conn, context.site, [found], context.clock())
        if doubted and known is None:
            gaps.doubt(conn, context.site, found, context.clock())
        elif known is not None and known.doubted and not doubted:
            gaps.reopen(conn, context.site, known.issue)
