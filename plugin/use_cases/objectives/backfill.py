"""Past progress from Jira's own changelogs, so that a new user sees a trend at once. What comes of it is marked as reconstructed.

The present is undone day by day, each past day is assessed under the mapping of today, and only what lies before the first
observed point of an objective is kept. An objective with an issue whose history cannot be had gets no past.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from connectors.store.mirror import mirror
from connectors.store.numbers import backfills, objectives, snapshots
from connectors.store.numbers.backfills import Backfill
from connectors.store.people import audit
from mappings.explain.past import PastIssues
from mappings.facts.forest import Forest
from mappings.facts.local_time import day_end, day_start
from mappings.facts.moment import Moment
from mappings.numbers import count_of
from mappings.rollup.measurement import assess
from mappings.rollup.state import ObjectiveState
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector
from plugin.runtime.processes.garbage_collector import collector_resting
from plugin.sync.context import Context
from plugin.sync.reconcile.kpi_readings import episode_aims, kpi_readings
from plugin.sync.refresh import issue_steps
from plugin.use_cases.permission import EDITOR, VIEWER, act, question
from plugin.use_cases.work import background_jobs
from plugin.use_cases.work.background_jobs import BackgroundJob, Report

BACKFILL = "backfill"
"""The background job."""
MOST_DAYS = 400
MOST_ASSESSED = 5_000_000
"""Issues times days: beyond, one point a week must do."""

Progress = Callable[[int, int | None], None]
Standing = tuple[datetime, ObjectiveState]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a reconstruction will take: which moments, issues with a history to read, and at least how many calls to Jira."""

    moments: tuple[datetime, ...]
    issues: int
    calls: int
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BackfillResult:
    """What a reconstruction came to."""

    outlook: Outlook
    points: int


@question(VIEWER)
def foresee(connector: Connector, _actor: Actor, site: str, days: int | None = None) -> Outlook:
    """What reconstructing the past would take. Asks Jira nothing. Refusal without a mapping."""
    return outlook(connector.context(site), days)


@act(EDITOR)
def reconstruct(
    connector: Connector,
    actor: Actor,
    site: str,
    planned: Outlook,
    again: bool = False,
    progress: Progress = lambda _done, _total: None,
) -> BackfillResult | None:
    """Reconstruct the past here and now; None where it was done under the active mapping revision, unless `again`."""
    context = connector.context(site)
    if done_already(context) and not again:
        return None
    done = backfill(context, planned, progress)
    detail = {"moments": len(planned.moments), "points": done.points}
    with connector.store.write() as conn:
        audit.note(conn, actor.label, "history reconstructed", context.clock(), detail, site)
    return done


@act(EDITOR)
def begin(
    connector: Connector, actor: Actor, site: str, days: int | None = None, again: bool = False
) -> bool:
    """The same in the background; False where one goes on already. Refusal without a mapping."""
    planned = outlook(connector.context(site), days)

    def work(report: Report) -> str:
        done = reconstruct(connector, actor, site, planned, again, report)
        if done is None:
            return "It was done under this mapping revision already."
        return f"{count_of(done.points, 'point of the past is', 'points of the past are')} kept, of {count_of(len(planned.moments), 'day')}."

    return background_jobs.begin(connector, site, BACKFILL, actor.label, work)


@question(VIEWER)
def latest_backfill(connector: Connector, actor: Actor, site: str) -> BackgroundJob | None:
    """The latest that was begun in the background, None where none ever was."""
    return background_jobs.latest_job(connector, actor, site, BACKFILL)


@question(VIEWER)
def is_done(connector: Connector, _actor: Actor, site: str) -> bool:
    """Whether the past was reconstructed under the active mapping revision. Refusal without a mapping."""
    return done_already(connector.context(site))


def outlook(context: Context, days: int | None = None) -> Outlook:
    """What reconstructing these days takes (the current cycle where None). Asks Jira nothing."""
    first, ends = _moments(context, days)
    moments = (*first, *ends)
    with context.store.read() as conn:
        updated = list(mirror.ids(conn, context.site)) if moments else []
        changed = {issue_id: at for issue_id, at in updated if at > moments[0]}
        known = issue_steps.load_histories(context, conn, changed)
    if len(moments) * len(updated) > MOST_ASSESSED:
        moments = (*first, *ends[::-1][::7][::-1])
    unread = len(changed) - len(known)
    calls = context.jira.step_calls(unread) if unread else 0
    return Outlook(moments, len(updated), calls, tuple(changed))


def done_already(context: Context) -> bool:
    """Whether this was done under the active mapping revision."""
    with context.store.read() as conn:
        known = backfills.load_latest(conn, context.site)
    return known is not None and known.revision == context.mapping.revision


def backfill(
    context: Context, planned: Outlook, progress: Progress = lambda _done, _total: None
) -> BackfillResult:
    """Reconstruct these moments in place of what was reconstructed before. Its calls yield to fresh events."""
    with context.store.read() as conn:
        edited = dict(mirror.ids(conn, context.site)) if planned.changed else {}
    steps = issue_steps.brought(context, {id_: edited[id_] for id_ in planned.changed if id_ in edited})
    with context.store.read() as conn:
        issues = list(mirror.every(conn, context.site))
        known = frozenset(objectives.ids(conn, context.site))
        former = mirror.former_keys(conn, context.site)
    lost = frozenset(planned.changed) - steps.keys()
    found = list(
        _standings(context, PastIssues(issues, steps, context.catalogue, former), planned.moments, progress)
    )
    found.reverse()
    told = [(at, state) for at, state in found if state.id in known and lost.isdisjoint(state.touched)]
    points = _save(context, told, known)
    return BackfillResult(planned, points)


def _standings(
    context: Context, past: PastIssues, moments: Iterable[datetime], progress: Progress
) -> Iterator[Standing]:
    """The state of every objective at each moment, the latest first."""
    backwards = sorted(moments, reverse=True)
    with context.store.read() as conn:
        aims = episode_aims(conn, context.site, context.mapping)
        read = kpi_readings(conn, context.site, context.mapping, context.clock(), aims)
    for place, at in enumerate(backwards, start=1):
        moment = Moment(at, context.mapping.zone, context.catalogue.account_id)
        forest = Forest.of(past.at(at))
        moment = forest.moment(moment, context.mapping.roots())
        with collector_resting():
            states = assess(context.mapping, forest, moment, kpis=read, aims=aims)
        yield from ((at, state) for state in states.values() if not state.plain)
        progress(place, len(backwards))


def _save(context: Context, found: list[Standing], known: Iterable[str]) -> int:
    """In one transaction, so that nobody sees half of a past."""
    now, revision = context.clock(), context.mapping.revision
    with context.store.write() as conn:
        snapshots.forget_backfilled(conn, context.site, known)
        points = objectives.backfill(conn, context.site, found, revision)
        backfills.note(conn, context.site, Backfill(revision, now, points))
    return points


def _moments(context: Context, days: int | None) -> tuple[tuple[datetime, ...], tuple[datetime, ...]]:
    """The first instant of the cycle, where it is the cycle that is asked for, and the end of each past day, oldest first."""
    moment, zone = context.instant, context.mapping.zone
    today = moment.now.astimezone(zone).date()
    first = _first_day(context, today) if days is None else today - timedelta(days=min(days, MOST_DAYS))
    count = min((today - first).days, MOST_DAYS)
    ends = (day_end(today - timedelta(days=back + 1), zone) for back in range(count))
    begins = day_start(first, zone)
    begun = () if days is not None or begins >= moment.now or _running(context, today) == () else (begins,)
    return begun, tuple(sorted(ends))


def _first_day(context: Context, today: date) -> date:
    """When the current cycles began: the earliest of them."""
    return min(_running(context, today), default=today)


def _running(context: Context, today: date) -> tuple[date, ...]:
    """When each of the current cycles began."""
    return tuple(cycle.start for cycle in context.mapping.cycles.running(today))
