"""The scores of a cycle that has ended: what its objectives came to, by site, and what may be done with it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import NamedTuple

from mappings.rollup.cycles.closing_preview import ObjectiveScore
from mappings.rollup.cycles.closing_record import LinkKind
from mappings.rollup.cycles.score import COLOURS, ScoreMeaning, shown_score
from plugin.pages.views.cycles.row_page import ROWS, RowPage, page_of
from plugin.pages.views.words.moments import day_text, own_days
from plugin.use_cases.cycles.cycles import NOT_NOTED, CycleDetail, CycleState, mean_text, touching_text

TONES = {"green": "achieved", "yellow": "at_risk", "red": "off_track", "none": "unknown"}
WORDS = {
    ScoreMeaning.DELIVERED: "Delivered",
    ScoreMeaning.PROGRESSED: "Progressed",
    ScoreMeaning.SHORT: "Short of the commitment",
    ScoreMeaning.MISSED: "Missed",
    ScoreMeaning.UNSCORED: "Unscored: nothing was measured",
    ScoreMeaning.CANCELLED: "Cancelled",
}


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """One objective: its score as it counts, the derived one where a person said another, how that reads, and why."""

    id: str
    name: str
    key: str
    title: str
    owner: str
    commitment: str
    score: str
    derived: str
    word: str
    tone: str
    reason: str
    wants_reason: bool
    doubts: int
    days: str = ""


@dataclass(frozen=True, slots=True)
class CycleScores:
    """The cycle on one site. `state` says whether it is closed; `told` are the acts, the oldest first.

    `asked` are the rows that are scored by a person when it is closed: all of a few; of many those that want a reason, and those that
    somebody asked for. `page` is a page of the others.
    """

    site: str
    cycle: str
    closed: bool
    state: str
    asked: tuple[ScoreRow, ...]
    page: RowPage[ScoreRow]
    means: tuple[str, ...]
    advice: tuple[str, ...]
    told: tuple[str, ...]
    versions: int
    preview: str
    touching: tuple[str, ...] = ()
    unknown: str = ""


class TypedScore(NamedTuple):
    """What a person typed of one objective, as it was typed."""

    score: str
    reason: str


@dataclass(frozen=True, slots=True)
class TypedScores:
    """What a person typed and was not kept: to close a cycle, by the ids of objectives, and the note on it; and what was learnt from some of them, by id."""

    scores: Mapping[str, TypedScore] = field(default_factory=dict)
    note: str = ""
    learnt: Mapping[str, str] = field(default_factory=dict)


def cycle_scores(
    details: Sequence[CycleDetail], zone: tzinfo, number: int | None = None, said: Collection[str] = ()
) -> tuple[CycleScores, ...]:
    """Of each site where the cycle is over; of many objectives the page of this number, and those to be `said` (by id) apart."""
    over = (CycleState.ENDED, CycleState.CLOSED)
    return tuple(_scores(one, zone, number, said) for one in details if one.shown.state in over)


def _scores(one: CycleDetail, zone: tzinfo, number: int | None, said: Collection[str]) -> CycleScores:
    shown, closed = one.shown, one.shown.state is CycleState.CLOSED
    words = {LinkKind.CLOSED: "Closed", LinkKind.REOPENED: "Opened again"}
    told = tuple(
        f"{words[act.kind]} as version {act.version} on {day_text(act.at.astimezone(zone).date())} by {act.by}"
        + (f": {act.note}" if act.note else "")
        for act in one.acts
    )
    rows = [_row(scored) for scored in one.objectives]
    few = len(rows) <= ROWS
    asked = [] if closed else [row for row in rows if few or row.wants_reason or row.id in said]
    apart = {row.id for row in asked}
    return CycleScores(
        site=shown.site,
        cycle=shown.cycle.id,
        closed=closed,
        state=told[-1] if told else "Ended, and not closed yet: the numbers stand as of the last day",
        asked=tuple(asked),
        page=page_of([row for row in rows if row.id not in apart], number),
        means=tuple(mean_text(mean) for mean in shown.means),
        advice=tuple(mean.advice for mean in shown.means if mean.advice),
        told=told,
        versions=shown.version,
        preview=one.preview,
        touching=tuple(touching_text(state) for state in one.touching),
        unknown="" if one.touching_noted else NOT_NOTED,
    )


def _row(one: ObjectiveScore) -> ScoreRow:
    state, score = one.state, one.score
    return ScoreRow(
        id=state.id,
        name=state.key or state.id,
        key=state.key,
        title=state.title,
        owner=state.owner or "nobody",
        commitment=score.commitment,
        score=score.shown,
        derived=shown_score(score.derived) if score.said is not None else "",
        word=WORDS[score.reading],
        tone=TONES[COLOURS[score.reading]],
        reason=score.reason,
        wants_reason=score.wants_reason,
        doubts=len(one.doubts),
        days=own_days(state.span),
    )
