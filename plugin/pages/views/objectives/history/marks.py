"""What happened beside the line of a history, as marks above the chart: those that would touch each other stand as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from fractions import Fraction

from mappings.explain.marks import Mark, MarkKind
from plugin.pages.views.objectives.history.trend import Scale
from plugin.pages.views.words.clause import finish_clause
from plugin.pages.views.words.figures import length
from plugin.pages.views.words.moments import MomentText, short_day, when

APART = Fraction(4, 100)
"""Of the width: what is nearer than this would touch on a phone."""
NAMED = 6
LISTED = 100
WORDS = {MarkKind.TARGET: "Target changed", MarkKind.CHECK_IN: "Check-in", MarkKind.SCOPE: "Scope changed"}
SEVERAL = "several"


@dataclass(frozen=True, slots=True)
class ChartMark:
    """One mark of the chart at an SVG length: `kind` is that of all it stands for, or `several`; `count` how many that are."""

    at: str
    kind: str
    count: int
    text: str


@dataclass(frozen=True, slots=True)
class MarkLine:
    """One line of the list beside the chart."""

    at: MomentText
    kind: str
    text: str


def spots(marks: Sequence[Mark], scale: Scale, zone: tzinfo) -> tuple[ChartMark, ...]:
    """The marks within the scale, each group at its first; two spots are never nearer than `APART`."""
    groups: list[list[Mark]] = []
    for mark in sorted(marks, key=lambda mark: mark.at):
        if not scale.start <= mark.at <= scale.end:
            continue
        if groups and scale.share(mark.at) - scale.share(groups[-1][0].at) < APART:
            groups[-1].append(mark)
        else:
            groups.append([mark])
    return tuple(_spot(group, scale, zone) for group in groups)


def _spot(group: Sequence[Mark], scale: Scale, zone: tzinfo) -> ChartMark:
    kinds = {mark.kind for mark in group}
    lines = [f"{short_day(mark.at.astimezone(zone).date())}: {mark.text}" for mark in group[:NAMED]]
    if len(group) > NAMED:
        lines.append(f"and {len(group) - NAMED} more")
    kind = kinds.pop().value if len(kinds) == 1 else SEVERAL
    return ChartMark(length(scale.share(group[0].at)), kind, len(group), "\n".join(lines))


def kinds_of(marks: Sequence[ChartMark]) -> tuple[tuple[str, str], ...]:
    """What the legend has to name, in order: the kinds that stand alone, and `several` where some are together."""
    there = {mark.kind for mark in marks}
    named = [(kind.value, word) for kind, word in WORDS.items() if kind.value in there]
    return (*named, *([(SEVERAL, "Several at once")] if SEVERAL in there else []))


def happenings(marks: Sequence[Mark], now: datetime, zone: tzinfo) -> tuple[MarkLine, ...]:
    """Every mark in words, the latest first."""
    latest = sorted(marks, key=lambda mark: mark.at, reverse=True)[:LISTED]
    return tuple(
        MarkLine(when(mark.at, now, zone), WORDS[mark.kind], finish_clause(mark.text)) for mark in latest
    )
