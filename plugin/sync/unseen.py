"""The end of a full read: what its pages did not show is asked for by id, and only what Jira does not show then either is dropped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

from connectors.jira.errors import IncompleteRead
from connectors.store import mirror
from plugin.sync.checkpoint import Reading, forget
from plugin.sync.context import Context
from plugin.sync.landing import drift_of, land_again
from plugin.sync.paging import OVERLAP, changed_since, in_order, pages
from plugin.sync.refresh import land_issues, read_again, with_readings
from plugin.sync.second_look import Looked, look_again

LARGEST_LOSS = 0.5
SMALL_SITE = 20
AT_ONCE = 100


def catch_up(context: Context, reading: Reading) -> None:
    """For a read that rested: issues that came, went or moved between its pages meanwhile, and those that changed after their page was read."""
    scope = context.mapping.document.scope
    there = set(context.jira.search_ids(in_order(scope)))
    slipped = there - reading.seen
    # What was on a page and is not there any more is asked for by id, like everything the pages did not show.
    reading.seen &= there
    for chunk in _chunks(sorted(slipped), AT_ONCE):
        read_at = context.clock()
        read = read_again(context, chunk, guarded=False)
        found = with_readings(context, read.issues, {})
        _land(context, reading, Looked([], found, read_at, read.gaps))
    last = False
    for page in pages(context, changed_since(scope, reading.reached.began - OVERLAP)):
        _land(
            context,
            reading,
            look_again(context, with_readings(context, list(page.issues), {}), page.gaps),
        )
        last = page.last
    if not last:
        raise IncompleteRead("The search ended without its last page.", "Run jira-okr sync again.")


def _land(context: Context, reading: Reading, looked: Looked) -> None:
    moment = context.moment()
    shown, anew = (
        [issue for issue in issues if context.mapping.scope.matches(issue, moment)]
        for issues in (looked.shown, looked.anew)
    )
    inside = replace(looked, shown=shown, anew=anew)
    with context.store.write() as conn:
        landed = land_again(context, conn, inside)
    reading.seen.update(issue.id for issue in inside.issues)
    reading.seen.update(gap.issue_id for gap in inside.gaps)
    reading.report.add(replace(landed, issues=0))


def drop_unseen(context: Context, reading: Reading, accept_loss: bool) -> None:
    """Drop what left the scope. Raises IncompleteRead, and drops nothing, where too much seems to be gone."""
    report, seen = reading.report, reading.seen
    if report.first and not report.resumed:
        return
    with context.store.read() as conn:
        missing = [issue_id for issue_id, _ in mirror.ids(conn, context.site) if issue_id not in seen]
    # Search lags behind: what it did not show may be new. Only what a read by id does not show either is gone.
    for chunk in _chunks(missing, AT_ONCE):
        read_at = context.clock()
        read = read_again(context, chunk, guarded=False)
        if not accept_loss:
            _guard_loss(context, len(read.gone), len(missing), len(seen))
        found = with_readings(context, read.issues, {})
        inside = [issue for issue in found if context.mapping.scope.matches(issue, context.moment())]
        outside = set(chunk) - {issue.id for issue in inside} - {gap.issue_id for gap in read.gaps}
        with context.store.write() as conn:
            lost = mirror.get(conn, context.site, outside)
            report.count_drift(drift_of(context, conn, lost, lost.values()))
            marked, _ = land_issues(context, conn, inside, outside, read_at, read.gaps)
        report.marked |= marked
        report.removed += len(outside)


def _guard_loss(context: Context, lost: int, missing: int, seen: int) -> None:
    if lost and missing > SMALL_SITE and missing > LARGEST_LOSS * (missing + seen):
        forget(context)
        raise IncompleteRead(
            f"Jira no longer shows {missing} of {missing + seen} mirrored issues.",
            "Nothing was removed. Check the account's Browse permission and the mapping's scope; "
            "if the issues are really gone, run jira-okr sync --accept-loss.",
        )


def _chunks(ids: Iterable[str], size: int) -> Iterator[list[str]]:
    rest = iter(ids)
    while chunk := list(islice(rest, size)):
        yield chunk
