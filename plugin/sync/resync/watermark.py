"""Up to when everything is known to have been read, by Jira's clock, and what looks at recent changes have found since then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from connectors.store.sites import facts
from connectors.store.work import drift
from plugin.sync.context import Context
from plugin.sync.refresh.reread import RESYNC_WANTED
from plugin.sync.resync.landing import Resynced
from plugin.sync.resync.search_pages import asked

LAST = "last_recent"
_FACT = "watermark"
_DRIFT = "drift_recent"
_AHEAD = "watermark_ahead"


@dataclass(frozen=True, slots=True)
class Watermark:
    """Everything updated up to `at` has been read; `under` names what was asked then."""

    at: datetime
    under: str


@dataclass(frozen=True, slots=True)
class RecentDrift:
    """What looks at recent changes found wrong since the last full read, all together, and when the latest was."""

    issues: int
    at: datetime


def set_by_full_read(conn: Connection, context: Context, at: datetime) -> None:
    """A full read is complete for all that was updated up to this instant; drift is counted anew."""
    facts.put(conn, context.site, _FACT, Watermark(at, asked(context)))
    facts.put(conn, context.site, _DRIFT, None)


def keep_ahead(conn: Connection, context: Context, at: datetime) -> None:
    """A mapping that is not active yet was read for: once it is, what changed since then is all that is to be read."""
    facts.put(conn, context.site, _AHEAD, Watermark(at, asked(context)))


def take_over(conn: Connection, site: str) -> None:
    """The mapping that was read for last is active now."""
    ahead: Watermark | None = facts.get(conn, site, _AHEAD, Watermark | None)
    if ahead is not None:
        facts.put(conn, site, _FACT, ahead)


def set_by_recent_read(conn: Connection, context: Context, mark: Watermark, report: Resynced) -> None:
    """A look at recent changes came to its end."""
    now = context.clock()
    facts.put(conn, context.site, _FACT, mark)
    for fact in (LAST, "schedule:recent"):
        facts.put(conn, context.site, fact, now.isoformat())
    if report.drift:
        before = drift_since(conn, context.site)
        issues = report.drift + (before.issues if before else 0)
        facts.put(conn, context.site, _DRIFT, RecentDrift(issues, now))
        drift.add(conn, context.site, report.drifted, now)


def usable(conn: Connection, context: Context) -> Watermark | None:
    """The watermark; None where everything has never been read for this scope and these fields."""
    mark: Watermark | None = facts.get(conn, context.site, _FACT, Watermark | None)
    return mark if mark is not None and mark.under == asked(context) else None


def want_full_read(context: Context) -> None:
    """Have the schedule read everything soon, unless that is wanted already."""
    with context.store.write() as conn:
        if facts.get(conn, context.site, RESYNC_WANTED) is None:
            facts.put(conn, context.site, RESYNC_WANTED, context.clock().isoformat())


def drift_since(conn: Connection, site: str) -> RecentDrift | None:
    """What looks at recent changes found wrong since the last full read; None where that is nothing."""
    found: RecentDrift | None = facts.get(conn, site, _DRIFT, RecentDrift | None)
    return found
