"""Up to when everything is known to have been read, by Jira's clock, and what looks at recent changes have found since then."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from connectors.store.jobs import schedules
from connectors.store.reads import read_requests, recent_reads, watermarks
from connectors.store.reads.watermarks import Watermark
from connectors.store.work import drift
from plugin.sync.context import Context
from plugin.sync.resync.mirror_update import ResyncResult
from plugin.sync.resync.search_pages import question_name


def set_by_full_read(conn: Connection, context: Context, at: datetime) -> None:
    """A full read is complete for all that was updated up to this instant; drift is counted anew."""
    watermarks.put(conn, context.site, Watermark(at, question_name(context)))
    recent_reads.count_anew(conn, context.site)


def keep_ahead(conn: Connection, context: Context, at: datetime) -> None:
    """A mapping that is not active yet was read for: once it is, what changed since then is all that is to be read."""
    watermarks.put(conn, context.site, Watermark(at, question_name(context)), "coming")


def take_over(conn: Connection, site: str) -> None:
    """The mapping that was read for last is active now."""
    ahead = watermarks.load_mark(conn, site, "coming")
    if ahead is not None:
        watermarks.put(conn, site, ahead)


def set_by_recent_read(conn: Connection, context: Context, mark: Watermark, report: ResyncResult) -> None:
    """A look at recent changes came to its end."""
    now = context.clock()
    watermarks.put(conn, context.site, mark)
    schedules.ran(conn, context.site, "recent", now)
    recent_reads.note(conn, context.site, now, report.drift)
    if report.drift:
        drift.add(conn, context.site, report.drifted, now)


def usable(conn: Connection, context: Context) -> Watermark | None:
    """The watermark; None where everything has never been read for this scope and these fields."""
    mark = watermarks.load_mark(conn, context.site)
    return mark if mark is not None and mark.under == question_name(context) else None


def want_full_read(context: Context) -> None:
    """Have the schedule read everything soon, unless that is wanted already."""
    with context.store.write() as conn:
        read_requests.ask(conn, context.site, context.clock(), once=True)
