"""Why a number moved between two moments, from the ledgers kept of each: which issues, by how much, summing exactly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from functools import partial
from itertools import pairwise

from sqlalchemy import Connection

from connectors.store.mirror import state_changes
from connectors.store.mirror.state_changes import KeptChange
from connectors.store.numbers import check_ins, snapshots
from connectors.store.numbers.check_ins import WITHDRAWN, KeptCheckIn
from connectors.store.numbers.snapshots import StateSnapshot
from mappings.explain.marks import Mark, checked_in, marks, withdrawn
from mappings.explain.movement import Effect, Movement, MovementPart, by_things, objective_moved, open_rows
from mappings.explain.week import WeekMove, unmoved_week, week_of
from mappings.facts.forest import issue_order
from mappings.facts.local_time import MILLISECOND
from plugin.next_steps import BACKFILL, SIGHT, SYNC
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.objectives.moments import WEEK


@dataclass(frozen=True, slots=True)
class ToldMovement:
    """What is known of a movement: None where history `begins` after `since`, where there is none at all, or where it is not told to whoever
    asks though it `is_known`.

    `reconstructed` says that the state at the beginning was worked out from Jira's history, not observed; `choice` is which of
    CHOICES it was asked since, empty where a day or an instant was named. `cycles` are those it ran in at either end.
    """

    since: datetime
    until: datetime
    begins: datetime | None
    movement: Movement | None = None
    reconstructed: bool = False
    revisions: tuple[str, ...] = ()
    choice: str = ""
    cycles: tuple[str | None, str | None] = (None, None)
    is_known: bool = False

    @property
    def is_withheld(self) -> bool:
        """Whether there is a movement that whoever asks may not see."""
        return self.is_known and self.movement is None

    def numbers_of(self, _now: datetime) -> tuple[datetime, datetime]:
        """The time that its numbers are of."""
        return min(self.since, self.until), self.until


def movement_between(
    conn: Connection, site: str, objective_id: str, since: datetime, until: datetime
) -> ToldMovement:
    """The movement with what it was worked out from, on an open connection. Reads only the store."""
    begins = snapshots.begins(conn, site, objective_id)
    first = snapshots.load_at(conn, site, objective_id, since)
    if first is None or until < since:
        return ToldMovement(since, until, begins)
    steps = [first, *_turning_points(conn, site, objective_id, first, until)]
    movement = chain_steps(steps)
    things = _things(conn, site, objective_id, movement, first.at, until)
    return ToldMovement(
        since=since,
        until=until,
        begins=begins,
        movement=by_things(movement, things),
        reconstructed=first.backfilled,
        revisions=tuple(dict.fromkeys(step.mapping_revision for step in steps)),
        cycles=(steps[0].state.cycle_id, steps[-1].state.cycle_id),
        is_known=True,
    )


def _things(
    conn: Connection, site: str, objective_id: str, movement: Movement, since: datetime, until: datetime
) -> dict[str, str]:
    """By row the sprint or the version whose state moved it: what was noted of its issue, where the row stood otherwise right after that."""
    found: dict[str, str] = {}
    noted: dict[datetime, list[KeptChange]] = {}
    for one in state_changes.load_of(conn, site, open_rows(movement), since, until):
        noted.setdefault(one.at, []).append(one)
    for at, changes in noted.items():
        before = snapshots.load_at(conn, site, objective_id, at - MILLISECOND)
        after = snapshots.load_next(conn, site, objective_id, at)
        if before is None or after is None or after.at > min(until, at + state_changes.FELT_WITHIN):
            continue
        moved = {row.id for row in _step(before, after).rows}
        found |= {one.issue_id: one.change.words for one in changes if one.issue_id in moved}
    return found


def _turning_points(
    conn: Connection, site: str, objective_id: str, first: StateSnapshot, until: datetime
) -> list[StateSnapshot]:
    """The snapshots on both sides of every change of the mapping, and the last one."""
    turns = [(first.at, first.mapping_revision)]
    turns += snapshots.turns(conn, site, objective_id, first.at, until)
    wanted: dict[datetime, None] = {}
    for (was, old), (at, new) in pairwise(turns):
        if old != new:
            wanted.update({was: None, at: None})
    wanted[turns[-1][0]] = None
    wanted.pop(first.at, None)
    found = (snapshots.load_at(conn, site, objective_id, at) for at in wanted)
    return [one for one in found if one is not None]


def list_marks(conn: Connection, site: str, objective_id: str) -> list[Mark]:
    """What the history of an objective marks: targets changed, scope that came or went, check-ins; oldest first."""
    steps = snapshots.outlines(conn, site, objective_id)
    names = {one.id: one.name for step in steps for one in step.outline.key_results}
    found = [*marks(steps)]
    for kept in check_ins.load_all(conn, site, objective_id):
        if kept.retracted:
            continue
        found += _said(kept, names.get(kept.check_in.key_result_id, kept.check_in.key_result_id))
    return sorted(found, key=lambda mark: mark.at)


def _said(kept: KeptCheckIn, name: str) -> list[Mark]:
    told = [checked_in(kept.check_in, name)]
    if kept.ended_how == WITHDRAWN and kept.ended_at is not None:
        told.append(withdrawn(kept.check_in, kept.ended_at, kept.ended_by or "", name))
    return told


def chain_steps(steps: Sequence[StateSnapshot]) -> Movement:
    """The movement over snapshots in the order of time: the mapping's part is what its own change did, the rest is work.

    With an unknown number on the way only its ends are compared.
    """
    if any(step.state.progress is None for step in steps):
        return _step(steps[0], steps[-1])
    moves = [_step(one, other) for one, other in pairwise(steps)]
    last = steps[-1].state.progress
    return Movement(steps[0].state.progress, last, merge_effects(row for move in moves for row in move.rows))


def _step(one: StateSnapshot, other: StateSnapshot) -> Movement:
    return objective_moved(one.state, other.state, (one.mapping_revision, other.mapping_revision))


def merge_effects(rows: Iterable[Effect]) -> tuple[Effect, ...]:
    """Each row once per part, from where it first stood to where it last did, with what it did altogether."""
    found: dict[tuple[MovementPart, str], Effect] = {}
    for row in rows:
        known = found.get((row.part, row.id))
        if known is not None:
            effect = (known.effect or Fraction(0)) + (row.effect or Fraction(0))
            row = replace(row, before=known.before, effect=effect)
        found[row.part, row.id] = row
    order = list(MovementPart)
    return tuple(sorted(found.values(), key=lambda row: (order.index(row.part), issue_order(row.id))))


WITHHELD = "What moved it between these moments is not shown to you: it counts, or counted then, issues that you may not see."


def no_history(found: ToldMovement) -> Refusal:
    """Why a movement is not told, and what to ask or do instead."""
    if found.is_withheld:
        return Refusal(WITHHELD, step=SIGHT)
    if found.until < found.since:
        return Refusal(
            "The end lies before the beginning: ask since an earlier moment, or until a later one."
        )
    if found.begins is None:
        return Refusal("There is no history of this objective yet. It begins with the next sync.", step=SYNC)
    return Refusal(
        f"History of this objective begins on {found.begins:%Y-%m-%d %H:%M} UTC; nothing is known of before. "
        "Ask since the first measurement (“first”), or have what was before reconstructed.",
        step=BACKFILL,
    )


def weeks(
    connector: Connector, conn: Connection, site: str, progress: Mapping[str, Fraction | None]
) -> Mapping[str, WeekMove]:
    """The week until now of those whose history reaches back so far, by id; `progress` is where each stands."""
    now = connector.clock()
    since = now - WEEK
    found: dict[str, WeekMove] = {}
    for id_, (first, last) in snapshots.spans(conn, site, progress, since).items():
        if first == last:
            found[id_] = unmoved_week(progress[id_])
            continue
        work_out = partial(_moved, conn, site, id_, since, now)
        found[id_] = connector.weeks.known((site, id_, first, last), work_out)
    return found


def _moved(conn: Connection, site: str, objective_id: str, since: datetime, now: datetime) -> WeekMove:
    found = movement_between(conn, site, objective_id, since, now)
    was, runs = found.cycles
    if was != runs and was is not None:
        return WeekMove(None, (f"It ran in {was} a week ago: what it stood at there is not compared.",))
    return WeekMove(None, ()) if found.movement is None else week_of(found.movement)
