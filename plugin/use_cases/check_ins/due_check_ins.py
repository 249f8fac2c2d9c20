"""Which key results wait for a check-in, and which objectives of a cycle that has ended for their score."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from sqlalchemy import Connection

from connectors.store.cycles import closings
from connectors.store.mirror import mirror
from connectors.store.numbers import check_ins, objectives
from mappings.document.mapping import Mapping as BoundMapping
from mappings.document.schema import CyclePart
from mappings.explain.due_check_in import DueCheckIn, due_check_in, is_to_score
from mappings.facts.moment import Moment
from mappings.json_value import PlainValues
from mappings.rollup.cycles.cycle import cycle_in_span
from mappings.rollup.state import KeyResultState, ObjectiveState
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector
from plugin.use_cases.mappings.revisions import bound
from plugin.use_cases.permission import VIEWER, question

CHECK_IN, SCORE = "check_in", "score"


@dataclass(frozen=True, slots=True)
class Reminder:
    """What waits for whom. `what`: a check-in of a key result, or the score of an objective (`key_result` None) whose cycle ended."""

    what: str
    objective: ObjectiveState
    key_result: KeyResultState | None
    since: date
    missed: int = 1
    last: date | None = None

    @property
    def owner(self) -> str | None:
        """Who is asked: the assignee of the key result, else of the objective."""
        own = None if self.key_result is None else self.key_result.owner
        return own or self.objective.owner


@question(VIEWER)
def due_check_ins(connector: Connector, actor: Actor, site: str, owner: str = "") -> tuple[Reminder, ...]:
    """What is due today, most missed first; of one owner, in any case, where one is named. Nothing where the mapping asks for no check-ins."""
    mapping = bound(connector, actor, site)
    if mapping is None or mapping.document.check_ins is None:
        return ()
    with connector.store.read() as conn:
        states = [saved.state for saved in objectives.load_objectives(conn, site)]
        found = list(_due(mapping, conn, site, states, connector.clock()))
    wanted = owner.strip().casefold()
    mine = [one for one in found if not wanted or wanted == (one.owner or "").casefold()]
    return tuple(sorted(mine, key=lambda one: (-one.missed, one.since)))


@question(VIEWER)
def due_on(connector: Connector, actor: Actor, site: str, objective_id: str) -> Mapping[str, Reminder]:
    """What is due today of one objective, by key result; nothing while no mapping rules."""
    mapping = bound(connector, actor, site)
    with connector.store.read() as conn:
        saved = objectives.load(conn, site, objective_id) if mapping is not None else None
        if saved is None or mapping is None:
            return {}
        found = list(_due(mapping, conn, site, [saved.state], connector.clock()))
    return {one.key_result.id: one for one in found if one.key_result is not None}


def _due(
    mapping: BoundMapping, conn: Connection, site: str, states: Sequence[ObjectiveState], now: datetime
) -> Iterator[Reminder]:
    """What is due of these objectives, in as many statements for many as for one."""
    part, today = mapping.document.check_ins, Moment(now, mapping.zone).today
    if part is None:
        return
    closed, running = closings.load_closed(conn, site), list[tuple[ObjectiveState, CyclePart]]()
    for state in states:
        cycle = mapping.cycles.get(state.cycle_id)
        if cycle is None or cycle.id in closed:
            continue
        if is_to_score(cycle, today):  # whatever days of its own it has: it is scored with its cycle
            yield Reminder(SCORE, state, None, cycle.end)
        else:
            running.append((state, cycle_in_span(cycle, state.span)))
    told = _told(conn, site, [state for state, _ in running])
    for state, cycle in running:
        for one in state.key_results:
            last = _day(told.get((state.id, one.id), ()), mapping.zone)
            found: DueCheckIn | None = due_check_in(part, cycle, one, today, last)
            if found is not None:
                yield Reminder(
                    what=CHECK_IN,
                    objective=state,
                    key_result=one,
                    since=found.since,
                    missed=found.missed,
                    last=found.last,
                )


def due_values(one: Reminder) -> PlainValues:
    """One of them in plain values."""
    own = one.key_result
    return {
        "what": one.what,
        "objective": one.objective.id,
        "objective_key": one.objective.key,
        "key_result": None if own is None else own.id,
        "key": None if own is None else own.key,
        "title": one.objective.title if own is None else own.title,
        "owner": one.owner,
        "since": one.since,
        "missed": one.missed,
        "last": one.last,
    }


def _told(
    conn: Connection, site: str, states: Sequence[ObjectiveState]
) -> Mapping[tuple[str, str], Sequence[datetime]]:
    """By objective and key result when something was said of it or read."""
    spoken = check_ins.last_said(conn, site, [state.id for state in states])
    every = [(state.id, one) for state in states for one in state.key_results]
    issues = mirror.get(conn, site, {one.issue_id for _, one in every if one.issue_id})
    said: dict[tuple[str, str], list[datetime]] = {}
    for objective_id, one in every:
        place = (objective_id, one.id)
        issue = issues.get(one.issue_id or "")
        readings = issue.readings.values() if issue is not None else ()
        found = [reading.at for part in readings for reading in part if reading.value is not None]
        if one.measurement.measured_at is not None:
            found.append(one.measurement.measured_at)
        if place in spoken:
            found.append(spoken[place])
        said[place] = found
    return said


def _day(moments: Sequence[datetime], zone: tzinfo) -> date | None:
    latest = max(moments, default=None)
    return None if latest is None else latest.astimezone(zone).date()
