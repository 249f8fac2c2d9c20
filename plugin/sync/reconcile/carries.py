"""Does in Jira what carrying an objective forward needs: its mark, and with what its key results begin; or copies of them. And takes it back. Doing it twice is doing it once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Set
from dataclasses import replace

import structlog
from sqlalchemy import Connection

from connectors.jira import CreatedIssue
from connectors.jira.http.errors import JiraRefusal
from connectors.store.cycles import carries
from connectors.store.cycles.carries import CarryState, KeptCarry
from connectors.store.mirror import mirror
from connectors.store.numbers import check_ins
from mappings.document.mapping import Mapping as BoundMapping
from mappings.document.schema import LinkRelation
from mappings.explain.past import PastIssues
from mappings.facts.issue import DUE, Issue
from mappings.fields import field_type
from mappings.fields.field_type import FieldType
from mappings.rollup.cycles.carry_plan import LABELS, VERSIONS, CarryPlan
from mappings.rollup.cycles.carry_steps import FieldWrite
from mappings.rollup.cycles.carry_undo import (
    CarryUndo,
    StandingCopy,
    carry_undo,
    done_since,
    recall_plan,
    standing_of,
    stood_but,
)
from mappings.write_back.target import Request
from plugin.sync.context import Context
from plugin.sync.reconcile.copies import (
    CopyFailure,
    join_copies,
    lead_kpis_back,
    lead_kpis_on,
    make_copies,
)
from plugin.sync.reconcile.creation import place_issue
from plugin.sync.reconcile.lease import ObjectiveLease
from plugin.sync.refresh import issue_steps
from plugin.sync.refresh.omissions import in_scope
from plugin.sync.refresh.reread import ReadById, land_issues, read_again, with_readings

MOST_SAID = 5
"""So many things that were done since are named; the rest is counted."""
log = structlog.get_logger("jira_okr.carries")


def carry_on(context: Context, objective_id: str, tenure: ObjectiveLease | None = None) -> None:
    """Set what is still to be set. Raises a JiraError for passing trouble: then it is set by the next reconcile."""
    with context.store.read() as conn:
        waiting = carries.load_waiting(conn, context.site, objective_id)
    if tenure is not None:
        context = replace(context, keep=tenure.keep)
    for one in waiting:
        if one.state is not CarryState.OPEN:
            _take_back(context, one)
            continue
        try:
            touched = (_copied if one.plan.copies else _set)(context, one)
        except CopyFailure as error:
            _refused(context, one, f"{error}.")
        except JiraRefusal as error:
            _refused(context, one, _note(one.plan, "; ".join(error.fields.values()) or str(error)))
        else:
            if touched is not None:
                _settle(context, one, touched)


def _set(context: Context, kept: KeptCarry) -> frozenset[str]:
    """Ids of the issues of which something was set."""
    for request, key in _requests(kept.plan):
        context.tell(request, key)
    return frozenset(write.issue_id for write in kept.plan.writes)


def _copied(context: Context, kept: KeptCarry) -> frozenset[str] | None:
    """Ids of the copies and of what was touched beside them; None where it goes on later."""
    copies = make_copies(context, kept)
    if copies is None:
        return None
    touched = join_copies(context, kept, copies)
    lead_kpis_on(context, kept, copies)
    return touched


def _settle(context: Context, kept: KeptCarry, touched: frozenset[str]) -> None:
    """Read what was touched, so that it is known before Jira tells of it, and keep that it is done."""
    plan, now = kept.plan, context.clock()
    read = read_again(context, touched) if touched else None
    issues = with_readings(context, read.issues, {}) if read is not None else []
    with context.store.write() as conn:
        if read is not None:
            land_issues(context, conn, in_scope(context, issues), set(), now, read.gaps)
        if not plan.copies:
            check_ins.leave_behind(conn, context.site, plan.objective_id, kept.by, now)
        there = carried_issues(conn, context.site, context.mapping, _goes_on_as(conn, context.site, plan))
        stood = standing_of(context.mapping, there)
        carries.settle(conn, context.site, replace(plan, stood=stood), CarryState.DONE)


def _goes_on_as(conn: Connection, site: str, plan: CarryPlan) -> str:
    """The id of the objective in the next cycle: its own, or that of its copy."""
    kept = carries.of_cycle(conn, site, plan.from_cycle).get(plan.objective_id)
    return plan.objective_id if kept is None else kept.copies.get(plan.objective_id, plan.objective_id)


def carried_issues(conn: Connection, site: str, mapping: BoundMapping, objective_id: str) -> list[Issue]:
    """An objective, what is below it, and the key results and work that are linked with it, with what is below these."""
    tree = mirror.subtree(conn, site, [objective_id])
    objective = next((one for one in tree if one.id == objective_id), None)
    phrases = {
        part.part.relation.link
        for rule in mapping.objectives
        for part in rule.key_results
        if isinstance(part.part.relation, LinkRelation)
    }
    words = [mapping.link(one) for one in phrases]
    linked = {
        link.issue_id
        for link in (objective.links if objective is not None else ())
        if any(word.says(link) for word in words)
    }
    found = {one.id: one for one in (*tree, *(mirror.subtree(conn, site, sorted(linked)) if linked else ()))}
    return list(found.values())


def undo_of(kept: KeptCarry, hindrances: Iterable[str] = ()) -> CarryUndo:
    """What taking back a carry comes to."""
    keys = {one.source_id: one.source_key for one in kept.plan.copies}
    made = [
        StandingCopy(one.id, one.key, keys.get(one.source_id, kept.plan.key)) for one in kept.made if one.id
    ]
    return carry_undo(kept.plan, made, hindrances)


def done_on(
    conn: Connection,
    site: str,
    mapping: BoundMapping,
    kept: KeptCarry,
    but: Set[tuple[str, str]] = frozenset(),
) -> list[str]:
    """What was done on what was carried since it was: then it is not taken back. `but`: places that say nothing of that."""
    goes_on_as = kept.copies.get(kept.plan.objective_id, kept.plan.objective_id)
    since = [one for one in check_ins.load_all(conn, site, goes_on_as) if one.check_in.at > kept.at]
    said = [f"{one.check_in.by} checked in on {one.check_in.at:%Y-%m-%d}" for one in since[-1:]]
    if not kept.plan.stood:
        return said
    issues = carried_issues(conn, site, mapping, goes_on_as)
    keys = {one.id: one.key for one in issues}
    done = done_since(mapping, kept.plan.stood, standing_of(mapping, issues), keys, but)
    said += done[:MOST_SAID]
    return said if len(done) <= MOST_SAID else [*said, f"and {len(done) - MOST_SAID} more"]


def recalled_carry(context: Context, conn: Connection, kept: KeptCarry) -> tuple[KeptCarry, tuple[str, ...]]:
    """A carry of an earlier version, which did not keep how it stood, told from the histories that are kept; and the keys of issues whose histories are lacking for that."""
    plan = kept.plan
    if plan.stood or plan.copies:
        return kept, ()
    issues = carried_issues(conn, context.site, context.mapping, plan.objective_id)
    touched = {one.id: one.updated for one in issues if one.created <= kept.at < one.updated}
    known = issue_steps.load_histories(context, conn, touched)
    lacking = tuple(sorted(one.key for one in issues if one.id in touched and one.id not in known))
    if lacking or not issues:
        return kept, lacking or (plan.key or plan.objective_id,)
    former = mirror.former_keys(conn, context.site)
    past = list(PastIssues(issues, known, context.catalogue, former).at(kept.at))
    return replace(kept, plan=recall_plan(context.mapping, plan, past, context.field)), ()


def _take_back(context: Context, kept: KeptCarry) -> None:
    """Set back what still holds what was set, hang work where it hung, and delete the copies where somebody said so; the mark goes first, so that the next cycle counts no half objective.

    What was done meanwhile, as Jira shows it now, leaves all as it is.
    """
    undo, plan = undo_of(kept), kept.plan
    read = _landed(context, undo)
    with context.store.read() as conn:
        done = done_on(conn, context.site, context.mapping, kept, undo.places)
    if done:
        _left_carried(context, kept, undo, read, "; ".join(done))
        return
    there = {one.id: one for one in read.issues}
    by_hand = [*undo.by_hand]
    try:
        marked = sorted(undo.writes, key=lambda one: (one.issue_id not in _objectives(kept), one.issue_id))
        for write in marked:
            _set_back(context, there.get(write.issue_id), write, by_hand)
        for move in undo.moves:
            issue = there.get(move.issue_id)
            if issue is not None and issue.parent_id == kept.copies.get(plan.objective_id):
                row = CreatedIssue(issue.id, issue.key)
                place_issue(context, row, issue.type, plan.objective_id, plan.key)
        lead_kpis_back(context, kept)
        if kept.state is CarryState.DELETING:
            by_hand = [one for one in by_hand if not one.startswith("delete ")]
            for copy in reversed(undo.copies):
                _delete(context, copy)
    except JiraRefusal as error:
        said = "; ".join(error.fields.values()) or str(error)
        read = _landed(context, undo, gone=kept.state is CarryState.DELETING)
        _left_carried(context, kept, undo, read, f"Jira refused it: {said.removesuffix('.')}")
        return
    _landed(context, undo, gone=kept.state is CarryState.DELETING)
    with context.store.write() as conn:
        carries.undone(conn, context.site, plan, f"Left to do: {'; '.join(by_hand)}." if by_hand else "")


def _landed(context: Context, undo: CarryUndo, *, gone: bool = False) -> ReadById:
    """What taking back concerns as Jira has it now, and the mirror from here on; copies that are `gone` there are gone here."""
    copies = {one.id for one in undo.copies}
    read_at = context.clock()
    read = read_again(context, copies | {id_ for id_, _ in undo.places})
    issues = with_readings(context, read.issues, {})
    # Whatever else Jira does not show is nobody's word that it is gone.
    left = copies & read.gone if gone else set[str]()
    with context.store.write() as conn:
        land_issues(context, conn, in_scope(context, issues), left, read_at, read.gaps)
    return read


def _left_carried(context: Context, kept: KeptCarry, undo: CarryUndo, read: ReadById, why: str) -> None:
    """It stands as carried: say why, and what of it is as it was all the same, which is not held against the next try."""
    there = {one.id: one for one in read.issues}
    back = [
        f"{one.issue_key} {one.name}"
        for one in undo.writes
        if one.issue_id in there and _is_back(context, there[one.issue_id], one)
    ]
    back += [
        f"{one.issue_key} below {kept.plan.key}"
        for one in undo.moves
        if one.issue_id in there and there[one.issue_id].parent_id == kept.plan.objective_id
    ]
    if kept.state is CarryState.DELETING:
        back += [f"{one.key} deleted" for one in undo.copies if one.id in read.gone]
    note = f"It was not taken back: {why}."
    if back:
        note += f" What is as it was all the same: {', '.join(back)}."
    with context.store.write() as conn:
        now = standing_of(context.mapping, mirror.get(conn, context.site, there).values())
        plan = replace(kept.plan, stood=stood_but(kept.plan.stood, now, undo.places))
        carries.settle(conn, context.site, plan, CarryState.DONE, note)
    log.warning("carry not taken back", site=context.site, objective=kept.plan.objective_id, error=why)


def _objectives(kept: KeptCarry) -> frozenset[str]:
    return frozenset({kept.plan.objective_id, kept.copies.get(kept.plan.objective_id, "")})


def _set_back(context: Context, issue: Issue | None, write: FieldWrite, by_hand: list[str]) -> None:
    """One field as it was, where it still holds what was set."""
    if issue is None:
        return
    value = json.loads(write.value)
    if write.adds:
        body: dict[str, object] = {"update": {write.field_id: [{"remove": value}]}}
    else:
        type_, holds = _type_of(context, write), _held(issue, write)
        if type_ is None or type_.equal(holds, value):
            return
        if not type_.equal(holds, json.loads(write.former or "null")):
            by_hand.append(
                f"{write.issue_key} {write.name} holds {type_.text(holds)} by now: see whether it shall"
            )
            return
        body = {"fields": {write.field_id: value}}
    request = Request("PUT", f"/issue/{issue.id}", body, notifies=True, answer="edit")
    context.tell(request, issue.key)


def _is_back(context: Context, issue: Issue, write: FieldWrite) -> bool:
    """Whether a field is as it was before it was set, or no longer says what was added."""
    type_, holds = _type_of(context, write), _held(issue, write)
    if not write.adds:
        return type_ is not None and type_.equal(holds, json.loads(write.value))
    words = holds if isinstance(holds, list) else type_.text(holds).split(", ") if type_ is not None else ()
    return write.before not in words


def _type_of(context: Context, write: FieldWrite) -> FieldType | None:
    field = context.field(write.field_id)
    return field_type(field) if field is not None else None


def _held(issue: Issue, write: FieldWrite) -> object:
    if write.field_id == DUE:
        return issue.due.isoformat() if issue.due is not None else issue.fields.get(DUE)
    if write.field_id == LABELS:
        return list(issue.labels)
    if write.field_id == VERSIONS:
        return [one.name for one in issue.fix_versions]
    return issue.fields.get(write.field_id)


def _delete(context: Context, copy: StandingCopy) -> None:
    try:
        context.tell(Request("DELETE", f"/issue/{copy.id}", removes=True, answer="nothing"), copy.key)
    except JiraRefusal as error:
        if not error.gone:
            raise


def _note(plan: CarryPlan, said: str) -> str:
    wanted = ", ".join(f"{one.issue_key} {one.name} → {one.after}" for one in plan.writes)
    copied = ", ".join(one.source_key for one in plan.copies)
    what = f"It was to be copied: {copied}." if plan.copies else f"It was to be set: {wanted}."
    return f"Jira refused it: {said.removesuffix('.')}. {what}"


def _refused(context: Context, kept: KeptCarry, note: str) -> None:
    with context.store.write() as conn:
        carries.settle(conn, context.site, kept.plan, CarryState.REFUSED, note)
    log.warning("not carried forward", site=context.site, objective=kept.plan.objective_id, error=note)


def _requests(plan: CarryPlan) -> list[tuple[Request, str]]:
    """One edit an issue; that of the objective, which makes the next cycle count, comes last."""
    by_issue: dict[str, dict[str, dict[str, object]]] = {}
    keys: dict[str, str] = {}
    for write in plan.writes:
        body = by_issue.setdefault(write.issue_id, {})
        value = json.loads(write.value)
        if write.adds:
            body.setdefault("update", {})[write.field_id] = [{"add": value}]
        else:
            body.setdefault("fields", {})[write.field_id] = value
        keys[write.issue_id] = write.issue_key
    order = sorted(by_issue, key=lambda id_: (id_ == plan.objective_id, id_))
    return [
        (Request("PUT", f"/issue/{id_}", by_issue[id_], notifies=True, answer="edit"), keys[id_])
        for id_ in order
    ]
