"""The robust line through the readings of a metric (Theil and Sen): the median of the slopes between all pairs of days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from itertools import combinations
from math import ceil, isqrt

from mappings.forecast.answer import Forecast, Lack, Need, ReadingsTrend, TargetRange

WINDOW = timedelta(days=84)
LEAST_DAYS, LEAST_SPAN = 5, 14
FARTHEST = 730
NORMAL = Fraction(12816, 10000)
"""How many standard deviations hold 80 % of a normal distribution."""


def forecast(readings: Mapping[date, Fraction], today: date, last: date, aim: TargetRange) -> Forecast:
    """Where the last reading of each day leads; days outside the twelve weeks up to today are left aside."""
    days = sorted(day for day in readings if today - WINDOW < day <= today)
    lacks = _lacks(days)
    if lacks:
        return Forecast(lacks=lacks)
    points = [((day - today).days, readings[day]) for day in days]
    slopes = slopes_of(points)
    slope = median(slopes)
    level = median(sorted(value - slope * place for place, value in points))
    place = interval_place(len(points))
    trend = ReadingsTrend(
        today=today,
        last=last,
        readings=len(days),
        first_reading=days[0],
        last_reading=days[-1],
        aim=aim,
        slope=slope,
        slowest=slopes[place],
        fastest=slopes[-1 - place],
        level=level,
        reached_on=_reached_on(level, slope, today, aim),
    )
    reaching = sum(aim.holds(level + one * trend.days) for one in slopes)
    return Forecast(Fraction(reaching, len(slopes)), trend=trend, likely_by=trend.reached_on)


def _lacks(days: Sequence[date]) -> tuple[Lack, ...]:
    span = (days[-1] - days[0]).days if days else 0
    found = (Lack(Need.READINGS, len(days), LEAST_DAYS), Lack(Need.SPAN, span, LEAST_SPAN))
    return tuple(lack for lack in found if lack.missing > 0)


def slopes_of(points: Sequence[tuple[int, Fraction]]) -> list[Fraction]:
    """The slopes between all pairs of points, the lowest first; no two points are of one day."""
    pairs = combinations(points, 2)
    return sorted((other[1] - one[1]) / (other[0] - one[0]) for one, other in pairs)


def median(ordered: Sequence[Fraction]) -> Fraction:
    """The middle of sorted values; between the two in the middle where their number is even."""
    half, odd = divmod(len(ordered), 2)
    return ordered[half] if odd else (ordered[half - 1] + ordered[half]) / 2


def interval_place(points: int) -> int:
    """How many slopes lie below (and as many above) the interval that holds the slope at 80 %.

    ⌊(P − C) ÷ 2⌋ with P pairs and C = 1.2816 × √(n(n−1)(2n+5) ÷ 18), not below 0. The root is compared exactly.
    """
    pairs = points * (points - 1) // 2
    squared = NORMAL**2 * points * (points - 1) * (2 * points + 5) / 18
    width = isqrt(squared.numerator // squared.denominator)
    if width * width < squared:
        width += 1
    return max((pairs - width) // 2, 0)


def _reached_on(level: Fraction, slope: Fraction, today: date, aim: TargetRange) -> date | None:
    """The first day, from today on, on which the line is where it is meant to be."""
    if aim.holds(level):
        return today
    bound = aim.at_least if slope > 0 else aim.at_most
    if slope == 0 or bound is None:
        return None
    days = ceil((bound - level) / slope)
    reached = 0 <= days <= FARTHEST and aim.holds(level + slope * days)
    return today + timedelta(days=days) if reached else None
