"""The history of one objective as a chart: plot lines in a box of 1000 × 1000, labels as shares of it, and a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from fractions import Fraction
from itertools import pairwise

from mappings.explain.marks import Mark
from mappings.facts.local_time import day_start
from mappings.numbers import WHOLE
from plugin.pages.sources import HistoryPoint
from plugin.pages.views.objectives.history.marks import ChartMark, MarkLine, happenings, kinds_of, spots
from plugin.pages.views.objectives.history.trend import Scale, stretches
from plugin.pages.views.words.figures import length, percent_text
from plugin.pages.views.words.moments import MomentText, short_day, when
from plugin.use_cases.cycles.cycles import CycleDays

SIZE = 1000
MARKS = (0, 25, 50, 75, 100)
SHOWN_IN_TABLE = 60


@dataclass(frozen=True, slots=True)
class Tick:
    """A label on an axis at an SVG length."""

    at: str
    text: str


@dataclass(frozen=True, slots=True)
class Curve:
    """One line of the chart: `parts` break where the value was unknown, `areas` close each part to the ground."""

    name: str
    label: str
    parts: tuple[str, ...]
    areas: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PointRow:
    """One row of the table behind the chart."""

    at: MomentText
    progress: str
    delivery: str
    outcome: str
    note: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything the figure needs; without a point there is nothing but `empty`."""

    empty: bool
    curves: tuple[Curve, ...]
    days: tuple[Tick, ...]
    marks: tuple[Tick, ...]
    today: str
    remapped: tuple[Tick, ...]
    reconstructed: str
    end: tuple[str, str] | None
    title: str
    description: str
    points: tuple[PointRow, ...]
    older: int
    happened: tuple[ChartMark, ...]
    happened_kinds: tuple[tuple[str, str], ...]
    happenings: tuple[MarkLine, ...]


def chart(
    history: Sequence[HistoryPoint],
    expected: Fraction | None,
    cycle: CycleDays | None,
    now: datetime,
    zone: tzinfo,
    marks: Sequence[Mark] = (),
    achieved_at: Fraction = WHOLE,
) -> Chart:
    """The chart over the whole cycle where it is known, else from the first point to now; `expected` is today's."""
    scale = _scale(history, cycle, now, zone)
    happened = spots(marks, scale, zone)
    last = history[-1].progress if history else None
    return Chart(
        empty=not history,
        curves=(*_expected(expected, scale, cycle, now, zone), *_curves(history, scale, now)),
        days=_days(scale, zone),
        marks=tuple(Tick(length(1 - Fraction(mark, 100)), str(mark)) for mark in MARKS),
        today=length(scale.share(now)),
        remapped=_remapped(history, scale, zone),
        reconstructed=_reconstructed(history, scale, now),
        end=None if last is None else (length(scale.share(now)), length(1 - last)),
        title="Progress over time",
        description=_in_words(history, now, zone, achieved_at),
        points=_rows(history, now, zone, achieved_at),
        older=max(len(history) - SHOWN_IN_TABLE, 0),
        happened=happened,
        happened_kinds=kinds_of(happened),
        happenings=happenings(marks, now, zone),
    )


def _scale(history: Sequence[HistoryPoint], cycle: CycleDays | None, now: datetime, zone: tzinfo) -> Scale:
    start = history[0].at if history else now - timedelta(days=1)
    end = now
    if cycle is not None:
        first, last = _bounds(cycle, zone)
        start, end = min(start, first) if start > first - timedelta(days=31) else first, max(end, last)
    if start >= end:
        start = end - timedelta(days=1)
    return Scale(start, end, SIZE, SIZE)


def _bounds(cycle: CycleDays, zone: tzinfo) -> tuple[datetime, datetime]:
    return day_start(cycle.start, zone), day_start(cycle.end + timedelta(days=1), zone)


def _curves(history: Sequence[HistoryPoint], scale: Scale, now: datetime) -> tuple[Curve, ...]:
    curves = []
    for name, label in (("delivery", "Delivery"), ("outcome", "Outcome"), ("progress", "Progress")):
        moments = [(point.at, getattr(point, name)) for point in history]
        if name != "progress" and _same(history, name):
            continue
        parts = stretches(moments, now)
        areas = tuple(_area(scale, part) for part in parts) if name == "progress" else ()
        curves.append(Curve(name, label, tuple(scale.line(part) for part in parts), areas))
    return tuple(curve for curve in curves if curve.parts)


def _same(history: Iterable[HistoryPoint], name: str) -> bool:
    """Whether a side number is nothing but the headline, so that drawing it would hide one behind the other."""
    return all(getattr(point, name) in (None, point.progress) for point in history)


def _area(scale: Scale, part: Sequence[tuple[datetime, Fraction]]) -> str:
    ground = Fraction(0)
    return scale.line([(part[0][0], ground), *part, (part[-1][0], ground)])


def _expected(
    today: Fraction | None, scale: Scale, cycle: CycleDays | None, now: datetime, zone: tzinfo
) -> tuple[Curve, ...]:
    """Where progress should be: from the cycle's start through today's mark to its end."""
    if cycle is None or today is None:
        return ()
    first, last = _bounds(cycle, zone)
    bends = [(now, today)] if first < now < last else []
    line = scale.line([(first, Fraction(0)), *bends, (last, Fraction(1))])
    return (Curve("expected", "Expected", (line,)),)


def _days(scale: Scale, zone: tzinfo) -> tuple[Tick, ...]:
    """Five labels along the time axis, ends included; the last names the last day that counts."""
    whole = scale.end - scale.start
    ticks = []
    for part in range(5):
        at = scale.start + whole * part / 4 - (timedelta(seconds=1) if part == 4 else timedelta(0))
        ticks.append(Tick(f"{part * 25}%", short_day(at.astimezone(zone).date())))
    return tuple(ticks)


def _remapped(history: Sequence[HistoryPoint], scale: Scale, zone: tzinfo) -> tuple[Tick, ...]:
    """Where the mapping changed between two points: a step there is no work."""
    return tuple(
        Tick(
            length(scale.share(point.at)), f"Mapping changed on {short_day(point.at.astimezone(zone).date())}"
        )
        for before, point in pairwise(history)
        if before.mapping_revision != point.mapping_revision
    )


def _reconstructed(history: Sequence[HistoryPoint], scale: Scale, now: datetime) -> str:
    """How far the chart shows what was worked out from Jira's history and not observed; empty where all was."""
    if not any(point.backfilled for point in history):
        return ""
    return length(scale.share(next((point.at for point in history if not point.backfilled), now)))


def _rows(
    history: Sequence[HistoryPoint], now: datetime, zone: tzinfo, achieved_at: Fraction
) -> tuple[PointRow, ...]:
    rows = []
    for before, point in zip([None, *history], history, strict=False):
        changed = before is not None and before.mapping_revision != point.mapping_revision
        note = f"Mapping changed to {point.mapping_revision[:8]}" if changed else ""
        note = note or ("Reconstructed from Jira’s changelogs" if point.backfilled else "")
        rows.append(_point(point, note, now, zone, achieved_at))
    return tuple(reversed(rows[-SHOWN_IN_TABLE:]))


def _point(point: HistoryPoint, note: str, now: datetime, zone: tzinfo, achieved_at: Fraction) -> PointRow:
    return PointRow(
        at=when(point.at, now, zone),
        progress=percent_text(point.progress, 0, achieved_at),
        delivery=percent_text(point.delivery, 0, achieved_at),
        outcome=percent_text(point.outcome, 0, achieved_at),
        note=note,
    )


def _in_words(history: Sequence[HistoryPoint], now: datetime, zone: tzinfo, achieved_at: Fraction) -> str:
    if not history:
        return "No history yet."
    first, last = history[0], history[-1]
    since = short_day(first.at.astimezone(zone).date())
    return (
        f"From {percent_text(first.progress, 0, achieved_at)} on {since} "
        f"to {percent_text(last.progress, 0, achieved_at)}, "
        f"last moved {when(last.at, now, zone).text}."
    )
