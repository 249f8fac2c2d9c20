"""Carrying objectives of a closed cycle forward: what that would do, doing it once, and how far it is in Jira."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from sqlalchemy import Connection

from connectors.store.cycles import carries, closings
from connectors.store.cycles.carries import FALLEN, UNDER_WAY, KeptCarry
from connectors.store.cycles.carries import CarryState as CarryState
from connectors.store.mirror import mirror
from connectors.store.people import audit
from connectors.store.work import due
from mappings.document.mapping import Mapping as BoundMapping
from mappings.document.schema import CyclePart
from mappings.json_value import PlainValues
from mappings.numbers import count_of
from mappings.rollup.cycles.carry_copy import copy_plan
from mappings.rollup.cycles.carry_plan import (
    CarryBasis,
    CarryChoice,
    CarryPlan,
    KeyResultCarry,
    carry_plan,
    fold_names,
    names_of,
)
from mappings.rollup.cycles.carry_steps import FieldWrite, IssueCopy, RowMove
from mappings.rollup.cycles.closing_preview import ObjectiveScore
from mappings.rollup.cycles.closing_record import ClosingRecord
from mappings.rollup.state import HealthLevel
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector
from plugin.sync.context import field_of
from plugin.use_cases.cycles.cycles import (
    CycleRefusal,
    cycle_named,
    in_order,
    is_closed,
    last_version,
    mapping_and_moment,
)
from plugin.use_cases.permission import EDITOR, VIEWER, act, question

ADVICE_FROM = 2
"""So often carried, an objective is worth a question."""


@dataclass(frozen=True, slots=True)
class ObjectiveCarry:
    """One objective of a closed cycle: the plan, whether it is meant where nobody chooses, how often it was carried before, and how far a
    carry that was asked for is (None: none was). `copy_key` is the issue that was made of it, where it goes on as a copy.
    """

    plan: CarryPlan
    meant: bool
    why_not: str
    times: int
    state: CarryState | None = None
    note: str = ""
    into: str = ""
    copy_key: str = ""

    @property
    def open(self) -> bool:
        """Whether it can be asked for: nobody did, Jira refused it, or it was taken back."""
        return self.state is None or self.state in FALLEN

    @property
    def standing(self) -> str:
        """How far it is, in words; empty where nobody asked for it."""
        if self.state is None:
            return ""
        if self.state is CarryState.UNDONE:
            return f"taken back out of {self.into}"
        if self.state in UNDER_WAY and self.state is not CarryState.OPEN:
            return f"being taken back out of {self.into}"
        return f"{self.state.value} into {self.into}{f' as {self.copy_key}' if self.copy_key else ''}"

    @property
    def advice(self) -> str:
        """What being carried again and again lets one advise; empty where nothing."""
        if self.times < ADVICE_FROM:
            return ""
        return f"carried {count_of(self.times, 'time')} already: is it still what matters?"


@dataclass(frozen=True, slots=True)
class CarryPreview:
    """What carrying a cycle forward would do, objective by objective. Nothing is done by looking."""

    site: str
    from_cycle: str
    into: CyclePart
    objectives: tuple[ObjectiveCarry, ...]


@dataclass(frozen=True, slots=True)
class CarryReceipt:
    """Which objectives (by key) are being carried now, and which had been before."""

    into: str
    carried: tuple[str, ...]
    before: tuple[str, ...]

    @property
    def told(self) -> str:
        """What goes on where: the beginning of a sentence."""
        verb = "go" if len(self.carried) > 1 else "goes"
        return f"{', '.join(self.carried) or 'Nothing new'} {verb} on in {self.into}"


@question(VIEWER)
def preview_carry(
    connector: Connector,
    _actor: Actor,
    site: str,
    cycle_id: str,
    into: str = "",
    choice: CarryChoice | None = None,
    chosen: Iterable[str] = (),
) -> CarryPreview:
    """What carrying the objectives of a closed cycle forward would do (by key or id; none named: all of them), into the cycle that follows
    unless another is named. Raises CycleRefusal.
    """
    with connector.store.read() as conn:
        found = _preview(connector, conn, site, cycle_id, into, choice or CarryChoice())
    return replace(found, objectives=tuple(_named(found, chosen)) or found.objectives)


@act(EDITOR)
def carry_forward(
    connector: Connector,
    actor: Actor,
    site: str,
    cycle_id: str,
    chosen: Iterable[str] = (),
    into: str = "",
    choice: CarryChoice | None = None,
) -> CarryReceipt:
    """Carry objectives (by key or id; none named: those that are meant) forward. What is set in Jira is set by the workers. Twice is once.

    Raises CycleRefusal.
    """
    now = connector.clock()
    with connector.store.write() as conn:
        found = _preview(connector, conn, site, cycle_id, into, choice or CarryChoice())
        wanted = _chosen(found, chosen)
        done, before = [], []
        for one in wanted:
            name = one.plan.key or one.plan.objective_id
            if carries.add(conn, site, one.plan, actor.label, now):
                done.append(one)
            else:
                before.append(name)
        keys = tuple(one.plan.key or one.plan.objective_id for one in done)
        if done:
            detail: dict[str, object] = {"cycle": cycle_id, "into": found.into.id, "objectives": list(keys)}
            if choice is not None and choice.as_copy:
                detail["as"] = "copy"
            audit.note(conn, actor.label, "carried forward", now, detail, site)
            ids = frozenset(one.plan.objective_id for one in done)
            due.mark(conn, site, ids, now, f"carried into {found.into.id}")
            connector.announcer.marked(conn, site, ids, now)
    connector.announce()
    return CarryReceipt(found.into.id, keys, tuple(before))


def _preview(
    connector: Connector, conn: Connection, site: str, cycle_id: str, into: str, choice: CarryChoice
) -> CarryPreview:
    mapping, _ = mapping_and_moment(connector, site)
    cycle = cycle_named(mapping, cycle_id)
    acts = closings.acts(conn, site, cycle_id)
    if not is_closed(acts):
        raise CycleRefusal(f"{cycle_id} is not closed: close it, then carry forward what goes on.")
    target = _target(mapping, cycle, into)
    if target.id in closings.load_closed(conn, site):
        raise CycleRefusal(f"{target.id} is closed: nothing can be carried into it.")
    records = closings.records(conn, site, cycle_id, last_version(acts))
    _know(choice, records, cycle_id)
    ids = [one.state.id for one in records]
    asked, often = carries.of_cycle(conn, site, cycle_id), carries.times(conn, site, ids)
    former = carries.load_standing(conn, site, ids)
    issues = mirror.get(conn, site, _issue_ids(records))
    if choice.as_copy:
        roots = [one.state.issue_id for one in records if one.state.issue_id is not None]
        around = (*mirror.subtree(conn, site, roots), *mirror.load_linked(conn, site, roots))
        issues = {**issues, **{one.id: one for one in around}}
    catalogue = connector.catalogue(site)
    basis = CarryBasis(
        mapping=mapping,
        field_of=partial(field_of, mapping, catalogue),
        issues=issues,
        api=connector.api(site),
        link_types=catalogue.link_types,
        site=site,
    )
    by_id = {}
    for record in records:
        id_ = record.state.id
        planned = copy_plan if choice.as_copy else carry_plan
        plan = planned(basis, record, target, choice, former.get(id_, cycle_id))
        why_not = _why_not(record)
        one = ObjectiveCarry(plan, not why_not and not plan.problem, why_not, often.get(id_, 0))
        kept = asked.get(id_)
        if kept is not None:
            same = replace(one, plan=kept.plan) if kept.state not in FALLEN else one
            one = replace(
                same, state=kept.state, note=_said(kept), into=kept.plan.into, copy_key=kept.copy_key
            )
            if kept.state is CarryState.UNDONE:
                one = replace(one, meant=False, why_not=one.why_not or "it was taken back")
        by_id[id_] = one
    order = in_order(ObjectiveScore(one.state, one.score) for one in records)
    return CarryPreview(site, cycle_id, target, tuple(by_id[one.state.id] for one in order))


def _said(kept: KeptCarry) -> str:
    """What came of it, and which copies were made of it before, though it goes on as itself."""
    if not kept.orphans:
        return kept.note
    left = (
        f"Made before Jira refused the rest, and still there: {', '.join(kept.orphans)}. Delete that in Jira."
    )
    return f"{kept.note} {left}" if kept.note else left


def _know(choice: CarryChoice, records: Iterable[ClosingRecord], cycle_id: str) -> None:
    """Raises CycleRefusal for a chosen key result that is none of this cycle."""
    known = {name for record in records for one in record.state.key_results for name in names_of(one)}
    if left := sorted(fold_names(choice.along | choice.behind) - known):
        raise CycleRefusal(f"{', '.join(left)}: no key result of {cycle_id}. The preview names those of it.")


def _why_not(record: ClosingRecord) -> str:
    """Why an objective is not carried where nobody chooses it."""
    if record.score.cancelled:
        return "it was given up"
    if record.state.health.level is HealthLevel.ACHIEVED:
        return "it was achieved"
    return ""


def _chosen(found: CarryPreview, chosen: Iterable[str]) -> list[ObjectiveCarry]:
    wanted = _named(found, chosen)
    if not wanted:
        return [one for one in found.objectives if one.meant]
    for one in wanted:
        if one.plan.problem and one.open:
            raise CycleRefusal(f"{one.plan.key or one.plan.objective_id}: {one.plan.problem}.")
    return wanted


def _named(found: CarryPreview, chosen: Iterable[str]) -> list[ObjectiveCarry]:
    """Those that are named, by key or id in any case. Raises CycleRefusal for a name that is none of them."""
    left = {name.strip().casefold(): name.strip() for name in chosen if name.strip()}
    wanted = []
    for one in found.objectives:
        mine = {one.plan.objective_id.casefold(), one.plan.key.casefold()} & left.keys()
        for name in mine:
            del left[name]
        if mine:
            wanted.append(one)
    if left:
        known = ", ".join(one.plan.key or one.plan.objective_id for one in found.objectives)
        raise CycleRefusal(
            f"{', '.join(sorted(left.values()))}: no objective of {found.from_cycle}. Those are: {known}."
        )
    return wanted


def _target(mapping: BoundMapping, cycle: CyclePart, into: str) -> CyclePart:
    """The cycle that is named; else of those that begin on the day after the one that is as long, or nearly."""
    if into:
        found = cycle_named(mapping, into)
        if found.end <= cycle.end:
            raise CycleRefusal(f"{into} ends on {found.end}, not after {cycle.id}: name a later cycle.")
        return found
    first = cycle.end + timedelta(days=1)
    following = [one for one in mapping.cycles.running(first) if one.start == first]
    if not following:
        raise CycleRefusal(f"No cycle of the mapping begins on {first}: name the one to carry into.")
    days = cycle.end - cycle.start
    return min(following, key=lambda one: (abs((one.end - one.start) - days), one.id))


def _issue_ids(records: Iterable[ClosingRecord]) -> set[str]:
    found = set()
    for record in records:
        found |= {record.state.issue_id, *(one.issue_id for one in record.state.key_results)}
    return {id_ for id_ in found if id_ is not None}


def preview_values(one: CarryPreview) -> PlainValues:
    """The same for programs."""
    return {
        "site": one.site,
        "cycle": one.from_cycle,
        "into": one.into.id,
        "objectives": [objective_values(each) for each in one.objectives],
    }


def objective_values(one: ObjectiveCarry) -> PlainValues:
    """One objective of a preview, for programs."""
    plan = one.plan
    return {
        "objective": plan.objective_id,
        "key": plan.key,
        "title": plan.title,
        "meant": one.meant,
        "why_not": one.why_not,
        "problem": plan.problem,
        "times": one.times,
        "advice": one.advice,
        "state": None if one.state is None else one.state.value,
        "carried_into": one.into,
        "note": one.note,
        "key_results": [_key_result_values(each) for each in plan.key_results],
        "writes": [_write_values(each) for each in plan.writes],
        "copies": [_copy_values(each) for each in plan.copies],
        "moves": [_move_values(each) for each in plan.moves],
        "copied_as": one.copy_key,
    }


def _key_result_values(one: KeyResultCarry) -> PlainValues:
    return {
        "key_result": one.id,
        "key": one.key,
        "title": one.title,
        "along": one.along,
        "reason": one.reason,
        "rows_counted_before": one.rows,
        "flags": list(one.flags),
    }


def _write_values(one: FieldWrite) -> PlainValues:
    return {
        "issue": one.issue_key,
        "field": one.field_id,
        "name": one.name,
        "before": one.before,
        "after": one.after,
    }


def _copy_values(one: IssueCopy) -> PlainValues:
    return {
        "of": one.source_key,
        "project": one.project.key,
        "type": one.type.name,
        "title": one.title,
        "sets": [{"field": each.field_id, "name": each.name, "value": each.after} for each in sets_of(one)],
        "left_out": list(one.left_out),
    }


def sets_of(one: IssueCopy) -> tuple[FieldWrite, ...]:
    """What a copy says, the mark of its cycle included; a field that is set and then marked stands there once."""
    marked = {each.field_id: each for each in one.mark if each.adds}
    said = [
        replace(each, after=f"{each.after}, {marked[each.field_id].after}")
        if each.field_id in marked
        else each
        for each in one.sets
    ]
    held = {each.field_id for each in said}
    return (*said, *(each for each in one.mark if each.field_id not in held))


def _move_values(one: RowMove) -> PlainValues:
    return {"issue": one.issue_key, "title": one.title}
