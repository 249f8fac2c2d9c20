"""Which cycles there are and what each comes to: from its records where it is closed, as of its end where it has ended, else as of now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from sqlalchemy import Connection

from connectors.store.cycles import closings, cycle_ends
from connectors.store.cycles.closings import ClosingAct
from connectors.store.mirror import browse
from mappings.document.mapping import Mapping
from mappings.document.schema import CyclePart
from mappings.facts.forest import Forest
from mappings.facts.issue import Issue
from mappings.facts.moment import Moment
from mappings.json_value import PlainValues
from mappings.rollup.assessment import Assessment
from mappings.rollup.cycles.closing_preview import ObjectiveScore, mark_of
from mappings.rollup.cycles.closing_record import ClosingRecord, LinkKind, Overlap, Verdict, verify
from mappings.rollup.cycles.cycle_end import has_ended
from mappings.rollup.cycles.score import COLOURS, Score, ScoreMean, means, shown_score
from mappings.rollup.state import ObjectiveState
from plugin.access.authorization.actor import Actor
from plugin.next_steps import CYCLES
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.cycles.overlaps import overlaps
from plugin.use_cases.mappings import revisions
from plugin.use_cases.objectives.objective_values import exact_text, number
from plugin.use_cases.permission import VIEWER, question


class CycleState(StrEnum):
    """Where a cycle is in its life."""

    UPCOMING = "upcoming"
    RUNNING = "running"
    LOCKED = "locked"
    """It runs, and its objectives keep the terms that they had when it was locked."""
    ENDED = "ended"
    CLOSED = "closed"


class CycleRefusal(Refusal):
    """What was asked of a cycle cannot be done; the message says why and what to do."""


class UnknownCycle(CycleRefusal):
    """The mapping has no cycle of this id."""

    def __init__(self, cycle_id: str) -> None:
        self.cycle_id = cycle_id
        super().__init__(f"There is no cycle {cycle_id}.", step=CYCLES)


class CycleDays(Protocol):
    """A cycle; both ends are days that count."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str | None: ...
    @property
    def start(self) -> date: ...
    @property
    def end(self) -> date: ...


@dataclass(frozen=True, slots=True)
class CycleSummary:
    """One cycle of one site: its days, its state, the version of its last closing, and how its objectives score by commitment."""

    site: str
    cycle: CyclePart
    state: CycleState
    version: int
    objectives: int
    means: tuple[ScoreMean, ...]


@dataclass(frozen=True, slots=True)
class CycleDetail:
    """One cycle with its objectives, and what was done to it, the oldest act first.

    `touching` are objectives whose own days reach into it and end in another, which scores them; not `touching_noted`: it was closed
    when that was not kept yet, and nobody knows them. `preview` is the mark of these numbers, to
    close the cycle by; empty where it does not wait to be closed. It is that of all that there is, whatever of it somebody may see.
    """

    shown: CycleSummary
    objectives: tuple[ObjectiveScore, ...]
    acts: tuple[ClosingAct, ...]
    touching: tuple[Overlap, ...] = ()
    preview: str = ""
    touching_noted: bool = True


@question(VIEWER)
def list_cycles(connector: Connector, _actor: Actor, site: str) -> tuple[CycleSummary, ...]:
    """Those that run now and those that objectives ran in, the latest end first."""
    mapping, today = mapping_and_moment(connector, site)
    with connector.store.read() as conn:
        closed = {one.cycle_id for one in closings.acts(conn, site)}
        ids = {*cycle_ends.cycles(conn, site), *cycle_ends.list_running(conn, site), *closed}
        ids |= {one.id for one in mapping.cycles.running(today.today)}
        found = [_shown(conn, site, mapping, today, id_)[0] for id_ in sorted(ids) if _known(mapping, id_)]
    return tuple(sorted(found, key=lambda one: (one.cycle.end, one.cycle.start), reverse=True))


@question(VIEWER)
def running_cycles(connector: Connector, actor: Actor, site: str) -> tuple[CyclePart, ...]:
    """Those that hold today, the one that ends first in front; none where no mapping can be bound from what is stored."""
    mapping = revisions.bound(connector, actor, site)
    if mapping is None:
        return ()
    return mapping.cycles.running(connector.clock().astimezone(mapping.zone).date())


@question(VIEWER)
def past_cycles(connector: Connector, _actor: Actor, site: str) -> tuple[str, ...]:
    """Ids of the cycles of which an end was noted, or that were closed; the mapping may have dropped some by now."""
    with connector.store.read() as conn:
        ids = {*cycle_ends.cycles(conn, site), *(one.cycle_id for one in closings.acts(conn, site))}
    return tuple(sorted(ids))


@question(VIEWER)
def show_cycle(connector: Connector, _actor: Actor, site: str, cycle_id: str) -> CycleDetail:
    """One cycle with its objectives. Raises CycleRefusal for one that the mapping does not have."""
    mapping, moment = mapping_and_moment(connector, site)
    with connector.store.read() as conn:
        shown, scored = _shown(conn, site, mapping, moment, cycle_id)
        acts = tuple(closings.acts(conn, site, cycle_id))
        closed = shown.state is CycleState.CLOSED
        touching = acts[-1].overlaps if closed else overlaps(conn, connector.context(site), shown.cycle)
        return CycleDetail(
            shown=shown,
            objectives=scored,
            acts=acts,
            touching=touching or (),
            touching_noted=touching is not None,
            preview=mark_of("", scored) if scored and shown.state is CycleState.ENDED else "",
        )


@question(VIEWER)
def verify_records(connector: Connector, _actor: Actor, site: str) -> Verdict:
    """Whether every record of a closed cycle is what was closed."""
    with connector.store.read() as conn:
        return verify(closings.links(conn, site))


def mapping_and_moment(connector: Connector, site: str) -> tuple[Mapping, Moment]:
    """The mapping that rules a site, and now in its time zone."""
    mapping = connector.context(site).mapping
    return mapping, Moment(connector.clock(), mapping.zone)


def cycle_named(mapping: Mapping, cycle_id: str) -> CyclePart:
    """The cycle of this id. Raises CycleRefusal."""
    cycle = mapping.cycles.get(cycle_id)
    if cycle is None:
        raise UnknownCycle(cycle_id)
    return cycle


def scored_at_end(conn: Connection, site: str, mapping: Mapping, cycle_id: str) -> tuple[ObjectiveScore, ...]:
    """The objectives of a cycle that has ended and is not closed, as of its end."""
    cycle = cycle_named(mapping, cycle_id)
    found = []
    for end in cycle_ends.of_cycle(conn, site, cycle_id):
        score = derived_score(mapping, cycle, end.facts.forest, end.state)
        doubts = tuple((doubt.value, key) for doubt, key in end.facts.doubts)
        found.append(ObjectiveScore(end.state, score, doubts))
    return in_order(found)


def last_version(acts: Iterable[ClosingAct]) -> int:
    """The version of the last closing; 0 where there was none."""
    return max((one.version for one in acts), default=0)


def is_closed(acts: Iterable[ClosingAct]) -> bool:
    """Whether the last thing done to a cycle was closing it."""
    last = next(reversed(list(acts)), None)
    return last is not None and last.kind is LinkKind.CLOSED


def _known(mapping: Mapping, cycle_id: str) -> bool:
    return mapping.cycles.get(cycle_id) is not None


def _shown(
    conn: Connection, site: str, mapping: Mapping, moment: Moment, cycle_id: str
) -> tuple[CycleSummary, tuple[ObjectiveScore, ...]]:
    cycle, acts = cycle_named(mapping, cycle_id), closings.acts(conn, site, cycle_id)
    version = last_version(acts)
    if is_closed(acts):
        state = CycleState.CLOSED
        scored = _of_records(closings.records(conn, site, cycle_id, version))
    elif has_ended(cycle, moment):
        state, scored = CycleState.ENDED, scored_at_end(conn, site, mapping, cycle_id)
    else:
        state = CycleState.RUNNING if cycle.start <= moment.today else CycleState.UPCOMING
        state = CycleState.LOCKED if mapping.locks.of_cycle(cycle_id, moment.now) is not None else state
        saved = browse.objectives_of(conn, site, cycle_ends.list_unnoted(conn, site, cycle_id))
        scored = in_order(
            ObjectiveScore(one.state, Score(one.state.progress, one.state.commitment))
            for one in saved.values()
        )
    found = means(one.score for one in scored)
    return CycleSummary(
        site=site, cycle=cycle, state=state, version=version, objectives=len(scored), means=found
    ), scored


def _of_records(records: Iterable[ClosingRecord]) -> tuple[ObjectiveScore, ...]:
    return in_order(ObjectiveScore(one.state, one.score, one.doubts) for one in records)


def derived_score(mapping: Mapping, cycle: CyclePart, forest: Forest, state: ObjectiveState) -> Score:
    """The score of an objective by its number alone; none where its own issue was given up by the end."""
    issue = forest.issue(state.issue_id) if state.issue_id is not None else None
    cancelled = issue is not None and _cancelled(mapping, cycle, forest, issue)
    return Score(state.progress, state.commitment, cancelled=cancelled)


def _cancelled(mapping: Mapping, cycle: CyclePart, forest: Forest, issue: Issue) -> bool:
    """Whether the objective's own issue was closed as excluded (Won't Do)."""
    moment = forest.moment(Moment(issue.updated, mapping.zone), mapping.roots())
    assessment = Assessment(mapping, forest, moment).at_end(cycle, None)
    return assessment.statuses.given_up(issue)


def in_order(found: Iterable[ObjectiveScore]) -> tuple[ObjectiveScore, ...]:
    """By project and number."""
    return tuple(sorted(found, key=lambda one: (one.state.project_key, _number(one.state), one.state.id)))


def _number(state: ObjectiveState) -> int:
    digits = state.key.rpartition("-")[2]
    return int(digits) if digits.isdecimal() and digits.isascii() else 0


def mean_text(mean: ScoreMean) -> str:
    """`committed 0.62 (4 scored, 1 unscored)`."""
    counts = [f"{mean.scored} scored"]
    counts += [f"{mean.unscored} unscored"] if mean.unscored else []
    counts += [f"{mean.cancelled} cancelled"] if mean.cancelled else []
    return f"{mean.commitment} {shown_score(mean.value)} ({', '.join(counts)})"


def cycle_values(one: CycleSummary) -> PlainValues:
    """The same for programs."""
    return {
        "site": one.site,
        "id": one.cycle.id,
        "name": one.cycle.name,
        "start": one.cycle.start.isoformat(),
        "end": one.cycle.end.isoformat(),
        "state": one.state.value,
        "version": one.version,
        "objectives": one.objectives,
        "means": [mean_values(mean) for mean in one.means],
    }


def mean_values(one: ScoreMean) -> PlainValues:
    """A mean for programs."""
    return {
        "commitment": one.commitment,
        "score": number(one.value),
        "score_exact": exact_text(one.value),
        "scored": one.scored,
        "unscored": one.unscored,
        "cancelled": one.cancelled,
        "advice": one.advice,
    }


def scored_values(one: ObjectiveScore) -> PlainValues:
    """An objective with its score, for programs."""
    state, score = one.state, one.score
    return {
        "objective": state.id,
        "key": state.key,
        "title": state.title,
        "owner": state.owner,
        "commitment": score.commitment,
        "score": number(score.value),
        "score_exact": exact_text(score.value),
        "shown": score.shown,
        "derived": number(score.derived),
        "said": number(score.said),
        "reason": score.reason,
        "reading": score.reading.value,
        "colour": COLOURS[score.reading],
        "health": state.health.level.value,
        "health_rule": state.health.rule,
        "sentence": state.health.sentence,
        "doubts": [{"doubt": doubt, "issue": key} for doubt, key in one.doubts],
    }


def act_values(one: ClosingAct) -> PlainValues:
    """What was done to a cycle, for programs."""
    return {
        "act": one.kind.value,
        "version": one.version,
        "at": one.at.isoformat(),
        "by": one.by,
        "note": one.note,
        "hash": one.hash,
    }


def touching_text(one: Overlap) -> str:
    """`PLAT-3 Faster checkout: its own days are 2026-11-01 to 2027-02-10, and 2027-Q1 scores it`."""
    days = f"{one.span[0]} to {one.span[1]}"
    return f"{one.key or one.id} {one.title}: its own days are {days}, and {one.cycle_id} scores it"


NOT_NOTED = "When it was closed it was not kept yet which objectives with days of their own reached into it."
"""What is said of a closing of an earlier version."""


def touching_values(one: Overlap) -> PlainValues:
    """An objective that only touches a cycle, for programs."""
    return {
        "objective": one.id,
        "key": one.key,
        "title": one.title,
        "start": one.span[0].isoformat(),
        "end": one.span[1].isoformat(),
        "scored_in": one.cycle_id,
    }


def detail_values(one: CycleDetail) -> PlainValues:
    """A whole cycle, for programs."""
    return {
        **cycle_values(one.shown),
        "scores": [scored_values(scored) for scored in one.objectives],
        "acts": [act_values(act) for act in one.acts],
        "touching": [touching_values(state) for state in one.touching],
        "touching_noted": one.touching_noted,
        "preview": one.preview,
    }
