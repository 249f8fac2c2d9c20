"""Taking back that objectives were carried forward, while nothing was done on what was carried: what that would do, and doing it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from connectors.store.cycles import carries, closings, cycle_locks
from connectors.store.cycles.carries import CarryState, KeptCarry
from connectors.store.people import audit
from connectors.store.work import due
from mappings.json_value import PlainValues
from mappings.rollup.cycles.carry_plan import CarryPlan
from mappings.rollup.cycles.carry_steps import FieldWrite
from mappings.rollup.cycles.carry_undo import CarryUndo
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector
from plugin.sync.context import Context
from plugin.sync.reconcile.carries import done_on, recalled_carry, undo_of
from plugin.use_cases.cycles.cycles import CycleRefusal, cycle_named, mapping_and_moment
from plugin.use_cases.permission import EDITOR, VIEWER, act, question

MOST_NAMED = 5
"""So many issues whose histories are lacking are named."""


@dataclass(frozen=True, slots=True)
class ObjectiveUndo:
    """One objective that was carried, and what taking that back would do."""

    objective_id: str
    key: str
    title: str
    into: str
    state: CarryState
    undo: CarryUndo
    plan: CarryPlan

    @property
    def name(self) -> str:
        """What it is called by: the key of its issue, or its id."""
        return self.key or self.objective_id


@dataclass(frozen=True, slots=True)
class UndoPreview:
    """What of a cycle was carried forward, and what taking it back would do. Nothing is done by looking."""

    site: str
    from_cycle: str
    objectives: tuple[ObjectiveUndo, ...]


@dataclass(frozen=True, slots=True)
class UndoReceipt:
    """Which objectives (by key) are being taken back now, and what a person has to do besides."""

    from_cycle: str
    taken_back: tuple[str, ...]
    by_hand: tuple[str, ...]

    @property
    def told(self) -> str:
        """What stays where: the beginning of a sentence."""
        verb = "stay" if len(self.taken_back) > 1 else "stays"
        return f"{', '.join(self.taken_back)} {verb} in {self.from_cycle}"


@question(VIEWER)
def preview_undo(
    connector: Connector, _actor: Actor, site: str, cycle_id: str, chosen: Iterable[str] = ()
) -> UndoPreview:
    """What taking back would do of these objectives (by key or id; none named: all that were carried out of the cycle). Raises CycleRefusal."""
    mapping, _ = mapping_and_moment(connector, site)
    cycle_named(mapping, cycle_id)
    with connector.store.read() as conn:
        return UndoPreview(
            site, cycle_id, tuple(_objectives(conn, connector.context(site), cycle_id, chosen))
        )


@act(EDITOR)
def undo_carry(
    connector: Connector,
    actor: Actor,
    site: str,
    cycle_id: str,
    chosen: Iterable[str],
    *,
    delete_copies: bool = False,
) -> UndoReceipt:
    """Take back that these objectives (by key or id) were carried forward. What is set back in Jira is set by the workers; copies are deleted there with a yes alone.

    Raises CycleRefusal where something was done on what was carried; then nothing is taken back.
    """
    names = tuple(chosen)
    if not names:
        raise CycleRefusal("Name the objectives that shall not have been carried forward.")
    mapping, _ = mapping_and_moment(connector, site)
    cycle_named(mapping, cycle_id)
    now, context = connector.clock(), connector.context(site)
    with connector.store.write() as conn:
        kept = carries.of_cycle(conn, site, cycle_id)
        wanted = list(_objectives(conn, context, cycle_id, names))
        for one in wanted:
            if one.undo.hindrances:
                raise CycleRefusal(f"{one.name} is not taken back: {'; '.join(one.undo.hindrances)}.")
        for one in wanted:
            carries.undo(conn, site, one.plan, delete_copies=delete_copies)
        keys = tuple(one.name for one in wanted)
        detail: dict[str, object] = {"cycle": cycle_id, "objectives": list(keys)}
        copies = [copy.key for one in wanted for copy in one.undo.copies]
        if copies:
            detail["copies"] = {"deleted" if delete_copies else "left": copies}
        audit.note(conn, actor.label, "carrying forward taken back", now, detail, site)
        ids = frozenset(
            id_
            for one in wanted
            for id_ in (one.objective_id, kept[one.objective_id].copies.get(one.objective_id))
            if id_ is not None
        )
        due.mark(conn, site, ids, now, f"taken back into {cycle_id}")
        connector.announcer.marked(conn, site, ids, now)
    connector.announce()
    by_hand = [
        said
        for one in wanted
        for said in one.undo.by_hand
        if not (delete_copies and said.startswith("delete "))
    ]
    return UndoReceipt(cycle_id, keys, tuple(by_hand))


def _objectives(
    conn: Connection, context: Context, cycle_id: str, chosen: Iterable[str]
) -> Iterable[ObjectiveUndo]:
    """Those that are named, in the order in which they were carried. Raises CycleRefusal for a name that is none of them."""
    names = {name.strip().casefold(): name.strip() for name in chosen if name.strip()}
    found, left = [], dict(names)
    for asked in carries.of_cycle(conn, context.site, cycle_id).values():
        plan = asked.plan
        mine = {plan.objective_id.casefold(), plan.key.casefold(), asked.copy_key.casefold()} - {""}
        if asked.state is CarryState.UNDONE or (names and not mine & names.keys()):
            continue
        left = {name: typed for name, typed in left.items() if name not in mine}
        kept, lacking = recalled_carry(context, conn, asked)
        found.append(
            ObjectiveUndo(
                objective_id=plan.objective_id,
                key=plan.key,
                title=plan.title,
                into=plan.into,
                state=kept.state,
                undo=undo_of(kept, _hindrances(conn, context, kept, lacking)),
                plan=kept.plan,
            )
        )
    if left:
        known = ", ".join(one.name for one in found) or "none"
        raise CycleRefusal(
            f"{', '.join(sorted(left.values()))}: not carried forward out of {cycle_id}. What was and can be named here: {known}."
        )
    return found


def _hindrances(conn: Connection, context: Context, kept: KeptCarry, lacking: Sequence[str]) -> list[str]:
    """Why it cannot be taken back: what was done on what was carried, or what cannot be known of that."""
    site, plan, into = context.site, kept.plan, kept.plan.into
    if kept.state is CarryState.OPEN:
        return ["Jira is being told of it still: wait until that is done"]
    if kept.state in (CarryState.UNDOING, CarryState.DELETING):
        return ["it is being taken back already"]
    said = []
    if into in closings.load_closed(conn, site):
        said.append(f"{into} is closed")
    if any(one.cycle_id == into and one.until is None for one in cycle_locks.every(conn, site)):
        said.append(f"{into} is locked: unlock it first")
    goes_on_as = kept.copies.get(plan.objective_id, plan.objective_id)
    onward = carries.of_cycle(conn, site, into).get(goes_on_as)
    if onward is not None and onward.state not in carries.FALLEN:
        said.append(f"it was carried on into {onward.plan.into}: take that back first")
    said += done_on(conn, site, context.mapping, kept)
    if kept.state is not CarryState.REFUSED and not plan.stood:
        said.append(_not_known(kept, lacking))
    return said


def _not_known(kept: KeptCarry, lacking: Sequence[str]) -> str:
    """What to do where an earlier version carried it, and what happened since is not at hand."""
    if not lacking:
        return (
            "an earlier version made the copies and did not keep how they stood: look whether something was done on them, "
            "take the mark of the next cycle away in Jira, and delete them there"
        )
    some = ", ".join(lacking[:MOST_NAMED]) + (" …" if len(lacking) > MOST_NAMED else "")
    return (
        f"an earlier version carried it, and what was done since is told by histories that are not read ({some}): "
        f"look at how {kept.plan.key or kept.plan.objective_id} stood at {kept.at:%Y-%m-%dT%H:%MZ} and read there what is lacking, "
        "then take it back; or set it back by hand"
    )


def preview_values(found: UndoPreview) -> PlainValues:
    """The same for programs."""
    return {
        "site": found.site,
        "cycle": found.from_cycle,
        "objectives": [_values(one) for one in found.objectives],
    }


def _values(one: ObjectiveUndo) -> PlainValues:
    return {
        "objective": one.objective_id,
        "key": one.key,
        "title": one.title,
        "carried_into": one.into,
        "state": one.state.value,
        "possible": not one.undo.hindrances,
        "hindrances": list(one.undo.hindrances),
        "writes": [_write_values(each) for each in one.undo.writes],
        "moves": [{"issue": each.issue_key, "title": each.title} for each in one.undo.moves],
        "copies": [{"issue": each.key, "of": each.source_key} for each in one.undo.copies],
        "by_hand": list(one.undo.by_hand),
    }


def _write_values(one: FieldWrite) -> PlainValues:
    return {
        "issue": one.issue_key,
        "field": one.field_id,
        "name": one.name,
        "before": one.before,
        "after": one.after,
    }
