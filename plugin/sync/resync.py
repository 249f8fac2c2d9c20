"""Reads the whole scope again and heals whatever a lost webhook left behind. Streams: memory does not grow with the site."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import islice

from sqlalchemy import Connection

from connectors.jira import Page
from connectors.jira.errors import IncompleteRead
from connectors.store import due, facts, mirror, objectives
from mappings.assessment import Assessment
from mappings.forest import Forest
from mappings.issue import Issue
from mappings.jql import parse
from plugin.sync import candidates
from plugin.sync.ahead import read_ahead
from plugin.sync.context import Context
from plugin.sync.holding import Brake, brake_resync
from plugin.sync.reconcile import reconcile
from plugin.sync.refresh import RESYNC_WANTED, land_issues, read_again, with_readings

LARGEST_LOSS = 0.5
SMALL_SITE = 20
UNTIL_THE_END = timedelta(hours=1)


@dataclass(slots=True)
class Resynced:
    """What a resync found. `drift` counts issues the mirror had wrong (none on the first read); `marked` is what they may concern."""

    read: int = 0
    changed: int = 0
    removed: int = 0
    objectives: set[str] = field(default_factory=set)
    marked: set[str] = field(default_factory=set)
    first: bool = False
    occupied: bool = False
    held: Brake | None = None

    @property
    def drift(self) -> int:
        """Issues that a webhook should have brought and did not."""
        return 0 if self.first else self.changed + self.removed


Progress = Callable[[int, int | None], None]


def resync(
    context: Context, progress: Progress = lambda _done, _total: None, *, accept_loss: bool = False
) -> Resynced:
    """Read every issue of the scope into the mirror, drop what left it, and mark every objective due.

    Raises IncompleteRead (and changes no rollup) where the read looks partial.
    """
    context = quietly(context)
    with context.store.write() as conn:
        known = mirror.count(conn, context.site)
        facts.put(conn, context.site, RESYNC_WANTED, None)
    report = Resynced(first=known == 0)
    total = context.jira.count(context.mapping.document.scope)
    seen: set[str] = set()
    complete = False
    for page in _pages(context):
        _land_page(context, list(page.issues), seen, report)
        progress(report.read, max(total, report.read))
        complete = page.last
    if not complete:
        raise IncompleteRead(
            "The search ended without its last page.", "Nothing was removed; run jira-okr sync again."
        )
    _drop_unseen(context, seen, report, accept_loss)
    _apply_brake(context, report)
    _mark_all(context, report)
    _remember(context, report)
    return report


def quietly(context: Context) -> Context:
    """For a resync: calls yield to fresh events, and what is found waits for the end, where the brake looks at all of it.

    What an event marks meanwhile is not put off. Should the resync never end, its own finds are served after the hour.
    """
    return replace(context, jira=context.jira.in_background(), quiet=UNTIL_THE_END, ceiling=None)


def _apply_brake(context: Context, report: Resynced) -> None:
    """Under a mapping activated since the last resync nothing is held: its activation was previewed and braked by itself.

    Where nothing has been written yet, by us or by another hand, there is nothing to hold either.
    """
    if report.first and not report.occupied:
        return
    with context.store.read() as conn:
        last = facts.get(conn, context.site, "resynced_revision")
    if last in (None, context.mapping.revision):
        ids = sorted(_known_objectives(context, report))
        report.held = brake_resync(context, (reconcile(context, id_, write=False).plan for id_ in ids))


def _known_objectives(context: Context, report: Resynced) -> frozenset[str]:
    written = {f"@{rule.part.id}" for rule in context.mapping.objectives if rule.select is None}
    with context.store.read() as conn:
        former = objectives.ids(conn, context.site)
    return frozenset(report.objectives).union(written, former)


def _pages(context: Context) -> Iterator[Page]:
    pages = context.jira.search(in_order(context.mapping.document.scope), context.fields)
    return read_ahead(pages) if context.reads_ahead else pages


def _land_page(context: Context, issues: list[Issue], seen: set[str], report: Resynced) -> None:
    issues = with_readings(context, issues, {}, first=report.first)
    with context.store.write() as conn:
        if report.first:
            _land_first(context, conn, issues, report)
        else:
            _land_again(context, conn, issues, report)
            seen.update(issue.id for issue in issues)
    assessment = Assessment(context.mapping, Forest.of(()), context.moment())
    report.read += len(issues)
    report.objectives |= {issue.id for issue in issues if assessment.rule_for(issue)}


def _land_first(context: Context, conn: Connection, issues: list[Issue], report: Resynced) -> None:
    """Nothing was known before: nothing can have changed, and every objective is marked at the end."""
    report.changed += len(mirror.put(conn, context.site, issues))
    candidates.land(context, conn, issues, ())
    ours = context.written_fields
    report.occupied = report.occupied or any(ours & issue.fields.keys() for issue in issues)


def _land_again(context: Context, conn: Connection, issues: list[Issue], report: Resynced) -> None:
    before = mirror.get(conn, context.site, [issue.id for issue in issues])
    marked, changed = land_issues(context, conn, issues, set())
    report.marked |= marked
    ours = context.written_fields
    report.changed += sum(
        issue.id in changed and _is_news(before.get(issue.id), issue, ours) for issue in issues
    )


def _is_news(before: Issue | None, after: Issue, ours: frozenset[str]) -> bool:
    """Whether more differs than our own writes do: the time of the last edit, and the fields we write."""
    if before is None:
        return True
    was, now = (
        {name: value for name, value in one.fields.items() if name not in ours} for one in (before, after)
    )
    return was != now or replace(before, updated=after.updated, fields=after.fields) != after


def _drop_unseen(context: Context, seen: set[str], report: Resynced, accept_loss: bool) -> None:
    if report.first:
        return
    with context.store.read() as conn:
        missing = [issue_id for issue_id, _ in mirror.ids(conn, context.site) if issue_id not in seen]
    if not missing:
        return
    # Search lags behind: what it did not show may be new. Only what a read by id does not show either is gone.
    for chunk in _chunks(missing, 100):
        read_at = context.clock()
        found, gone = read_again(context, chunk, guarded=False)
        if not accept_loss:
            _guard_loss(len(gone), len(missing), len(seen))
        found = with_readings(context, found, {})
        inside = [issue for issue in found if context.mapping.scope.matches(issue, context.moment())]
        outside = set(chunk) - {issue.id for issue in inside}
        with context.store.write() as conn:
            marked, _ = land_issues(context, conn, inside, outside, read_at)
        report.marked |= marked
        report.removed += len(outside)


def _guard_loss(lost: int, missing: int, seen: int) -> None:
    if lost and missing > SMALL_SITE and missing > LARGEST_LOSS * (missing + seen):
        raise IncompleteRead(
            f"Jira no longer shows {missing} of {missing + seen} mirrored issues.",
            "Nothing was removed. Check the account's Browse permission and the mapping's scope; "
            "if the issues are really gone, run jira-okr sync --accept-loss.",
        )


def _mark_all(context: Context, report: Resynced) -> None:
    known = _known_objectives(context, report)
    with context.store.write() as conn:
        due.mark(conn, context.site, known | report.marked, context.clock(), "resync")


def _remember(context: Context, report: Resynced) -> None:
    now = context.clock().isoformat()
    with context.store.write() as conn:
        facts.put(conn, context.site, "last_resync", now)
        facts.put(conn, context.site, "resynced_revision", context.mapping.revision)
        facts.put(conn, context.site, "schedule:resync", now)
        facts.put(conn, context.site, "drift", {"issues": report.drift, "read": report.read, "at": now})


def in_order(scope: str) -> str:
    """The scope in an order that does not change while pages are read; its own ORDER BY, if any, goes."""
    order = parse(scope).order_by
    condition = scope[: scope.upper().rindex("ORDER", 0, order[0].start)] if order else scope
    return f"({condition.strip()}) ORDER BY id ASC"


def _chunks(ids: Iterable[str], size: int) -> Iterator[list[str]]:
    rest = iter(ids)
    while chunk := list(islice(rest, size)):
        yield chunk
