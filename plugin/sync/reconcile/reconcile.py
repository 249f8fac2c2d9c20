"""Brings one objective to its desired state: measure, roll up, desired, diff, plan, apply. Level-triggered: only the key matters.

`measure_objective` (`plugin.sync.reconcile.measurement`) and `plan_objective` decide from the mirror and ask Jira nothing; `reconcile` executes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial

import structlog
from sqlalchemy import Connection

from connectors.store.absence.gaps import KeptGap
from connectors.store.cycles import closings, cycle_ends
from connectors.store.cycles.cycle_ends import CycleEnd
from connectors.store.mirror import mirror, state_changes
from connectors.store.numbers import objectives, snapshots
from connectors.store.work import due, last_reconcile
from connectors.store.work.objective_traits import ObjectiveTrait
from connectors.store.writes import brakes, refusals, writes
from connectors.store.writes.brakes import Brake
from connectors.store.writes.writes import Write, WriteOutcome
from connectors.store.writes.written_values import WrittenField
from mappings.explain.cause import cause
from mappings.explain.movement import by_things, objective_moved, open_rows
from mappings.facts.forest import Forest
from mappings.facts.issue import Issue
from mappings.rollup.state import ObjectiveState
from mappings.write_back.desired_values import Owners, counting_rows, desired_values, writes_to
from mappings.write_back.leftovers import with_clearing
from mappings.write_back.plan import Change, Plan, plan
from mappings.write_back.targets import target_of
from plugin.sync.context import Context
from plugin.sync.reconcile import candidates
from plugin.sync.reconcile.absences import Standstill, holders, standing_for, without_absent
from plugin.sync.reconcile.carries import carry_on
from plugin.sync.reconcile.lease import ObjectiveLease
from plugin.sync.reconcile.measurement import (
    MeasuredObjective,
    measure_objective,
    owners_of,
    resting_if_large,
    unknown_queries,
)
from plugin.sync.refresh import comments, gaps
from plugin.sync.refresh.omissions import in_scope
from plugin.sync.refresh.reread import land_issues, read_again, require_names, with_readings
from plugin.sync.write_back.application import WriteResult, apply, tell_freshness, write_waiting
from plugin.sync.write_back.doubts import settle_doubts
from plugin.sync.write_back.foreign_values import part_plan, written_with_care
from plugin.sync.write_back.hold import BREAKER, FLAPPING, RESYNC, SiftedPlan, note_held, sift
from plugin.sync.write_back.leftovers import clears, proven_gone, still_ours
from plugin.sync.write_back.permits import TRIED
from plugin.sync.write_back.places import values_held

log = structlog.get_logger("jira_okr.reconcile")
PACED = "a field that changes often is paced"
PARKED = "The connector was interrupted while it wrote this, and nobody can look whether it arrived:"
LOOKED_AGAIN = "Every full sync looks again, and so does what brings it back into sight."


@dataclass(frozen=True, slots=True)
class ReconcileResult:
    """What one reconcile came to; `state` is None where the issue is no objective (any more), `before` is what was stored of it.

    Beside the plan stand the changes that are `held` for a person, and those that stand `refused`.
    """

    objective_id: str
    state: ObjectiveState | None
    plan: Plan
    applied: WriteResult
    before: ObjectiveState | None = None
    held: tuple[Change, ...] = ()
    refused: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class ObjectiveWithGaps:
    """An objective for which gaps are waited for: as what it stands, and what it would be without them."""

    state: ObjectiveState
    measured: ObjectiveState
    waiting: tuple[KeptGap, ...]


@dataclass(frozen=True, slots=True)
class ReconcileDecision:
    """What a reconcile found and is going to do: all that is to be written, what of it Jira did not refuse, what of that has a
    field there, and what of that is written now. `standing`: for which gaps nothing is; `standstill`: for what is gone.
    """

    found: MeasuredObjective
    standing: ObjectiveWithGaps | None
    whole: Plan
    allowed: Plan
    planned: Plan
    sifted: SiftedPlan
    brake: Brake | None
    standstill: Standstill | None


BEFOREHAND = frozenset(
    {ObjectiveTrait.UNDER_WAY, ObjectiveTrait.HELD, ObjectiveTrait.TO_CARRY, ObjectiveTrait.BRAKED}
)
"""What an objective has of which Jira is asked or told something first, and what is to be done is decided anew then."""


def reconcile(
    context: Context, objective_id: str, tenure: ObjectiveLease | None = None, *, write: bool = True
) -> ReconcileResult:
    """Reconcile one objective; `write=False` decides and shows without touching Jira or the stored state.

    Raises a JiraError where Jira could not be written for a passing reason: the objective stays due. Raises LostLease where
    another worker may have it by now.
    """
    beside: list[Write] = []
    decision = _decide(context, objective_id)
    shared = context.shared_writes if write else None
    if shared is not None and shared.concerns(_issues_of(context, decision)):
        write_waiting(context)
        decision = _decide(context, objective_id)
    having = decision.found.having.of
    if write and any(objective_id in having.get(one, ()) for one in BEFOREHAND):
        beside = confirm_open_writes(context, objective_id)
        carry_on(context, objective_id, tenure)
        settle_doubts(context, objective_id)
        decision = _decide(context, objective_id)
    found, whole, planned, sifted = decision.found, decision.whole, decision.planned, decision.sifted
    state, before = found.state, found.before.state if found.before else None
    standing, allowed, brake = decision.standing, decision.allowed, decision.brake
    if standing is not None:
        if write:
            _keep_standing(context, standing, tenure)
        return ReconcileResult(
            objective_id=objective_id,
            state=standing.state,
            plan=Plan(objective_id),
            applied=WriteResult(),
            before=before,
        )
    if decision.standstill is not None:
        if write:
            _keep_still(context, objective_id, decision.standstill, tenure)
        return ReconcileResult(
            objective_id=objective_id,
            state=before,
            plan=Plan(objective_id),
            applied=WriteResult(),
            before=before,
        )
    refused = tuple(change for change in whole.changes if change not in allowed.changes)
    if not write:
        return ReconcileResult(
            objective_id=objective_id,
            state=state,
            plan=sifted.plan,
            applied=WriteResult(),
            before=before,
            held=sifted.waiting,
            refused=refused,
        )
    note_held(context, planned, sifted.flapping, BREAKER, FLAPPING)
    if brake is not None:
        note_held(context, planned, sifted.braked, RESYNC, brake.reason)
    planned = still_ours(context, sifted.plan)
    write_out = partial(apply, context, cause=tenure.claim.reason if tenure else "asked for", tenure=tenure)
    plain, looked = part_plan(planned)
    applied = write_out(plain)
    consulted = written_with_care(
        context, looked, partial(confirm, context, beside), write_out, partial(_still_wants, context)
    )
    waiting = applied.waiting
    applied = WriteResult(
        (*applied.written, *consulted.applied.written), (*applied.refused, *consulted.applied.refused)
    )
    done = sifted.later is None and all(target_of(change.field_id).consults for change in sifted.waiting)
    sifted = sifted.with_later(consulted.later, consulted.waiting)
    over = [change for change in sifted.plan.changes if change not in planned.changes]
    whole = replace(whole, changes=tuple(change for change in whole.changes if change not in over))
    written = done and waiting is None
    _save(
        context,
        objective_id,
        found,
        whole,
        tenure if waiting is None else None,
        sifted,
        done=written,
        refused=bool(applied.refused),
        in_bulk=tenure is not None and tenure.claim.bulk,
    )
    if waiting is not None and shared is not None:
        begun = bool(applied.written)
        shared.add(*waiting, partial(_served, context, found, whole, tenure, done=done, begun=begun))
    elif applied.written:
        tell_freshness(context, tenure)
    return ReconcileResult(
        objective_id=objective_id,
        state=state,
        plan=planned,
        applied=applied,
        before=before,
        held=sifted.waiting,
        refused=refused,
    )


def _decide(context: Context, objective_id: str) -> ReconcileDecision:
    """What is to be done, from one state of the store."""
    with context.store.read() as conn:
        missing = unknown_queries(context, conn, [objective_id])
        if not missing:
            return _decided(context, conn, objective_id)
    candidates.fill(context, missing)
    with context.store.read() as conn:
        return _decided(context, conn, objective_id)


def _decided(context: Context, conn: Connection, objective_id: str) -> ReconcileDecision:
    found = measure_objective(context, conn, objective_id)
    with resting_if_large(found.before):
        whole = whole_plan(context, conn, objective_id, found)
    allowed = without_refused(context, conn, whole) if ObjectiveTrait.REFUSED in found.having else whole
    planned = without_absent(context, allowed)
    sifted = sift(context, conn, planned, braked=ObjectiveTrait.BRAKED in found.having)
    return ReconcileDecision(
        found=found,
        standing=_standing(context, conn, found),
        whole=whole,
        allowed=allowed,
        planned=planned,
        sifted=sifted,
        brake=brakes.load_standing(conn, context.site) if sifted.braked else None,
        standstill=standing_for(context, conn, found),
    )


def whole_plan(
    context: Context,
    conn: Connection,
    objective_id: str,
    found: MeasuredObjective,
    among: Iterable[WrittenField] | None = None,
) -> Plan:
    """All that has to be written for it or cleared with it, whatever waits or was refused. `among`: see `clears`."""
    state = found.state
    owned = owners_of(context, conn, state, found.forest) if state is not None else None
    planned = plan_objective(
        context, state, found.forest, owned, partial(_cause, context, conn, found), found.end
    )
    whole = with_clearing(planned, objective_id, clears(context, conn, objective_id, found, owned, among))
    return _still_to_write(context, conn, whole, found) if had_last_write(context, conn, found) else whole


def _still_to_write(context: Context, conn: Connection, whole: Plan, found: MeasuredObjective) -> Plan:
    """What of it the last write did not reach: what is looked at first, and what Jira refused, which is tried again like any other."""
    looked = part_plan(whole)[1].changes
    standing = (
        {(one.issue_id, one.field_id) for one in refusals.load_all(conn, context.site, whole.objective_id)}
        if ObjectiveTrait.REFUSED in found.having
        else set()
    )
    return replace(
        whole,
        changes=tuple(
            one for one in whole.changes if one in looked or (one.issue_id, one.field_id) in standing
        ),
    )


def waits_for_gaps(context: Context, conn: Connection, found: MeasuredObjective) -> bool:
    """Whether something behind its number could not be read, and nobody accepted that."""
    return _standing(context, conn, found) is not None


def had_last_write(context: Context, conn: Connection, found: MeasuredObjective) -> bool:
    """Whether its cycle is closed and was written for the last time: what anybody does to the fields since is left alone.

    What is looked at first, and may wait for a person or for the place to be reached, is written later all the same; so is what
    Jira refused.
    """
    end = found.end
    if end is None or not end.closed:
        return False
    last = closings.wrote_last(conn, context.site, end.state.id)
    return last == (end.facts.cycle_id, end.closed)


def _keep_end(context: Context, conn: Connection, end: CycleEnd, *, written: bool) -> None:
    """What is news of the end of its cycle; of a closed one, that all was written."""
    if not end.closed:
        cycle_ends.keep(conn, context.site, end, context.clock())
    elif written:
        closings.note_last_write(conn, context.site, end.state.id, end.facts.cycle_id, end.closed)


def _standing(context: Context, conn: Connection, found: MeasuredObjective) -> ObjectiveWithGaps | None:
    """As what the objective stands while a gap lies behind it: as before, or as unknown where it never had a number; else None."""
    if found.state is None or ObjectiveTrait.GAP not in found.having:
        return None
    waiting = gaps.behind(context, conn, found.state, found.below)
    if not waiting:
        return None
    state = found.before.state if found.before is not None else gaps.unread(found.state, waiting)
    return ObjectiveWithGaps(state, found.state, waiting)


def _keep_standing(context: Context, standing: ObjectiveWithGaps, tenure: ObjectiveLease | None) -> None:
    now, state = context.clock(), standing.state
    with context.store.write() as conn:
        if objectives.load(conn, context.site, state.id) is None:
            objectives.succeed(conn, context.site, None, state, context.mapping.revision, now)
        gaps.concern(context, conn, state.id, standing.measured, standing.waiting)
        if not gaps.are_open(conn, context.site, standing.waiting):
            context.mark(conn, {state.id}, "a gap is over")  # while it was measured
        last_reconcile.note(conn, context.site, now)
        if tenure is not None:
            due.finish(conn, tenure.claim)


def _keep_still(
    context: Context, objective_id: str, standstill: Standstill, tenure: ObjectiveLease | None
) -> None:
    """Nothing is written or stored; it becomes due again once what is missing is back, the mapping is another, or an issue that has it is read anew."""
    log.info("left standing", site=context.site, objective=objective_id, why=str(standstill.absence))
    with context.store.write() as conn:
        objectives.concern(conn, context.site, objective_id, standstill.holders)
        now = mirror.get(conn, context.site, standstill.holders)
        if holders(context, now.values()) != standstill.holders:
            context.mark(conn, {objective_id}, "what had something that is gone was read anew")
        if tenure is not None:
            due.finish(conn, tenure.claim)


def plan_objective(
    context: Context,
    state: ObjectiveState | None,
    forest: Forest,
    owned: Owners | None,
    why: Callable[[], str] = lambda: "",
    end: CycleEnd | None = None,
) -> Plan:
    """What has to be written for this state; nothing for an issue that is no objective, of which nobody is an owner.

    `why` it moved is asked only where something has to be written.
    """
    if state is None or owned is None:
        return Plan("")
    closed = frozenset({state.id}) if end is not None and end.closed else frozenset[str]()
    basis = replace(context.basis, closed=closed)
    wanted = desired_values(context.mapping, state, forest.issue, basis, owned)
    found = plan(state.id, wanted, forest.issue)
    cause = why() if found else ""
    return plan(state.id, wanted, forest.issue, cause) if cause else found


def _still_wants(context: Context, standing: WrittenField) -> bool:
    """Whether what stands for an objective is still meant: it may have left, or name something else by now."""
    with context.store.read() as conn:
        found = measure_objective(context, conn, standing.objective_id)
        state = found.state
        owned = owners_of(context, conn, state, found.forest) if state is not None else None
    if state is None or owned is None:
        return False
    target = target_of(standing.field_id)
    thing = target.shared(standing.after)
    wanted = desired_values(context.mapping, state, found.forest.issue, context.basis, owned)
    return any(
        one.issue_id == standing.issue_id and target.shared(one.raw) == thing
        for one in wanted
        if target_of(one.place.id) is target
    )


def _cause(context: Context, conn: Connection, found: MeasuredObjective) -> str:
    """Why it moved since the last reconcile, in the words that end each reason ("PLAT-7 moved to Done")."""
    saved, state, revision = found.before, found.state, context.mapping.revision
    if saved is None or state is None or saved.state.progress == state.progress:
        return ""
    turned = None
    if saved.mapping_revision != revision:
        turned = snapshots.load_turned(conn, context.site, state.id, revision)
    moved = objective_moved(saved.state, state, (saved.mapping_revision, revision), turned)
    now = context.clock()
    since = max(saved.computed_at, now - state_changes.FELT_WITHIN)
    kept = state_changes.load_of(conn, context.site, open_rows(moved), since, now)
    return cause(by_things(moved, {one.issue_id: one.change.words for one in kept}))


def without_refused(context: Context, conn: Connection, planned: Plan) -> Plan:
    """Leave out what Jira refused under this mapping: it waits for a person or for a probe, not for the next event.

    That a value was refused says nothing about clearing the field once the issue has left.
    """
    standing = refusals.load_values(conn, context.site, planned.objective_id, context.mapping.revision)

    def waits(change: Change) -> bool:
        place = (change.issue_id, change.field_id)
        return place in standing and not (change.left and standing[place] is not None)

    return replace(planned, changes=tuple(change for change in planned.changes if not waits(change)))


def confirm_open_writes(context: Context, objective_id: str) -> list[Write]:
    """After an interruption between a write and its answer: read the issues again, so that nothing is written twice.

    Gives those of places beside Jira, which may be out of reach while Jira is not: they are looked up before anything is written there.
    """
    with context.store.read() as conn:
        open_writes = writes.load_unsettled(conn, context.site, objective_id)
        parked = writes.load_parked(conn, context.site, objective_id)
        shown = mirror.get(conn, context.site, {one.issue_id for one in parked})
    seen = [one for one in parked if one.issue_id in shown and one.field_id in shown[one.issue_id].fields]
    if seen:
        with context.store.write() as conn:
            writes.reopen(conn, seen)
    beside = [write for write in open_writes if target_of(write.field_id).consults]
    confirm(context, [*(write for write in open_writes if write not in beside), *seen])
    return beside


def confirm(context: Context, open_writes: list[Write]) -> bool:
    """Look up what became of writes whose answer never came; whether there were any.

    What is read may bring news by the way, so it is landed like any other read: whoever feels it becomes due, and what has left the
    scope meanwhile leaves the mirror, which else would hold another value than was just confirmed.

    Of an issue that Jira neither shows nor is certain to have lost nobody knows what became of it, nor of a place that Jira does not show, or
    forbids to read. That waits, as what is held does, until a person decides, the place is seen by the way, or it is asked for again: by the
    next full read, and after a change of the catalogue or of permissions. What is wanted is written there anew meanwhile, and Jira
    says itself what it thinks of it. What is told beside Jira knows better than this what failed and may have arrived.
    """
    if not open_writes:
        return False
    read_at = context.clock()
    wide = replace(context, besides=frozenset(write.field_id for write in open_writes))
    read = read_again(wide, {write.issue_id for write in open_writes})
    require_names(context, read.issues)
    found = with_readings(wide, read.issues, {})
    inside = in_scope(context, found)
    now = {issue.id: issue for issue in found}
    outside = now.keys() - {issue.id for issue in inside}
    told = now.keys() | proven_gone(context, read.gone)
    unread = {
        (one.plan_id, one.issue_id, one.field_id): why
        for one in open_writes
        if (why := _why_unread(context, one, now.get(one.issue_id), shown=one.issue_id in told))
    }
    with context.store.write() as conn:
        land_issues(context, conn, inside, outside, read_at, read.gaps)
        for write in open_writes:
            why = unread.get((write.plan_id, write.issue_id, write.field_id), "")
            if why:
                _park(context, conn, write, why)
            elif write.issue_id in told or target_of(write.field_id).consults:
                outcome, note = _looked_up(context, write, now.get(write.issue_id))
                writes.settle(
                    conn, write.plan_id, write.issue_id, write.field_id, outcome, note, context.clock()
                )
    return True


def _why_unread(context: Context, write: Write, issue: Issue | None, *, shown: bool) -> str:
    """Why nobody can look what stands at the place of this write; empty where somebody can, or it is not looked up here."""
    target = target_of(write.field_id)
    if target.consults:
        return ""
    if issue is None:
        return "" if shown else "Jira does not show the issue"
    place = context.place(write.field_id)
    if place is None:
        return "Jira does not list the field"
    if write.field_id in issue.absent:
        return "Jira leaves the field out of its answer"
    if target.shown(context.api) or place.equal(place.actual(issue), write.after):
        return ""
    forbidden = values_held(context, {write.issue_id: [write.field_id]}).forbidden
    return "Jira forbids to read it" if write.issue_id in forbidden else ""


def _park(context: Context, conn: Connection, write: Write, why: str) -> None:
    """Nobody knows what stands there, unless something was written since: then it is no matter any more."""
    last = writes.last_write(conn, context.site, write.issue_id, write.field_id)
    if last is not None and last.plan_id > write.plan_id:
        note = "interrupted; another value was written there since"
        writes.settle(
            conn, write.plan_id, write.issue_id, write.field_id, WriteOutcome.FAILED, note, context.clock()
        )
        return
    note = f"{PARKED} {why}. {LOOKED_AGAIN}"
    writes.park(conn, context.site, write, note, context.clock())

    def without(known: Issue) -> Issue:
        return replace(known, fields={id_: raw for id_, raw in known.fields.items() if id_ != write.field_id})

    mirror.change(conn, context.site, write.issue_id, without)


def _looked_up(context: Context, write: Write, issue: Issue | None) -> tuple[str, str]:
    """What became of a write whose answer never came."""
    place = context.place(write.field_id)
    if issue is None or place is None or not place.equal(place.actual(issue), write.after):
        return "failed", "interrupted; read again, Jira does not have it"
    return "confirmed", "interrupted; read again, Jira has it"


def _save(
    context: Context,
    objective_id: str,
    found: MeasuredObjective,
    whole: Plan,
    tenure: ObjectiveLease | None,
    sifted: SiftedPlan,
    *,
    done: bool,
    refused: bool,
    in_bulk: bool,
) -> None:
    """`whole` is all that it has to write, refused and held changes too; what is refused or held and no longer among it is forgotten.

    Where a field is paced the objective stays due until it may be written. `done`: what is written to Jira itself is written.
    `refused`: Jira refused something just now.
    """
    later, state = sifted.later, found.state
    now = context.clock()
    with resting_if_large(found.before), context.store.write() as conn:
        before = objectives.load(conn, context.site, objective_id, found.before)
        if state is None:
            objectives.remove(conn, context.site, [objective_id], now)
        else:
            objectives.succeed(conn, context.site, before, state, context.mapping.revision, now)
            comments.watch(context, conn, state)
        if found.end is not None:
            _keep_end(context, conn, found.end, written=done)
        probes = frozenset[str]()
        if refused or ObjectiveTrait.REFUSED in found.having:
            probes = refusals.keep(conn, context.site, objective_id, whole.changes)
        _wake(context, conn, objective_id, before.state if before else None, state, probes, bulk=in_bulk)
        places = [(change.issue_id, change.field_id) for change in whole.changes]
        if sifted.waiting or ObjectiveTrait.HELD in found.having:
            writes.lapse(conn, context.site, now, objective_id, places)
        if not sifted.waiting and ObjectiveTrait.BRAKED in found.having:
            brakes.lift(conn, context.site, [objective_id])
        last_reconcile.note(conn, context.site, now)
        if later is not None:
            due.mark(conn, context.site, [objective_id], now, PACED, later)
            context.announcer.marked(conn, context.site, frozenset({objective_id}), later)
        if tenure is not None:
            due.finish(conn, tenure.claim)


def _served(
    context: Context,
    found: MeasuredObjective,
    whole: Plan,
    tenure: ObjectiveLease | None,
    applied: WriteResult,
    *,
    done: bool,
    begun: bool,
) -> None:
    """What had waited for other objectives is written, or refused: that was the last of it, and the claim ends. `begun`: something else of it was written before."""
    if begun or applied.written:
        tell_freshness(context, tenure)
    with context.store.write() as conn:
        if found.end is not None:
            _keep_end(context, conn, found.end, written=done)
        if applied.refused:
            probes = refusals.keep(conn, context.site, whole.objective_id, whole.changes)
            context.mark(conn, probes, TRIED)
        if tenure is not None:
            due.finish(conn, tenure.claim)


def _issues_of(context: Context, decision: ReconcileDecision) -> frozenset[str]:
    """The issues that an objective writes to, or may come to write to."""
    written = frozenset(change.issue_id for change in decision.whole.changes)
    return written | _spoken_for(decision.found.state, writes_to(context.mapping, "row"))


def _wake(
    context: Context,
    conn: Connection,
    objective_id: str,
    before: ObjectiveState | None,
    after: ObjectiveState | None,
    probes: frozenset[str],
    *,
    bulk: bool,
) -> None:
    """Marks whom this reconcile concerns, in `bulk` where it was due so itself: above many that move at once there is no hurry.

    All rows are locked at once and in order, our own too, as every other marking does.
    """
    above, heirs = _moved_by(before, after), _heirs(context, conn, before, after)
    if above | heirs | probes:
        due.hold(conn, context.site, {objective_id, *above, *heirs, *probes})
        context.mark(conn, above, "an aligned objective moved", bulk=bulk)
        context.mark(conn, heirs, "another objective let go of an issue", bulk=bulk)
        context.mark(conn, probes, TRIED)


def _moved_by(before: ObjectiveState | None, after: ObjectiveState | None) -> frozenset[str]:
    """An objective that others are moved by wakes them when its number or its alignment changes."""
    old = (before.progress, before.health.level, before.aligned_to) if before else (None, None, ())
    new = (after.progress, after.health.level, after.aligned_to) if after else (None, None, ())
    return frozenset(old[2]) | frozenset(new[2]) if old != new else frozenset()


def _heirs(
    context: Context, conn: Connection, before: ObjectiveState | None, after: ObjectiveState | None
) -> frozenset[str]:
    """Where an objective let go of issues it spoke for, one of the others that hold them speaks from now on."""
    with_rows = writes_to(context.mapping, "row")
    let_go = _spoken_for(before, with_rows) - _spoken_for(after, with_rows)
    if before is None or not let_go:
        return frozenset()
    return objectives.depending_on(conn, context.site, let_go) - {before.id}


def _spoken_for(state: ObjectiveState | None, with_rows: bool) -> frozenset[str]:
    if state is None:
        return frozenset()
    own = [state.issue_id, *(one.issue_id for one in state.key_results)]
    rows = counting_rows(state) if with_rows else ()
    return frozenset(id_ for id_ in (*own, *rows) if id_ is not None)
