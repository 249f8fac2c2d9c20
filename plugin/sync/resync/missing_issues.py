"""The end of a full read: what its pages did not show is asked for by id, and only what Jira does not show then either is dropped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import TypeVar

import structlog
from sqlalchemy import Connection

from connectors.jira.http.errors import IncompleteRead, JiraRefusal
from connectors.store.absence import losses
from connectors.store.mirror import mirror
from connectors.store.writes import brakes, written_values
from mappings.facts.gap import ALLOW, Gap
from mappings.facts.issue import Issue
from mappings.rollup.structure.absences import has
from plugin.next_steps import SYNC, Door
from plugin.sync.context import Context
from plugin.sync.refresh.losses import record, weigh
from plugin.sync.refresh.omissions import in_scope
from plugin.sync.refresh.reread import ReadById, land_issues, read_again, with_readings
from plugin.sync.resync.checkpoint import RunningRead, keep_found
from plugin.sync.resync.double_check import DoubleCheckedPage, confirm_end, list_scope, look_again
from plugin.sync.resync.mirror_update import departures, drift_of, evidence, land_again, news_among
from plugin.sync.resync.search_pages import OVERLAP, changed_pages, namesakes
from plugin.sync.write_back.doubts import explain_gone, settle_doubts

T = TypeVar("T")
log = structlog.get_logger("jira_okr.resync")

AT_ONCE = 100
UNSHOWN = "Jira lists it in the scope and does not show it when it is asked for by its id."


def catch_up(context: Context, reading: RunningRead) -> None:
    """For a read that rested: issues that came, went or moved between its pages meanwhile, and those that changed after their page was read."""
    there = list_scope(context, reading.seen)
    slipped = there - reading.seen
    # What was on a page and is not there any more is asked for by id, like everything the pages did not show.
    reading.seen &= there
    land_slipped(context, reading, slipped)
    last, ends_empty, shown = False, True, 0
    jql, found = changed_pages(context, reading.reached.began - OVERLAP)
    for page in found:
        issues = with_readings(context, list(page.issues), {})
        _land(context, reading, look_again(context, issues, page.gaps))
        last, ends_empty, shown = page.last, not page.size, shown + page.size
    if not last:
        raise IncompleteRead("The search ended without its last page.", SYNC.at(Door.PAGE))
    if ends_empty:
        confirm_end(context, jql, shown)


def land_namesakes(context: Context, reading: RunningRead) -> None:
    """Read as well what bears a name of the scope under an id that nobody has seen. Once it is in the mirror, the name stands for it too."""
    asked = namesakes(context.mapping)
    if asked is None:
        return
    try:
        found = set(context.jira.search_ids(asked))
        if not found:
            confirm_end(context, asked, 0, "with a name of the scope")
    except JiraRefusal as error:
        # Nothing is called so any more: what was meant is found by its ids.
        log.info("the words of the scope find nothing", site=context.site, why=error.message)
        return
    land_slipped(context, reading, found - reading.seen)


def land_slipped(context: Context, reading: RunningRead, slipped: Iterable[str]) -> None:
    """Read by id what a list of ids names and no page showed.

    What is not shown then either, and was never known, is a gap: between two such answers an issue is hidden as easily as it is deleted.
    """
    for chunk in _chunks(sorted(slipped), AT_ONCE):
        read_at = context.clock()
        read = read_again(context, chunk)
        found = with_readings(context, read.issues, {})
        _land(context, reading, DoubleCheckedPage([], found, read_at, listed_gaps(context, read)))


def listed_gaps(context: Context, read: ReadById) -> tuple[Gap, ...]:
    """What a list of ids names, and a read by id could not read or did not show."""
    return tuple(replace(one, listed=True) for one in (*read.gaps, *_unshown(context, read.gone)))


def _unshown(context: Context, ids: Iterable[str]) -> tuple[Gap, ...]:
    """Of what is listed and not shown that which nobody proved to be gone, as Data Center's own 404 does. What was known is weighed as a loss."""
    if context.api != 3:
        return ()
    with context.store.read() as conn:
        known = mirror.get(conn, context.site, ids)
    return tuple(Gap(id_, "", UNSHOWN, ALLOW) for id_ in sorted(set(ids) - known.keys()))


def _land(context: Context, reading: RunningRead, looked: DoubleCheckedPage) -> None:
    shown, anew = in_scope(context, looked.shown), in_scope(context, looked.anew)
    inside = replace(looked, shown=shown, anew=anew)
    with context.store.write() as conn:
        landed = land_again(context, conn, inside)
    reading.seen.update(issue.id for issue in inside.issues)
    reading.seen.update(gap.issue_id for gap in inside.gaps)
    reading.report.add(replace(landed, issues=0))


def drop_unseen(context: Context, reading: RunningRead, accept_loss: bool) -> None:
    """Drop what left the scope, and of what Jira shows no more what may be believed to be gone; the rest is held for a person."""
    report, seen = reading.report, reading.seen
    if report.first and not report.resumed:
        return
    with context.store.read() as conn:
        missing = [(id_, updated) for id_, updated in mirror.ids(conn, context.site) if id_ not in seen]
    gone: set[str] = set()
    # Search lags behind: what it did not show may be new. Only what a read by id does not show either may be gone.
    for chunk in _chunks(missing, AT_ONCE):
        gone |= _land_unseen(context, reading, dict(chunk))
    lost = weigh(context, gone, accept=accept_loss)
    if accept_loss:
        with context.store.read() as conn:
            known = mirror.get(conn, context.site, lost.leaving)
        report.accepted = tuple(sorted(one.key for one in known.values()))
    for ids in _chunks(sorted(lost.leaving), AT_ONCE):
        _drop_gone(context, reading, ids)
    with context.store.write() as conn:
        record(context, conn, lost)
    report.losses = len(lost.held)


def look_for_left(context: Context, reading: RunningRead) -> None:
    """Ask by id for what left without Jira's word and may still hold something of ours: where it is shown again out of the scope, no page has it.

    What is shown can be cleared; whoever wrote there is looked at at the end of every full read.
    """
    today = context.instant.today
    with context.store.read() as conn:
        left = {one.issue_id for one in losses.load_all(conn, context.site, "left")}
        standing = written_values.of_objectives(conn, context.site, (), left) if left else []
    running = (one.issue_id for one in standing if one.until is None or one.until >= today)
    for chunk in _chunks(sorted(left.intersection(running)), AT_ONCE):
        read_at = context.clock()
        read = read_again(context, chunk)
        _land(
            context,
            reading,
            DoubleCheckedPage([], with_readings(context, read.issues, {}), read_at, read.gaps),
        )
        with context.store.write() as conn:
            losses.forget(conn, context.site, (issue.id for issue in read.issues))


def look_for_doubted(context: Context) -> None:
    """Ask by id for rows that left and that a brake doubts: they may be deleted by now, or their histories tell by now what brought them out."""
    with context.store.read() as conn:
        waiting = brakes.load_doubts(conn, context.site)
        rows = {
            objective_id: {row for those in doubts.values() for row, one in those.items() if one.left}
            for objective_id, doubts in waiting.items()
        }
        left = frozenset[str]().union(*rows.values())
        left -= mirror.get(conn, context.site, left).keys()
    seen: dict[str, datetime] = {}
    for chunk in _chunks(sorted(left), AT_ONCE):
        read = read_again(context, chunk)
        # what is back is read as any other, and asked then
        back = {issue.id for issue in in_scope(context, read.issues)}
        seen |= {issue.id: issue.updated for issue in read.issues if issue.id not in back}
        if context.api != 3:
            with context.store.write() as conn:
                explain_gone(context, conn, read.gone)
    for objective_id, those in rows.items():
        if those & seen.keys():
            settle_doubts(context, objective_id, seen)


def _land_unseen(context: Context, reading: RunningRead, edited: dict[str, datetime]) -> frozenset[str]:
    """Take in what a read by id shows of these, dropping what is outside; the ids that it does not show."""
    read_at = context.clock()
    with context.store.read() as conn:
        # What is archived is shown by no search. Once it is restored one shows it again; until then it is read only where
        # something of it could not be made out, or is gone from Jira: that was replaced in it, too.
        known_of = mirror.get(conn, context.site, edited)
        rest = {one.id for one in known_of.values() if one.archived and not _is_outdated(context, one)}
        edited = {id_: at for id_, at in edited.items() if id_ not in rest}
    read = _read_unseen(context, edited)
    found = with_readings(context, read.issues, {})
    inside = in_scope(context, found)
    within = {issue.id for issue in inside}
    outside = [issue for issue in found if issue.id not in within]
    _drop(context, reading, inside, outside, read_at, read.gaps)
    return read.gone


def _is_outdated(context: Context, issue: Issue) -> bool:
    """Whether it is known by something that could not be made out, or that Jira no longer has."""
    return bool(issue.unknowns) or any(has(issue, one) for one in context.absences)


def _read_unseen(context: Context, known: dict[str, datetime]) -> ReadById:
    """Read these by id, known as edited then. Where Data Center's search by id shows in the scope what the pages did not, one of two searches lags: each is read alone."""
    read = read_again(context, known, edited=known)
    if context.api == 3:
        return read
    doubted = {issue.id for issue in in_scope(context, read.issues)} & known.keys()
    alone = read_again(context, doubted)
    settled = [issue for issue in read.issues if issue.id not in doubted]
    return ReadById([*settled, *alone.issues], read.gone | alone.gone, (*read.gaps, *alone.gaps))


def _drop(
    context: Context,
    reading: RunningRead,
    inside: list[Issue],
    outside: Iterable[Issue],
    read_at: datetime,
    gaps: tuple[Gap, ...] = (),
) -> None:
    """Take in what is inside, and drop what is outside: what an edit brought out explains itself, like everything else that moved."""
    left = {issue.id: issue for issue in outside}
    if not (inside or left or gaps):
        return
    with context.store.write() as conn:
        before = mirror.get(conn, context.site, {*left, *(issue.id for issue in inside)})
        marked, changed = _land_left(
            context, conn, reading, inside, left.keys(), read_at, gaps, left.values()
        )
        news = news_among(context, before, inside, changed)
        silent, edited = evidence(context, conn, before, news)
        gone, told = departures(context, before, left.values())
        keep_found(context, conn, reading, marked, (silent | gone, {**edited, **told}))


def _drop_gone(context: Context, reading: RunningRead, ids: Iterable[str]) -> None:
    """Drop what Jira shows no more and may be believed to be gone: that was weighed already."""
    with context.store.write() as conn:
        _land_left(context, conn, reading, [], set(ids), None)


def _land_left(
    context: Context,
    conn: Connection,
    reading: RunningRead,
    inside: list[Issue],
    ids: Set[str],
    read_at: datetime | None,
    gaps: tuple[Gap, ...] = (),
    left: Iterable[Issue] = (),
) -> tuple[frozenset[str], frozenset[str]]:
    """In the mirror; whom it concerns, and what changed."""
    report = reading.report
    lost = mirror.get(conn, context.site, ids)
    report.count_drift(drift_of(context, conn, lost, lost.values()))
    marked, changed = land_issues(context, conn, inside, set(ids), read_at, gaps, left=left)
    report.marked |= marked
    report.removed += len(ids)
    return marked, changed


def _chunks(ids: Iterable[T], size: int) -> Iterator[list[T]]:
    rest = iter(ids)
    while chunk := list(islice(rest, size)):
        yield chunk
