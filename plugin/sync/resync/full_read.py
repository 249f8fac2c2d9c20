"""Reads the whole scope again and heals whatever a lost webhook left behind. Streams: memory does not grow with the site.

A read that is interrupted is gone on with (`plugin.sync.resync.checkpoint`); what changed of late alone is read by `plugin.sync.resync.recent_read`.
"""

from __future__ import annotations

import structlog

from connectors.jira import SearchPage
from connectors.jira.http.errors import IncompleteRead, JiraRefusal
from connectors.store.jobs import schedules
from connectors.store.mirror.issue_text import IssueMemory
from connectors.store.numbers import objectives
from connectors.store.reads import failures, full_reads, read_requests, resyncs
from connectors.store.reads.full_reads import FullRead
from connectors.store.work import drift
from connectors.store.writes import writes
from connectors.store.writes import written_values as stands
from mappings.write_back.targets import needs_goals
from plugin.next_steps import SYNC, Door
from plugin.sync.context import Context
from plugin.sync.refresh import comments, gaps, written_options
from plugin.sync.refresh.names import observe
from plugin.sync.refresh.reread import require_names, with_readings
from plugin.sync.refresh.successors import look_for_successors
from plugin.sync.resync import activation_read, watermark
from plugin.sync.resync.checkpoint import SKEW, RunningRead, forget, keep, start
from plugin.sync.resync.completeness import prove_complete
from plugin.sync.resync.double_check import look_again
from plugin.sync.resync.mirror_update import Progress, ResyncResult, land_again, land_first
from plugin.sync.resync.missing_issues import (
    catch_up,
    drop_unseen,
    land_namesakes,
    look_for_doubted,
    look_for_left,
)
from plugin.sync.resync.resync_end import quietly, settle
from plugin.sync.resync.search_pages import in_order, pages

log = structlog.get_logger("jira_okr.resync")


def resync(
    context: Context,
    progress: Progress = lambda _done, _total: None,
    *,
    accept_loss: bool = False,
    total: int | None = None,
    anew: bool = False,
) -> ResyncResult:
    """Read every issue of the scope into the mirror, drop what left it, and mark every objective due.

    Goes on where an interrupted one stopped, unless `anew`; so it does after a FormerMapping, where names came to mean more while it read. `total`: how many issues there are, where that was asked already.
    Raises IncompleteRead (and changes no rollup) where the read looks partial: its pages contradict each other, or Jira counts far more.
    """
    context = quietly(context)
    reading = _read(context, start(context, total, anew=anew), progress)
    report = reading.report
    prove_complete(context, reading, accept_loss)
    if report.resumed:
        catch_up(context, reading)
    land_namesakes(context, reading)
    drop_unseen(context, reading, accept_loss)
    look_for_left(context, reading)
    look_for_doubted(context)
    settle(context, report, report.objectives, _others(context, report))
    _remember(context, reading)
    comments.catch_up(context)
    seen = observe(context.store, context.site, context.mapping, context.clock())
    look_for_successors(context, seen.people)
    written_options.compare(context, report.objectives)
    return report


def _read(context: Context, reading: RunningRead, progress: Progress) -> RunningRead:
    """Every page that is still to be read. Where an earlier place leads nowhere any more, all of them."""
    try:
        _read_pages(context, reading, progress)
    except (JiraRefusal, IncompleteRead) as error:
        if not reading.report.resumed or reading.landed:
            raise
        log.warning(
            "a resync begins anew: the place where it stopped is gone", site=context.site, why=str(error)
        )
        forget(context)
        reading = start(context, anew=True)
        _read_pages(context, reading, progress)
    return reading


def _read_pages(context: Context, reading: RunningRead, progress: Progress) -> None:
    reached = reading.reached
    progress(reached.read, max(reached.total, reached.read))
    if reached.complete:
        return
    for page in pages(context, in_order(context.mapping.scope_by_id), reached.after):
        _land_page(context, reading, page)
        progress(reading.report.read, max(reached.total, reading.report.read))
    if not reading.reached.complete:
        raise IncompleteRead(
            "The search ended without its last page.", f"Nothing was removed. {SYNC.at(Door.PAGE)}"
        )


def _land_page(context: Context, reading: RunningRead, page: SearchPage) -> None:
    if not reading.report.first:
        require_names(context, page.issues)
    report, memory = reading.report, IssueMemory(() if reading.report.first else page.issues)
    issues = with_readings(context, list(page.issues), {}, first=report.first, anew=True, memory=memory)
    looked = None if report.first else look_again(context, issues, page.gaps, memory)
    with context.store.write() as conn:
        if looked is None:
            landed = land_first(context, conn, issues, page.gaps)
        else:
            landed = land_again(context, conn, looked, memory=memory)
        report.add(landed)
        keep(context, conn, reading, page, landed)


def _others(context: Context, report: ResyncResult) -> frozenset[str]:
    """Objectives beside those that were read: written in the mapping, known from before, or none any more while their fields still stand, or may."""
    written = {f"@{rule.part.id}" for rule in context.mapping.objectives if rule.select is None}
    with context.store.read() as conn:
        former = objectives.ids(conn, context.site)
        left = stands.objective_ids(conn, context.site, context.instant.today)
        left |= writes.open_objectives(conn, context.site)
        left |= {one.objective_id for one in writes.load_parked(conn, context.site)}
    return frozenset(id_ for id_ in (*written, *former, *left) if id_ not in report.objectives)


def _remember(context: Context, reading: RunningRead) -> None:
    report, now = reading.report, context.clock()
    with context.store.write() as conn:
        for schedule in ("resync", "recent"):
            schedules.ran(conn, context.site, schedule, now)
        read = FullRead(now, context.mapping.revision, report.read, report.drift)
        full_reads.note(conn, context.site, read)
        activation_read.dropped_by(conn, context)
        drift.restart(conn, context.site)
        if not report.first:
            drift.add(conn, context.site, report.drifted, now)
        watermark.set_by_full_read(conn, context, reading.reached.began)
        # When a gap was seen is told by our own clock.
        here = reading.reached.began_here or reading.reached.began - SKEW
        gaps.settle_full_read(context, conn, here)
        failures.clear(conn, context.site, "full")
        if not needs_goals(context.mapping.document):
            failures.clear(conn, context.site, "goals")
        read_requests.serve(conn, context.site, reading.reached.wanted)
        resyncs.end(conn, context.site, reading.holder)
