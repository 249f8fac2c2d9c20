"""The incremental resync: reads again what changed since the last complete read. Cheap, so it can run every few minutes.

It sees what is in the scope and has a new `updated`. Deletions, issues that left the scope, and what changes an issue without
touching it (a renamed version) are found by deliveries and by the full resync alone.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from connectors.jira.http.errors import IncompleteRead
from connectors.store.mirror.issue_text import IssueMemory
from connectors.store.reads import failures
from connectors.store.reads.watermarks import Watermark
from plugin.sync.active_mapping import FormerMapping
from plugin.sync.context import Context
from plugin.sync.refresh import comments
from plugin.sync.refresh.reread import require_names, with_readings
from plugin.sync.resync import watermark
from plugin.sync.resync.double_check import confirm_end, look_again
from plugin.sync.resync.mirror_update import Progress, ResyncResult, land_again
from plugin.sync.resync.resync_end import quietly, settle
from plugin.sync.resync.search_pages import OVERLAP, changed_pages
from plugin.sync.write_back import permits

AHEAD = timedelta(minutes=5)
"""An imported issue may claim to have been updated in the future: the watermark follows it no further than this."""


def resync_recent(context: Context, progress: Progress = lambda _done, _total: None) -> ResyncResult | None:
    """Read what changed since the watermark, less an overlap; None where only a full read can begin (nothing, or something else, was read).

    A read that fails leaves the watermark where it is; what it landed is marked due nevertheless.
    """
    context = quietly(context)
    with context.store.read() as conn:
        mark = watermark.usable(conn, context)
    if mark is None:
        return None
    report = ResyncResult(kind="recent")
    try:
        newest = _read(context, mark, report, progress)
    except FormerMapping:
        raise  # whatever made another one rule made everything due
    except Exception:
        settle(context, report, report.marked)
        raise
    settle(context, report, report.marked)
    permits.look(context)
    comments.catch_up(context)
    with context.store.write() as conn:
        watermark.set_by_recent_read(conn, context, Watermark(newest, mark.under), report)
        failures.clear(conn, context.site, "recent")
    return report


def _read(context: Context, mark: Watermark, report: ResyncResult, progress: Progress) -> datetime:
    """Lands every page; the next watermark.

    That is the newest `updated` of the first page: what changed up to then was there to be found when the later pages were
    asked for. What the later pages hold may be newer, but issues of the pages before may have changed since.
    """
    newest: datetime | None = None
    last, ends_empty, shown = False, True, 0
    jql, found = changed_pages(context, mark.at - OVERLAP)
    for page in found:
        require_names(context, page.issues)
        memory = IssueMemory(page.issues)
        found_now = with_readings(context, list(page.issues), {}, memory=memory)
        looked = look_again(context, found_now, page.gaps, memory)
        with context.store.write() as conn:
            report.add(land_again(context, conn, looked, recent=True, memory=memory))
        progress(report.read, report.read if page.last else None)
        newest = newest or max((issue.updated for issue in page.issues), default=mark.at)
        last, ends_empty, shown = page.last, not page.size, shown + page.size
    if newest is None or not last:
        raise IncompleteRead("The search ended without its last page.", "It is tried again by itself.")
    if ends_empty:
        confirm_end(context, jql, shown)
    return max(mark.at, min(newest, context.clock() + AHEAD))
