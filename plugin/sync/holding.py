"""What is not written at once: a field that something else writes too, a resync that would change too much, a field that rushes.

A held change stays in the ledger of writes with the outcome `held`. A flapping field is let go by a person, when something
else is wanted for it, or when it has been calm for an hour; the brake is let go by a person alone. A field whose inputs change
more than twenty times an hour is held by nobody: it is written again some minutes later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import Connection

from connectors.store import facts, writes
from connectors.store.writes import Write
from mappings.brake import Hold, Movement, brake, loss
from mappings.fields import FieldType, field_type, is_empty
from mappings.mapping import Mapping
from mappings.planning import Change, Plan
from plugin.sync.context import Context

WINDOW = timedelta(hours=1)
MOST_REWRITES = 5
"""So often within the window may a value of another hand be overwritten; then something writes against us."""
UNPACED = 20
"""So often within the window is a field written as soon as its inputs change; then no more than so often in the same time."""
BRAKE = "brake"
BREAKER = "breaker"
FLAPPING = (
    "This field flaps: more than 5 times within an hour another value stood there than the one written last. "
    "Something else writes it too: an automation rule, another app, or people."
)


@dataclass(frozen=True, slots=True)
class Brake:
    """A resync was held: why, since when, and which objectives wait."""

    reason: str
    at: datetime
    count: int
    objectives: frozenset[str]


@dataclass(frozen=True, slots=True)
class Sifted:
    """A plan without what waits, what has to wait for a person from now on, and until when the rest is paced."""

    plan: Plan
    held: tuple[Change, ...] = ()
    later: datetime | None = None


def standing(conn: Connection, site: str) -> Brake | None:
    """The brake that holds this site, if one does."""
    found: Brake | None = facts.get(conn, site, BRAKE, Brake | None)
    return found


def sift(context: Context, conn: Connection, planned: Plan) -> Sifted:
    """Take out of a plan what waits for a person."""
    if not planned:
        return Sifted(planned)
    held = standing(conn, context.site)
    braked = held is not None and planned.objective_id in held.objectives
    kept: list[Change] = []
    flapping: list[Change] = []
    later: list[datetime] = []
    for change in planned.changes:
        if (braked and not is_empty(change.before)) or _is_held(context, conn, change):
            continue
        lately = _written_lately(context, conn, change)
        following = paced_until(lately, context.clock())
        if _flaps(context, change, lately):
            flapping.append(change)
        elif following is not None:
            later.append(following)
        else:
            kept.append(change)
    return Sifted(replace(planned, changes=tuple(kept)), tuple(flapping), min(later, default=None))


def _is_held(context: Context, conn: Connection, change: Change) -> bool:
    hold = writes.held_now(conn, context.site, change.issue_id, change.field_id)
    if hold is None or hold.after != change.after:
        return False
    calm = hold.cause == BREAKER and context.clock() - hold.at > WINDOW
    return not calm


def _written_lately(context: Context, conn: Connection, change: Change) -> list[Write]:
    """Since a person let the field go, where that was within the window."""
    place = (context.site, change.issue_id, change.field_id)
    since, released = context.clock() - WINDOW, writes.released_at(conn, *place)
    return writes.written_since(conn, *place, max(since, released) if released else since)


def _flaps(context: Context, change: Change, lately: Sequence[Write]) -> bool:
    type_ = type_of(context.mapping, change.field_id)
    return type_ is not None and is_war(type_, change, lately)


def is_war(type_: FieldType, change: Change, lately: Sequence[Write]) -> bool:
    """Whether a change would once more overwrite another hand, by our writes of the field since the window began.

    Where Jira still holds what we wrote last the inputs changed, however often. A value that is new to the field goes through.
    """
    if not lately or type_.equal(change.before, lately[-1].after):
        return False
    overwritten = sum(not type_.equal(now.before, last.after) for last, now in pairwise(lately))
    return overwritten >= MOST_REWRITES and any(type_.equal(one.after, change.after) for one in lately)


def paced_until(lately: Sequence[Write], now: datetime) -> datetime | None:
    """When a field that is written so often may be written next; None where that is now."""
    within = [one for one in lately if now - one.at < WINDOW]
    if len(within) < UNPACED:
        return None
    following = within[-1].at + WINDOW / UNPACED
    return following if following > now else None


def type_of(mapping: Mapping, field_id: str) -> FieldType | None:
    """The type of a field or property that the mapping writes; None where it writes no such one."""
    written = (*mapping.fields.values(), *mapping.properties())
    return next((field_type(field) for field in written if field.id == field_id), None)


def note_held(context: Context, planned: Plan, changes: Iterable[Change], cause: str, note: str) -> None:
    """Put changes into the ledger of writes as held."""
    waiting = replace(planned, changes=tuple(changes))
    if not waiting:
        return
    now = context.clock()
    with context.store.write() as conn:
        plan_id = writes.intend(conn, context.site, waiting, context.mapping.revision, cause, now)
        for change in waiting.changes:
            writes.settle(conn, plan_id, change.issue_id, change.field_id, "held", note, now)


def brake_resync(
    context: Context, plans: Iterable[Plan], movement: Callable[[], Movement] = Movement
) -> Brake | None:
    """Hold what a resync would change, where that is too much; `plans` are made one by one, and again where they are held.

    `movement` is asked after the last of them: which objectives and key results they lose, and which healths they change.
    """
    with context.store.read() as conn:
        written = writes.written_count(conn, context.site)
    seen: list[Plan] = []
    decision = brake(_remembering(plans, seen), written, context.mapping.document.brake)
    if not isinstance(decision, Hold):
        decision = loss(movement(), context.mapping.document.brake)
    if not isinstance(decision, Hold) or not seen:
        return None
    held = Brake(
        decision.reason, context.clock(), decision.count, frozenset(plan.objective_id for plan in seen)
    )
    with context.store.write() as conn:
        facts.put(conn, context.site, BRAKE, held)
    for plan in seen:
        note_held(context, plan, _overwriting(plan), "resync", decision.reason)
    return held


def _remembering(plans: Iterable[Plan], seen: list[Plan]) -> Iterator[Plan]:
    """Keeps the plans that overwrite something: few, as a rule, for most fields are right."""
    for plan in plans:
        if any(True for _ in _overwriting(plan)):
            seen.append(plan)
        yield plan


def _overwriting(plan: Plan) -> Iterator[Change]:
    return (change for change in plan.changes if not is_empty(change.before))


def release(context: Context, objective_ids: Iterable[str] | None = None) -> int:
    """A person looked: let go what is held, of these objectives or of all; how many changes."""
    now = context.clock()
    with context.store.write() as conn:
        if objective_ids is None:
            facts.put(conn, context.site, BRAKE, None)
            return writes.release(conn, context.site, now)
        ids = frozenset(objective_ids)
        held = standing(conn, context.site)
        if held is not None:
            left = held.objectives - ids
            facts.put(conn, context.site, BRAKE, replace(held, objectives=left) if left else None)
        return sum(writes.release(conn, context.site, now, objective_id) for objective_id in sorted(ids))
