"""`okr_cycle`: one cycle with its scores, what waits while it is locked, and the mark by which a person closes it with these numbers."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from mappings.rollup.cycles.closing_preview import ObjectiveScore
from mappings.rollup.cycles.closing_record import Overlap
from mappings.rollup.cycles.score import ScoreMean
from plugin.mcp.cycles.lookup import cycle_refusals, running_cycle
from plugin.mcp.objectives import OwnDays, own_days
from plugin.mcp.protocol.lookup import site_of
from plugin.mcp.protocol.provenance import provenance
from plugin.mcp.protocol.quotation import Quoted
from plugin.mcp.protocol.shapes import Answer, Name, Number, PageArguments, RowCount, Shape, exactly, page_of
from plugin.mcp.protocol.tool import Tool, ToolAsker
from plugin.use_cases.cycles.cycles import CycleDetail, show_cycle
from plugin.use_cases.cycles.locks import LockedCycle, show_lock
from plugin.use_cases.cycles.replay import Replay, replay


class ScoredObjective(Shape):
    """One objective. `score` is its number while the cycle runs, what it stood at once it is over; null is unscored, never 0.

    `would_read` is its number under the `mapping` that was asked for; null, too, where none was.
    """

    id: str
    key: str
    title: Quoted
    commitment: str
    score: Number
    shown: str
    reads_as: str
    health: str
    reason: Quoted
    own_days: OwnDays | None
    would_read: Number


class ReachingObjective(Shape):
    """An objective with days of its own in the cycle that another one scores."""

    id: str
    key: str
    title: Quoted
    own_days: OwnDays | None
    scored_in: str | None


class MeanScore(Shape):
    """The plain mean of scored objectives of one commitment; the others stand beside it."""

    commitment: str
    score: Number
    scored: int
    unscored: int
    cancelled: int


class StandingLock(Shape):
    """That its objectives and key results keep their terms, and what has changed of them since and waits."""

    at: datetime
    by: Quoted
    reason: Quoted
    waiting: list[Quoted]


class CycleReview(Answer):
    """`counted` is of the objectives. `preview`: with this mark a person closes the cycle with exactly these numbers, or not at all; empty where it does not wait to be closed."""

    cycle: str
    start: date
    end: date
    state: str
    version: int
    mapping_revision: str | None = Field(
        description="Under which `would_read`; null where none was asked for."
    )
    preview: str
    locked: StandingLock | None
    reach_into: list[ReachingObjective]
    reach_into_noted: bool
    means: list[MeanScore]
    counted: RowCount
    objectives: list[ScoredObjective]


class CycleArguments(PageArguments):
    """Which cycle."""

    cycle: Name | None = Field(None, description="Its id; the running one where left out.")
    mapping: Name | None = Field(
        None, description="Also what it would have read under this revision (its beginning will do)."
    )


def okr_cycle(asking: ToolAsker, arguments: CycleArguments) -> CycleReview:
    """A page of a cycle's objectives."""
    site = site_of(asking, arguments)
    name = arguments.cycle or running_cycle(asking, site)
    with cycle_refusals(asking, site):
        found = show_cycle(asking.connector, asking.actor, site, name)
        lock = show_lock(asking.connector, asking.actor, site, name)
        other = (
            replay(asking.connector, asking.actor, site, name, arguments.mapping)
            if arguments.mapping
            else None
        )
    every = found.objectives
    shown, counted = page_of(
        f"okr_cycle:{site}:{name}:{arguments.mapping}", arguments, every, (one.state.id for one in every)
    )
    cycle = found.shown.cycle
    return CycleReview(
        provenance=provenance(asking, site, CycleReview, f"/review?cycle={cycle.id}"),
        cycle=cycle.id,
        start=cycle.start,
        end=cycle.end,
        state=found.shown.state.value,
        version=found.shown.version,
        mapping_revision=None if other is None else other.revision,
        preview=_mark(found, other),
        locked=None if lock.lock is None else _locked(lock.lock, [one.sentence for one in lock.changes]),
        reach_into=[_reaching(one) for one in found.touching],
        reach_into_noted=found.touching_noted,
        means=[_mean(one) for one in found.shown.means],
        counted=counted,
        objectives=[_objective(one, other) for one in shown],
    )


def _mark(found: CycleDetail, other: Replay | None) -> str:
    return found.preview if other is None else other.preview


def _locked(lock: LockedCycle, waiting: list[str]) -> StandingLock:
    return StandingLock(at=lock.at, by=lock.by, reason=lock.reason, waiting=list(waiting))


def _reaching(one: Overlap) -> ReachingObjective:
    return ReachingObjective(
        id=one.id, key=one.key, title=one.title, own_days=own_days(one.span), scored_in=one.cycle_id
    )


def _mean(one: ScoreMean) -> MeanScore:
    return MeanScore(
        commitment=one.commitment,
        score=exactly(one.value),
        scored=one.scored,
        unscored=one.unscored,
        cancelled=one.cancelled,
    )


def _objective(one: ObjectiveScore, other: Replay | None) -> ScoredObjective:
    state, score = one.state, one.score
    would = None
    if other is not None:
        would = next((each.after for each in other.objectives if each.shown.id == state.id), None)
    return ScoredObjective(
        id=state.id,
        key=state.key,
        title=state.title,
        commitment=score.commitment,
        score=exactly(score.value),
        shown=score.shown,
        reads_as=score.reading.value,
        health=state.health.level.value,
        reason=score.reason,
        own_days=own_days(state.span),
        would_read=exactly(None if would is None else would.progress),
    )


CYCLE = Tool(
    name="okr_cycle",
    title="One cycle",
    description="One cycle: its state, the scores of its objectives, what waits while it is locked, and what it would have read under another mapping.",
    takes=CycleArguments,
    gives=CycleReview,
    function=okr_cycle,
)
