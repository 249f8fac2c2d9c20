"""Executes a plan: issue by issue the calls that its targets say, every write in the ledger before and after.

A refused change never holds back the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection
from structlog.contextvars import bound_contextvars

from connectors.jira.http.errors import JiraError, JiraOutage, JiraRefusal
from connectors.store.mirror import mirror
from connectors.store.writes import refusals, writes
from mappings.facts.issue import Issue
from mappings.write_back.plan import Change, Plan
from mappings.write_back.target import Objection, WriteRequest, WriteTarget
from mappings.write_back.targets import apart_and_together, by_sender, target_of, writings_of
from plugin.sync.context import Context
from plugin.sync.reconcile.lease import LostLease, ObjectiveLease
from plugin.sync.refresh.reread import read_again
from plugin.sync.refresh.tombstones import ask_again
from plugin.sync.write_back.leftovers import proven_gone
from plugin.sync.write_back.permits import TRIED
from plugin.sync.write_back.places import values_held

log = structlog.get_logger("jira_okr.writes")

MOMENT = timedelta(milliseconds=1)
"""The least by which Jira's `updated` grows with an edit."""


HALVED = frozenset({400, 404, 413})
"""What one issue among many may be the reason of."""
UNHURRIED = ("resync", "a new day")
"""Reasons that are no events of Jira: how long these wait says nothing about freshness."""


@dataclass(frozen=True, slots=True)
class WriteRefusal:
    """A change Jira refused, with what it said and what an admin can do."""

    change: Change
    message: str
    remedy: str


@dataclass(frozen=True, slots=True)
class OpenedPlan:
    """A plan that is in the ledger of writes, and of its issues the last edits that the mirror knew of when it got there, or knows of by our own."""

    id: int
    objective_id: str
    mirrored: dict[str, datetime]
    tenure: ObjectiveLease | None = None

    def keep(self) -> None:
        """Hold the claim for another call; raises LostLease."""
        if self.tenure is not None:
            self.tenure.keep()


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What became of a plan; `waiting` is what of it waits for the other objectives of the turn."""

    written: tuple[Change, ...] = ()
    refused: tuple[WriteRefusal, ...] = ()
    waiting: tuple[OpenedPlan, tuple[Change, ...]] | None = None


def apply(context: Context, plan: Plan, cause: str, tenure: ObjectiveLease | None = None) -> WriteResult:
    """Write a plan to Jira. Raises a JiraError for passing trouble; what was written until then is in the ledger.

    With a `tenure` nothing is written once the claim is lost; raises LostLease then. What Jira takes for many issues at once may be left
    `waiting` for the other objectives of the turn (`write_waiting`).
    """
    if not plan:
        return WriteResult()
    parts = plan.by_issue()
    with context.store.write() as conn:
        if tenure is not None:
            tenure.confirm_in(conn)
        mirrored = {id_: one.updated for id_, one in mirror.get(conn, context.site, parts).items()}
        plan_id = writes.intend(conn, context.site, plan, context.mapping.revision, cause, context.clock())
    opened = OpenedPlan(plan_id, plan.objective_id, mirrored, tenure)
    apart, together = apart_and_together(plan.changes)
    written: list[Change] = []
    refused: list[WriteRefusal] = []
    with bound_contextvars(plan=plan_id):
        for issue_id, changes in replace(plan, changes=apart).by_issue().items():
            done, rejected = _write_issue(context, opened, issue_id, changes)
            written += done
            refused += rejected
            log.info("issue edited", issue=issue_id, written=len(done), refused=len(rejected))
        if together and context.shared_writes is None:
            result = _CommonCalls(context, [(opened, together)]).sent().of(opened)
            written += result.written
            refused += result.refused
            together = ()
    return WriteResult(tuple(written), tuple(refused), (opened, together) if together else None)


def write_waiting(context: Context) -> None:
    """Send what the objectives of a turn left for one another; what becomes of it is told to each of them. Raises nothing of Jira."""
    shared = context.shared_writes
    waiting = shared.take() if shared is not None else []
    if shared is None or not waiting:
        return
    calls = _CommonCalls(context, [(one.plan, one.changes) for one in waiting])
    trouble: Exception | None = None
    try:
        calls.sent()
    except Exception as error:  # those whose changes were settled before it are served all the same
        trouble = error
    for one in waiting:
        result, lost = calls.of(one.plan), calls.lost.get(one.plan.id)
        shared.written += len(result.written)
        left = len(one.changes) - len(result.written) - len(result.refused)
        if left and (why := lost or trouble) is not None:
            one.failed(why)
            continue
        try:
            one.settled(result)
        except Exception as error:
            one.failed(error)


def tell_freshness(context: Context, tenure: ObjectiveLease | None) -> None:
    """An objective is written to its end: how long that took since the event, once, by however many calls it was."""
    if tenure is not None and tenure.claim.reason not in UNHURRIED:
        context.meter.wrote(context.site, (context.clock() - tenure.claim.since).total_seconds())


def _write_issue(
    context: Context, plan: OpenedPlan, issue_id: str, changes: tuple[Change, ...]
) -> tuple[list[Change], list[WriteRefusal]]:
    """Call by call, as the targets say; what one of them is refused holds back no other."""
    done: list[Change] = []
    refused: list[WriteRefusal] = []
    for target, writing in writings_of(changes):
        passed, rejected = _write(context, plan, target, writing)
        _settle_written(context, plan, issue_id, passed)
        _settle_refused(context, plan, rejected)
        done += passed
        refused += rejected
    return done, refused


class _CommonCalls:
    """Calls that write to many issues, of one plan or of several, which have no place in common; each change is settled in the ledger of its own plan."""

    def __init__(self, context: Context, parts: Sequence[tuple[OpenedPlan, tuple[Change, ...]]]) -> None:
        self._context = context
        self._changes = [change for _, changes in parts for change in changes]
        self._plans = {_place(change): plan for plan, changes in parts for change in changes}
        self._single = len(parts) == 1
        self._done: dict[int, tuple[list[Change], list[WriteRefusal]]] = {
            plan.id: ([], []) for plan, _ in parts
        }
        self.lost: dict[int, LostLease] = {}
        """The plans whose claims were lost: nothing more is written for them."""

    def of(self, plan: OpenedPlan) -> WriteResult:
        """What became of the changes of a plan."""
        written, refused = self._done[plan.id]
        return WriteResult(tuple(written), tuple(refused))

    def sent(self) -> _CommonCalls:
        """Send them all, as few calls as may be. Raises a JiraError, and LostLease where there is one plan alone."""
        for mine in by_sender(self._changes, self._context.sender):
            for target, writing in writings_of(mine):
                self._send(target, writing)
        return self

    def _send(self, target: WriteTarget, writing: WriteRequest) -> None:
        """One call. Jira refuses it whole and seldom says for which issue: it is halved until what is wrong stands alone."""
        changes = self._still_held(writing.changes)
        if len(changes) < len(writing.changes):
            for part in target.writings(changes):
                self._send(target, part)
            return
        try:
            _send(self._context, writing, lambda: None)
        except JiraRefusal as error:
            if len(changes) > 1 and error.status in HALVED:
                half = len(changes) // 2
                for some in (changes[:half], changes[half:]):
                    for part in target.writings(some):
                        self._send(target, part)
                return
            self._refuse(target, changes, error)
        except JiraOutage:
            raise  # it may have arrived all the same: looked up before the next try
        except JiraError as error:
            for plan, mine in self._by_plan(changes):
                _settle(self._context, plan, mine, "failed", str(error))
            raise
        else:
            self._settle(changes)
            log.info("issues written to together", written=len(changes), plans=len(self._by_plan(changes)))

    def _still_held(self, changes: tuple[Change, ...]) -> tuple[Change, ...]:
        """Those of plans that are still ours: their claims are kept alive."""
        for plan, _ in self._by_plan(changes):
            if plan.id in self.lost:
                continue
            try:
                plan.keep()
            except LostLease as lost:
                if self._single:
                    raise
                self.lost[plan.id] = lost
        return tuple(one for one in changes if self._plans[_place(one)].id not in self.lost)

    def _refuse(self, target: WriteTarget, changes: tuple[Change, ...], error: JiraRefusal) -> None:
        said = _objection(error)
        for plan, mine in self._by_plan(changes):
            refused = [WriteRefusal(one, target.words(one, said), target.remedy(one, said)) for one in mine]
            _settle_refused(self._context, plan, refused)
            self._done[plan.id][1].extend(refused)

    def _settle(self, changes: tuple[Change, ...]) -> None:
        for plan, mine in self._by_plan(changes):
            for issue_id, own in Plan(plan.objective_id, tuple(mine)).by_issue().items():
                _settle_written(self._context, plan, issue_id, list(own))
            self._done[plan.id][0].extend(mine)

    def _by_plan(self, changes: Iterable[Change]) -> list[tuple[OpenedPlan, list[Change]]]:
        found: dict[int, tuple[OpenedPlan, list[Change]]] = {}
        for change in changes:
            plan = self._plans[_place(change)]
            found.setdefault(plan.id, (plan, []))[1].append(change)
        return list(found.values())


def _place(change: Change) -> tuple[str, str]:
    return change.issue_id, change.field_id


def _write(
    context: Context, plan: OpenedPlan, target: WriteTarget, writing: WriteRequest
) -> tuple[list[Change], list[WriteRefusal]]:
    """Send it until Jira takes what is left of it: what it took, and what it refused, neither of which is settled yet."""
    refused: list[WriteRefusal] = []
    remaining = list(writing.changes)
    while remaining:
        plan.keep()
        try:
            _send(context, writing, plan.keep)
            break
        except JiraRefusal as error:
            rejected, remaining = _part(target, error, remaining)
            refused += rejected
            writing = next(iter(target.writings(remaining)), writing)
        except JiraOutage:
            # It may have arrived all the same: the write stays open, and is looked up before the next try.
            _settle_refused(context, plan, refused)
            raise
        except JiraError as error:
            _settle(context, plan, remaining, "failed", str(error))
            _settle_refused(context, plan, refused)
            raise
    return remaining, refused


def _send(context: Context, writing: WriteRequest, keep: Callable[[], None]) -> None:
    """What one request takes, silently where Jira allows that. Raises JiraRefusal for what Jira says against these changes alone."""
    request, key = writing.request, writing.changes[0].issue_key
    try:
        context.tell(request, key, keep)
    except JiraRefusal as error:
        if not (request.removes and error.gone) or _may_be_there(context, writing.changes[0]):
            raise


def _may_be_there(context: Context, change: Change) -> bool:
    """Jira says 404 as well where the account may not write to the issue, or does not see it: what is still there then, or may be, was refused."""
    found = values_held(context, {change.issue_id: [change.field_id]})
    if change.issue_id in found.forbidden or change.field_id in found.values.get(change.issue_id, {}):
        return True
    read = read_again(context, [change.issue_id])
    shown = {issue.id for issue in read.issues}
    return change.issue_id not in shown | proven_gone(context, read.gone)


def _part(
    target: WriteTarget, error: JiraRefusal, changes: list[Change]
) -> tuple[list[WriteRefusal], list[Change]]:
    """Which changes the error names; an error that names none of them refuses one by one, so that the good ones go through."""
    said = _objection(error)
    named = [change for change in changes if change.field_id in error.fields]
    blamed = named or (changes[:1] if len(changes) > 1 else changes)
    refusals = [
        WriteRefusal(change, target.words(change, said), target.remedy(change, said)) for change in blamed
    ]
    return refusals, [change for change in changes if change not in blamed]


def _objection(error: JiraRefusal) -> Objection:
    return Objection(
        status=error.status, message=error.message, said=str(error), remedy=error.remedy, fields=error.fields
    )


def _settle_written(context: Context, plan: OpenedPlan, issue_id: str, changes: list[Change]) -> None:
    """Acknowledge the writes and take them into the mirror: the echo brings no news, and the next plan is empty.

    The issue is later now than whatever was read before: a read that was under way, or a search that lags, must not undo it.
    Where a target leaves Jira's `updated` as it is, making the issue later would hide what somebody else does to it.

    The plan says which edit the mirror knew of last, of the plan's own as well. Where it was told of another one meanwhile nobody
    knows which came first: that edit may be our own, or a later one of somebody who wrote over us. To make it later would hide that
    for good. It is read by id.
    """
    if not changes:
        return
    before = plan.mirrored.get(issue_id)
    places = [(change.issue_id, change.field_id) for change in changes]
    with context.store.write() as conn:
        _settle_rows(context, conn, plan, changes, "written", "")
        again = refusals.note_passed(conn, context.site, plan.objective_id, places)
        context.mark(conn, again, TRIED)
        edited = any(target_of(change.field_id).ages for change in changes)
        news = {id_: one.after for one in changes for id_ in target_of(one.field_id).mirrored(one.field_id)}

        def written(known: Issue) -> Issue:
            updated = known.updated + MOMENT if edited and known.updated == before else known.updated
            return replace(known, fields={**known.fields, **news}, updated=updated)

        known = mirror.change(conn, context.site, issue_id, written)
        if known is not None and known.updated != before and {**known.fields, **news} != known.fields:
            ask_again(context, conn, [issue_id])
    if known is not None:
        plan.mirrored[issue_id] = written(known).updated


def _settle_refused(context: Context, plan: OpenedPlan, refused: list[WriteRefusal]) -> None:
    if not refused:
        return
    now, revision = context.clock(), context.mapping.revision
    with context.store.write() as conn:
        for one in refused:
            _settle_rows(context, conn, plan, [one.change], "refused", f"{one.message} {one.remedy}")
            refusals.put(
                conn, context.site, plan.objective_id, one.change, one.message, one.remedy, revision, now
            )


def _settle(context: Context, plan: OpenedPlan, changes: list[Change], outcome: str, note: str) -> None:
    with context.store.write() as conn:
        _settle_rows(context, conn, plan, changes, outcome, note)


def _settle_rows(
    context: Context, conn: Connection, plan: OpenedPlan, changes: list[Change], outcome: str, note: str
) -> None:
    now = context.clock()
    for change in changes:
        writes.settle(conn, plan.id, change.issue_id, change.field_id, outcome, note, now)
