"""The review of a cycle: how every objective ended or stands, its score, and how to read it by its commitment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from mappings.rollup.state import HealthLevel
from plugin.pages.sources import Cycles, SitedHead
from plugin.pages.views.cycles.review_overview import (
    ASPIRED,
    Overview,
    ReviewedObjective,
    overview,
    score_text,
    team_of,
)
from plugin.pages.views.objectives.bar import Bar, bar
from plugin.pages.views.objectives.names import name, natural
from plugin.pages.views.words.health import Badge, Total, badge, totals
from plugin.pages.views.words.moments import day_text, own_days
from plugin.use_cases.cycles.cycles import CycleDetail, touching_text
from plugin.use_cases.cycles.learnings import Learning
from plugin.use_cases.cycles.overlaps import reaching_into
from plugin.use_cases.objectives.objective_list import Head


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """One objective of the cycle; `score` is its progress as 0.00 to 1.00, `reading` says what that means for it, `days` are its own where it has such, `learned` is what people wrote of it."""

    name: str
    site: str | None
    key: str
    title: str
    owner: str
    project: str
    commitment: str
    bar: Bar
    score: str
    reading: str
    health: Badge
    days: str = ""
    number: int = 0
    team: str = ""
    learned: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class ReviewCycle:
    """One cycle that can be reviewed."""

    id: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Review:
    """One cycle with its objectives; `over` says that its last day has passed. `mean` leaves out what is unknown; `touching` have days of their own in it and are scored in another."""

    cycle: str
    period: str
    over: bool
    choices: tuple[ReviewCycle, ...]
    rows: tuple[ReviewRow, ...]
    totals: tuple[Total, ...]
    mean: str
    achieved: int
    touching: tuple[str, ...] = ()
    overview: Overview | None = None
    ends: str = ""
    """The day from which on it can be closed."""


def review(
    objectives: Sequence[SitedHead], cycles: Cycles, chosen: str, today: date, past: Iterable[str] = ()
) -> Review | None:
    """The review of the chosen cycle, else of the latest that has begun; None where no objective has a cycle.

    `past` are cycles that objectives ran in before: they can be chosen, whether an objective is in them now or not.
    """
    heads = [saved.state for saved in objectives]
    before = {id_ for id_ in past if cycles.get(id_) is not None}
    known = sorted({head.cycle_id for head in heads if head.cycle_id} | before, key=natural)
    if not known:
        return None
    cycle_id = chosen if chosen in known else _latest(known, cycles, today)
    listed = sorted((one for one in objectives if one.state.cycle_id == cycle_id), key=_order)
    mine = [one.state for one in listed]
    measured = [head.progress for head in mine if head.progress is not None]
    cycle = cycles.get(cycle_id)
    over = cycle is not None and cycle.end < today
    return Review(
        cycle=cycle_id,
        period=f"{day_text(cycle.start)} – {day_text(cycle.end)}" if cycle else "",
        over=over,
        choices=tuple(ReviewCycle(id_, id_, id_ == cycle_id) for id_ in reversed(known)),
        rows=tuple(_row(one.state, one.site, number, over) for number, one in enumerate(listed, 1)),
        totals=totals(head.health.level for head in mine),
        mean=score_text(sum(measured, Fraction(0)) / len(measured) if measured else None),
        achieved=sum(head.health.level is HealthLevel.ACHIEVED for head in mine),
        touching=() if cycle is None else tuple(touching_text(one) for one in reaching_into(cycle, heads)),
        ends="" if cycle is None else day_text(cycle.end + timedelta(days=1)),
        overview=overview(
            [ReviewedObjective(one.state, one.state.progress, one.site) for one in listed],
            over=over,
        ),
    )


def with_learnings(found: Review, learnings: Mapping[tuple[str | None, str], Learning]) -> Review:
    """The same with what was learnt beside each objective, and how many have such."""
    texts = {name: one.said for name, one in learnings.items()}
    rows = tuple(replace(row, learned=texts.get((row.site, row.id), "")) for row in found.rows)
    written = sum(bool(row.learned) for row in rows)
    left = len(rows) - written
    told = ("Learnt from", f"{written} of {len(rows)}", f"{left} to write" if left else "")
    look = found.overview
    return replace(
        found, rows=rows, overview=look and replace(look, counts=(*look.counts, told)) if rows else look
    )


def as_ended(found: Review, details: Sequence[CycleDetail]) -> Review:
    """The same of a cycle that has ended, from its objectives as they stood: some of them may run in another by now."""
    several = len(details) > 1
    ended = [(each, one.shown.site if several else None) for one in details for each in one.objectives]
    states = [(each.state, site) for each, site in ended]
    measured = [state.progress for state, _ in states if state.progress is not None]
    return replace(
        found,
        rows=tuple(_row(state, site, number, found.over) for number, (state, site) in enumerate(states, 1)),
        totals=totals(state.health.level for state, _ in states),
        mean=score_text(sum(measured, Fraction(0)) / len(measured) if measured else None),
        achieved=sum(state.health.level is HealthLevel.ACHIEVED for state, _ in states),
        overview=overview(
            [ReviewedObjective(each.state, each.score.value, site) for each, site in ended], over=True
        ),
    )


def _latest(known: Sequence[str], cycles: Cycles, today: date) -> str:
    found = [(cycle.start, id_) for id_ in known if (cycle := cycles.get(id_)) is not None]
    begun = [(start, -place, id_) for place, (start, id_) in enumerate(found) if start <= today]
    return max(begun)[2] if begun else known[-1]


def _order(one: SitedHead) -> tuple[str, tuple[str, int], str]:
    return team_of(one.state), natural(one.state.key or one.state.title), one.site or ""


def _row(head: Head, site: str | None, number: int, over: bool) -> ReviewRow:
    return ReviewRow(
        name=name(head),
        site=site,
        key=head.key,
        title=head.title,
        owner=head.owner or "nobody",
        project=head.project_key,
        commitment=head.commitment,
        bar=bar(
            head.progress, head.expected, head.health.level.value, head.commitment, head.delivery, over=over
        ),
        score=score_text(head.progress),
        reading=meaning_of_score(head.progress, head.commitment),
        health=badge(head.health),
        days=own_days(head.span),
        number=number,
        team=team_of(head),
        id=head.id,
    )


def meaning_of_score(progress: Fraction | None, commitment: str) -> str:
    """What a score means: a commitment is kept at 1.0, an aspiration is met from 0.7 on."""
    if progress is None:
        return "cannot be scored: nothing was measured"
    if commitment == "aspirational":
        return "aspiration met" if progress >= ASPIRED else f"short of the aspired {score_text(ASPIRED)}"
    # From the score as it is shown, so that both add up to 1.
    return (
        "commitment kept" if progress >= 1 else f"{1 - Decimal(score_text(progress))} short of the commitment"
    )
