"""Locking a cycle: its objectives and key results keep the terms that they have then. What changes of them waits until it is unlocked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Connection

from connectors.store import Store
from connectors.store.cycles import carries, cycle_ends, cycle_locks
from connectors.store.mappings import bindings
from connectors.store.mirror import mirror
from connectors.store.numbers import check_ins, objectives
from connectors.store.people import audit
from connectors.store.work import due
from mappings.document.lock import NO_LOCKS, CycleLock, LockedObjective
from mappings.document.lock_binding import aliases_of
from mappings.document.mapping import Mapping as BoundMapping
from mappings.document.schema import CyclePart, JqlFieldRelation
from mappings.facts.forest import Forest, issue_order
from mappings.facts.issue import Issue
from mappings.facts.moment import Moment, duration
from mappings.json_value import PlainValues
from mappings.rollup.assessment import Assessment
from mappings.rollup.cycles.cycle_end import has_ended
from mappings.rollup.cycles.waiting_change import JOINS, WaitingChange, waiting_changes
from mappings.rollup.measurement import assess_among
from mappings.rollup.pace import cycle_for
from mappings.rollup.rows.ledger import Ledger
from mappings.rollup.state import ObjectiveState
from plugin.access.authorization.actor import CALENDAR, Actor
from plugin.next_steps import LOCKED_CYCLE, Door
from plugin.runtime.connector import Connector, Refusal
from plugin.sync.reconcile.kpi_readings import episode_aims, kpi_readings
from plugin.use_cases.cycles.cycles import CycleRefusal, cycle_named, mapping_and_moment
from plugin.use_cases.permission import EDITOR, VIEWER, act, question

LONGEST_REASON = 2_000
AT_ONCE = 500
"""So many objectives are measured together: their issues are what is held in memory."""
Report = Callable[[int, int | None], None]
"""Told how many objectives of how many are done."""


def silent(_done: int, _total: int | None) -> None:
    """Tells nobody how far it is."""


@dataclass(frozen=True, slots=True)
class LockedCycle:
    """That a cycle is locked: since when, by whom and why, and how many objectives it holds."""

    cycle_id: str
    at: datetime
    by: str
    reason: str
    objectives: int


@dataclass(frozen=True, slots=True)
class CycleLockState:
    """The lock of a cycle, and what waits for its unlocking; without a lock nothing waits.

    `over`: its last day has passed. `since`: the day of the lock in the zone of the mapping.
    """

    site: str
    cycle: CyclePart
    lock: LockedCycle | None
    changes: tuple[WaitingChange, ...]
    over: bool
    since: date | None


@act(EDITOR)
def lock_cycle(connector: Connector, actor: Actor, site: str, cycle_id: str, reason: str = "") -> LockedCycle:
    """Let the objectives of a running cycle keep their terms from now on. Raises CycleRefusal."""
    mapping, moment = mapping_and_moment(connector, site)
    cycle, now = _running(mapping, moment, cycle_id), connector.clock()
    with connector.store.write() as conn:
        if _lock(conn, site, cycle_id, now) is not None:
            raise CycleRefusal(f"{cycle_id} is locked already.")
        ids = sorted(objectives.ids_of_cycle(conn, site, cycle.id), key=issue_order)
        saved = (objectives.load(conn, site, id_) for id_ in ids)
        known = [_without_rows(one.state) for one in saved if one is not None and not one.state.plain]
        terms = tuple(terms_of(conn, site, mapping, known))
        lock = CycleLock(
            cycle_id=cycle.id,
            at=now,
            by=actor.label,
            reason=reason.strip()[:LONGEST_REASON],
            objectives=terms,
        )
        cycle_locks.add(conn, site, lock)
        bindings.renew(conn, site, mapping.revision)
        detail = {"cycle": cycle.id, "objectives": len(terms), "reason": lock.reason}
        audit.note(conn, actor.label, "cycle locked", now, detail, site)
        _follow(connector, conn, site, (one.id for one in terms), f"{cycle.id} was locked")
    connector.announce()
    return _locked(lock)


@act(EDITOR)
def unlock_cycle(
    connector: Connector, actor: Actor, site: str, cycle_id: str, reason: str, report: Report = silent
) -> CycleLockState:
    """Let what waited take effect; it wants a reason, which is kept. Gives what it was. Raises CycleRefusal."""
    if not reason.strip():
        raise CycleRefusal("Unlocking a cycle wants a reason: it is kept in the audit log.")
    mapping, moment = mapping_and_moment(connector, site)
    cycle = _running(mapping, moment, cycle_id)
    changes, now = waiting_in(connector.store, site, mapping, moment, cycle_id, report), connector.clock()
    with connector.store.write() as conn:
        lock = _lock(conn, site, cycle_id, now)
        if lock is None:
            raise CycleRefusal(f"{cycle_id} is not locked.")
        cycle_locks.lift(conn, site, lock, actor.label, now)
        bindings.renew(conn, site, mapping.revision)
        detail = {"cycle": cycle_id, "changes": len(changes), "reason": reason.strip()[:LONGEST_REASON]}
        audit.note(conn, actor.label, "cycle unlocked", now, detail, site)
        ids = {one.id for one in lock.objectives} | {one.objective_id for one in changes}
        _follow(connector, conn, site, ids, f"{cycle_id} was unlocked")
    connector.announce()
    return _shown(site, cycle, lock, changes, mapping, moment)


@question(VIEWER)
def show_lock(
    connector: Connector, _actor: Actor, site: str, cycle_id: str, report: Report = silent
) -> CycleLockState:
    """The lock of a cycle and what waits for its unlocking. Raises CycleRefusal for a cycle that the mapping does not have."""
    mapping, moment = mapping_and_moment(connector, site)
    cycle = cycle_named(mapping, cycle_id)
    held = mapping.locks.of_cycle(cycle_id, moment.now)
    lock = None if held is None else held.lock
    running = lock is not None and not has_ended(cycle, moment)
    changes = waiting_in(connector.store, site, mapping, moment, cycle_id, report) if running else ()
    return _shown(site, cycle, lock, changes, mapping, moment)


def _shown(
    site: str,
    cycle: CyclePart,
    lock: CycleLock | None,
    changes: tuple[WaitingChange, ...],
    mapping: BoundMapping,
    moment: Moment,
) -> CycleLockState:
    return CycleLockState(
        site=site,
        cycle=cycle,
        lock=None if lock is None else _locked(lock),
        changes=changes,
        over=moment.today > cycle.end,
        since=None if lock is None else lock.at.astimezone(mapping.zone).date(),
    )


@question(VIEWER)
def waits_behind_lock(connector: Connector, _actor: Actor, site: str, name: str) -> str:
    """Why this issue (key or id) is no objective yet, where it would be one but for a locked cycle; empty where no lock is why."""
    try:
        mapping, moment = mapping_and_moment(connector, site)
    except Refusal:
        return ""
    if not mapping.locks:
        return ""
    with connector.store.read() as conn:
        known = mirror.get(conn, site, [id_]) if (id_ := mirror.id_of_key(conn, site, name.upper())) else {}
        known = known or mirror.get(conn, site, [name])
    issue = next(iter(known.values()), None)
    if issue is None:
        return ""
    free = Assessment(replace(mapping, locks=NO_LOCKS), Forest.of((issue,)), moment)
    rule = free.rule_for(issue)
    cycle = None if rule is None or rule.plain else cycle_for(free, rule, issue)
    held = None if cycle is None else mapping.locks.of_cycle(cycle.id, moment.now)
    if cycle is None or held is None or issue.id in held.objectives:
        return ""
    return (
        f"{issue.key} would be an objective of {cycle.id}, which was locked on {held.lock.at:%Y-%m-%d} by {held.lock.by} before it came: "
        f"nothing is computed of it and nothing written until {cycle.id} is unlocked. {LOCKED_CYCLE.at(Door.PAGE)}"
    )


def lock_due(connector: Connector, site: str) -> tuple[str, ...]:
    """Lock the running cycles whose `lock` has passed; which. One that somebody unlocked is locked again by hand."""
    mapping, moment = mapping_and_moment(connector, site)
    running = [one for one in mapping.cycles.running(moment.today) if one.lock is not None]
    if not running:
        return ()
    with connector.store.read() as conn:
        before = {one.cycle_id for one in cycle_locks.every(conn, site)}
        used = set(cycle_ends.list_running(conn, site))
    done = []
    for cycle in running:
        span = duration(cycle.lock) if cycle.lock is not None else None
        if span is None or cycle.id in before or cycle.id not in used or moment.today < cycle.start + span:
            continue
        lock_cycle(connector, CALENDAR, site, cycle.id, f"locked by itself, {cycle.lock} after its start")
        done.append(cycle.id)
    return tuple(done)


def _running(mapping: BoundMapping, moment: Moment, cycle_id: str) -> CyclePart:
    cycle = cycle_named(mapping, cycle_id)
    if has_ended(cycle, moment):
        raise CycleRefusal(f"{cycle_id} ended on {cycle.end}: its terms stand as they were then.")
    return cycle


def _lock(conn: Connection, site: str, cycle_id: str, now: datetime) -> CycleLock | None:
    held = (one for one in cycle_locks.every(conn, site) if one.cycle_id == cycle_id and one.holds(now))
    return next(held, None)


def terms_of(
    conn: Connection, site: str, mapping: BoundMapping, states: Iterable[ObjectiveState]
) -> Iterable[LockedObjective]:
    """The terms that these objectives have now, as a lock keeps them."""
    rules = {one.part.id: one for one in mapping.objectives if not one.plain}
    states = [one for one in states if one.rule_id in rules]
    issues = mirror.get(
        conn, site, {each.issue_id for one in states for each in one.key_results if each.issue_id}
    )
    for state in states:
        part = rules[state.rule_id].part
        held: dict[str, list[str]] = {one.id: [] for one in part.key_results}
        for one in state.key_results:
            if one.issue_id in issues:
                held.setdefault(one.rule_id, []).append(one.issue_id)
        yield LockedObjective(
            id=state.id,
            part=part,
            fields={name: mapping.fields[name] for name in aliases_of(part) if name in mapping.fields},
            key_results={rule_id: tuple(ids) for rule_id, ids in held.items()},
            issues=tuple(issues[id_] for ids in held.values() for id_ in ids),
        )


def waiting_in(
    store: Store,
    site: str,
    mapping: BoundMapping,
    moment: Moment,
    cycle_id: str,
    report: Report = silent,
) -> tuple[WaitingChange, ...]:
    """What stands under the lock, beside the same issues measured without it. Terms do not move under a lock, so what is kept of them is right, due or not.

    So many objectives are measured at once: what is held in memory does not grow with the site, unless its mapping finds issues wherever they are.
    """
    unlocked = replace(mapping, locks=NO_LOCKS)
    found: list[WaitingChange] = []
    with store.read() as conn:
        said, brought = check_ins.load_standing(conn, site), carries.load_standing(conn, site)
        aims = episode_aims(conn, site, mapping)
        read = kpi_readings(conn, site, mapping, moment.now, aims)
        locked = objectives.ids_of_cycle(conn, site, cycle_id)
        ids = _concerned(conn, site, Assessment(unlocked, Forest.of(()), moment, carries=brought), locked)
        whole = Forest.of(mirror.every(conn, site)) if _finds_anywhere(mapping) else None
        for first in range(0, len(ids), AT_ONCE):
            some = ids[first : first + AT_ONCE]
            stored = (objectives.load(conn, site, id_) for id_ in some if id_ in locked)
            standing = {one.state.id: _without_rows(one.state) for one in stored if one is not None}
            below = {one.state.id: one.state for _, one in objectives.aligned_among(conn, site, some)}
            free = assess_among(
                unlocked,
                whole or Forest.of(_around(conn, site, some)),
                some,
                moment,
                below,
                said,
                kpis=read,
                aims=aims,
                carries=brought,
                ledgers=False,
            )
            found += waiting_changes(cycle_id, standing, free)
            report(min(first + AT_ONCE, len(ids)), len(ids))
    return tuple(sorted(found, key=lambda one: one.what == JOINS))


def _concerned(conn: Connection, site: str, free: Assessment, locked: frozenset[str]) -> list[str]:
    """The objectives that are locked, and those that would be some but for the lock."""
    joining = [
        one.id
        for one in mirror.every(conn, site)
        if one.id not in locked and (rule := free.rule_for(one)) is not None and not rule.plain
    ]
    written = [id_ for id_, _ in free.written() if id_ not in locked]
    return [*sorted(locked, key=issue_order), *joining, *written]


def _finds_anywhere(mapping: BoundMapping) -> bool:
    parts = (part for rule in mapping.objectives for part in rule.key_results)
    return any(one.related is not None or isinstance(one.part.relation, JqlFieldRelation) for one in parts)


def _around(conn: Connection, site: str, ids: Iterable[str]) -> Iterable[Issue]:
    """What these objectives are measured from: what is below them, linked with them, and below that."""
    issues = [id_ for id_ in ids if not id_.startswith("@")]
    linked = mirror.load_linked(conn, site, issues)
    yield from mirror.subtree(conn, site, issues)
    yield from linked
    if linked:
        yield from mirror.subtree(conn, site, [one.id for one in linked])


def _without_rows(state: ObjectiveState) -> ObjectiveState:
    """The terms of an objective alone: its rows are most of what it takes."""
    own = (replace(one, measurement=replace(one.measurement, ledger=Ledger())) for one in state.key_results)
    return replace(state, ledger=Ledger(), key_results=tuple(own), touched=frozenset())


def _locked(lock: CycleLock) -> LockedCycle:
    return LockedCycle(
        cycle_id=lock.cycle_id,
        at=lock.at,
        by=lock.by,
        reason=lock.reason,
        objectives=len(lock.objectives),
    )


def _follow(connector: Connector, conn: Connection, site: str, ids: Iterable[str], why: str) -> None:
    now, found = connector.clock(), frozenset(ids)
    due.mark(conn, site, found, now, why)
    connector.announcer.marked(conn, site, found, now)


def lock_values(one: CycleLockState) -> PlainValues:
    """The same for programs."""
    lock = one.lock
    return {
        "site": one.site,
        "cycle": one.cycle.id,
        "locked": None
        if lock is None
        else {
            "at": lock.at.isoformat(),
            "by": lock.by,
            "reason": lock.reason,
            "objectives": lock.objectives,
        },
        "changes": [_change_values(each) for each in one.changes],
    }


def _change_values(one: WaitingChange) -> PlainValues:
    return {
        "objective": one.objective_id,
        "key": one.objective,
        "title": one.title,
        "key_result": one.key_result,
        "what": one.what,
        "locked": one.locked,
        "now": one.now,
        "sentence": one.sentence,
    }
