"""How far a full read has come, kept with each page in the transaction that lands it: the next one goes on from there.

It goes on only where the same is asked under the same mapping, where it did not rest too long, and where nothing has asked for
everything to be read since. Otherwise, or where Jira no longer knows the place, it begins anew.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from connectors.jira import SearchPage
from connectors.store.database import json_text
from connectors.store.mirror import mirror
from connectors.store.reads import read_requests, resyncs
from mappings.write_back.evidence import UnheardEdit
from plugin.sync.context import Context
from plugin.sync.resync import watermark
from plugin.sync.resync.mirror_update import Evidence, MirrorUpdate, ResyncResult
from plugin.sync.resync.search_pages import question_name

LONGEST_REST = timedelta(days=1)
"""Jira forgets a page token after seven days. What was read before a rest is looked at again, but not by all that may have changed."""
SKEW = timedelta(hours=1)
"""How far our clock may be ahead of Jira's, where Jira does not tell the time."""

log = structlog.get_logger("jira_okr.resync")


@dataclass(frozen=True, slots=True)
class ReadPlace:
    """What stands beside the pages. `began` is by Jira's clock, `began_here` by our own, `after` the place of the next page, `wanted` how often everything had been asked for."""

    under: str
    first: bool
    total: int
    began: datetime
    wanted: int = 0
    asked_otherwise: bool = False
    occupied: bool = False
    read: int = 0
    changed: int = 0
    pages: int = 0
    after: str | None = None
    complete: bool = False
    began_here: datetime | None = None


@dataclass(frozen=True, slots=True)
class KeptPage:
    """What one page contributes to the end of the read."""

    ids: list[str]
    objectives: list[str]
    marked: list[str]
    drifted: dict[str, int]
    silent: list[str] = field(default_factory=list)
    edited: dict[str, UnheardEdit] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a full read is, for those who only look: it read so many of `total` issues, and was heard of `at`."""

    read: int
    total: int
    began: datetime
    at: datetime


@dataclass(slots=True)
class RunningRead:
    """A full read under way in this process. `landed` counts the pages of this process alone.

    `seen` holds the ids of all pages where somebody will ask for them: not on a first read that was never interrupted.
    """

    holder: str
    reached: ReadPlace
    report: ResyncResult
    seen: set[str] = field(default_factory=set)
    landed: int = 0


def start(context: Context, total: int | None = None, *, anew: bool = False) -> RunningRead:
    """Go on with the read that did not come to its end, or begin one. `total`: how many issues there are, where that was asked already."""
    holder = uuid.uuid4().hex
    with context.store.write() as conn:
        kept = None if anew else resyncs.load_unfinished(conn, context.site)
        reached = _usable(context, conn, kept)
        if kept is not None and reached is not None:
            resyncs.take_over(conn, context.site, kept.read, holder)
            return _resumed(context, conn, kept.read, holder, reached)
    return _begun(context, holder, total)


def keep(
    context: Context, conn: Connection, reading: RunningRead, page: SearchPage, landed: MirrorUpdate
) -> None:
    """In the transaction that lands the page: how far the read is now."""
    ids = [*(issue.id for issue in page.issues), *(gap.issue_id for gap in page.gaps if gap.issue_id)]
    report, before = reading.report, reading.reached
    reading.reached = replace(
        before,
        occupied=report.occupied,
        read=report.read,
        changed=report.changed,
        pages=before.pages + 1,
        after=page.after,
        complete=page.last,
    )
    kept = KeptPage(
        ids=ids,
        objectives=sorted(landed.objectives),
        marked=sorted(landed.marked),
        drifted=dict(landed.drifted),
        silent=sorted(landed.silent),
        edited=dict(landed.edited),
    )
    text, of_page = json_text.encode(reading.reached), json_text.encode(kept)
    number = reading.reached.pages
    resyncs.keep(conn, context.site, reading.holder, text, context.clock(), (number, of_page))
    if report.resumed or not report.first:
        reading.seen.update(ids)
    reading.landed += 1


def keep_found(
    context: Context, conn: Connection, reading: RunningRead, marked: Set[str], found: Evidence
) -> None:
    """The same of what was read by id at the end: what it concerns, and what explains it. `reading` goes on from here."""
    silent, edited = found
    reading.report.silent |= silent
    reading.report.edited |= edited
    reading.reached = replace(reading.reached, pages=reading.reached.pages + 1)
    kept = KeptPage(
        ids=[],
        objectives=[],
        marked=sorted(marked),
        drifted={},
        silent=sorted(silent),
        edited=dict(edited),
    )
    text, of_page = json_text.encode(reading.reached), json_text.encode(kept)
    resyncs.keep(conn, context.site, reading.holder, text, context.clock(), (reading.reached.pages, of_page))


def shown_ids(context: Context, reading: RunningRead) -> frozenset[str]:
    """The ids of all pages. A first read that was never interrupted holds them in the store alone."""
    if reading.seen:
        return frozenset(reading.seen)
    with context.store.read() as conn:
        kept = resyncs.load_unfinished(conn, context.site)
        pages = resyncs.pages(conn, context.site, kept.read) if kept is not None else ()
        return frozenset(id_ for content in pages for id_ in json_text.decode(content, KeptPage).ids)


def load_place(context: Context) -> ReadPlace | None:
    """How far the read came that the next one will go on with."""
    with context.store.read() as conn:
        return _usable(context, conn, resyncs.load_unfinished(conn, context.site))


def progress(conn: Connection, site: str) -> Progress | None:
    """The full read that is under way or was interrupted, whoever reads; None where there is none."""
    kept = resyncs.load_unfinished(conn, site)
    if kept is None:
        return None
    reached: ReadPlace = json_text.decode(kept.content, ReadPlace)
    return Progress(reached.read, reached.total, reached.began, kept.saved_at)


def is_half_read(conn: Connection, site: str) -> bool:
    """Whether the very first read of the site has begun and not come to its end: what the mirror lacks may be anything."""
    kept = resyncs.load_unfinished(conn, site)
    return kept is not None and json_text.decode(kept.content, ReadPlace).first


def forget(context: Context) -> None:
    """The next read begins anew."""
    with context.store.write() as conn:
        resyncs.discard(conn, context.site)


def _usable(context: Context, conn: Connection, kept: resyncs.UnfinishedRead | None) -> ReadPlace | None:
    """How far the kept read came, None where there is none to go on with."""
    if kept is None:
        return None
    reached: ReadPlace = json_text.decode(kept.content, ReadPlace)
    why = None
    if reached.under != _under(context):
        why = "the mapping, its scope or its fields changed"
    elif context.clock() - kept.saved_at > LONGEST_REST:
        why = "it rested too long"
    elif (
        read_requests.is_open(conn, context.site)
        and read_requests.count_requests(conn, context.site) != reached.wanted
    ):
        why = "everything was asked for since"
    elif not reached.complete and reached.after is None:
        why = "it had not read a page"
    if why is None:
        return reached
    log.info("an interrupted resync is not gone on with", site=context.site, read=reached.read, why=why)
    return None


def _resumed(context: Context, conn: Connection, read: str, holder: str, reached: ReadPlace) -> RunningRead:
    report = ResyncResult(
        read=reached.read,
        changed=reached.changed,
        first=reached.first,
        occupied=reached.occupied,
        resumed=True,
        asked_otherwise=reached.asked_otherwise,
    )
    reading = RunningRead(holder, reached, report)
    for content in resyncs.pages(conn, context.site, read):
        page: KeptPage = json_text.decode(content, KeptPage)
        reading.seen.update(page.ids)
        report.objectives.update(page.objectives)
        report.marked.update(page.marked)
        report.drifted.update(_counted(page.drifted))
        report.silent.update(page.silent)
        report.edited.update(page.edited)
    log.info("a resync goes on where it stopped", site=context.site, read=reached.read, of=reached.total)
    return reading


def _counted(drifted: Mapping[str, int]) -> Counter[str]:
    return Counter(dict(drifted))


def _begun(context: Context, holder: str, total: int | None) -> RunningRead:
    if total is None:
        total = context.jira.count(context.mapping.scope_by_id)
    began = context.jira.time() or context.clock() - SKEW
    with context.store.write() as conn:
        first = mirror.count(conn, context.site) == 0
        wanted = read_requests.count_requests(conn, context.site)
        otherwise = not first and watermark.usable(conn, context) is None
        now = context.clock()
        reached = ReadPlace(
            under=_under(context),
            first=first,
            total=total,
            began=began,
            wanted=wanted,
            asked_otherwise=otherwise,
            began_here=now,
        )
        text = json_text.encode(reached)
        resyncs.begin(conn, context.site, uuid.uuid4().hex, holder, text, context.clock())
    return RunningRead(holder, reached, ResyncResult(first=first, asked_otherwise=otherwise))


def _under(context: Context) -> str:
    return f"{context.mapping.revision} {question_name(context)}"
