"""What waits for a person instead of being written: a field that flaps, and a resync that would change too much at once.

A held change stays in the ledger of writes with the outcome `held`. A flapping field is let go by a person, when something
else is wanted for it, or when it has been calm for an hour; the brake is let go by a person alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from connectors.store import facts, writes
from mappings.brake import Hold, Movement, brake, loss
from mappings.fields import is_empty
from mappings.planning import Change, Plan
from plugin.sync.context import Context

WINDOW = timedelta(hours=1)
MOST_REWRITES = 5
"""So often within the window may an earlier value be written to a field again; then something writes against us."""
BRAKE = "brake"
BREAKER = "breaker"
FLAPPING = (
    "This field flaps: more than 5 times within an hour a value was written again that had been written before. "
    "Something else writes it too, or the issues behind it change to and fro."
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
    """A plan without what waits, and what has to wait from now on."""

    plan: Plan
    held: tuple[Change, ...] = ()


def flaps(rewrites: int, written_before: bool) -> bool:
    """Whether one more write of a value is held; a value that is new to the field never is."""
    return written_before and rewrites >= MOST_REWRITES


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
    for change in planned.changes:
        if (braked and not is_empty(change.before)) or _is_held(context, conn, change):
            continue
        (flapping if _flaps(context, conn, change) else kept).append(change)
    return Sifted(replace(planned, changes=tuple(kept)), tuple(flapping))


def _is_held(context: Context, conn: Connection, change: Change) -> bool:
    hold = writes.held_now(conn, context.site, change.issue_id, change.field_id)
    if hold is None or hold.after != change.after:
        return False
    calm = hold.cause == BREAKER and context.clock() - hold.at > WINDOW
    return not calm


def _flaps(context: Context, conn: Connection, change: Change) -> bool:
    place = (context.site, change.issue_id, change.field_id)
    since = context.clock() - WINDOW
    if writes.flaps(conn, *place, since) < MOST_REWRITES:
        return False
    released = writes.released_at(conn, *place)
    since = max(since, released) if released else since
    rewrites = writes.flaps(conn, *place, since)
    return flaps(rewrites, rewrites > 0 and writes.wrote(conn, *place, change.after, since))


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
