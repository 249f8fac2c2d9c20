"""One number of many, exactly: percentiles (Hyndman and Fan's seventh), median, mean, extremes, sum."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction


def percentile(values: Sequence[Fraction], share: Fraction) -> Fraction:
    """The value below which such a share of them lies, on the straight line between its two neighbours. Of one value, that one."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * share
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def statistic(name: str, values: Sequence[Fraction]) -> Fraction | None:
    """`p50` … `p99`, `median`, `mean`, `min`, `max` or `sum`; None of no values."""
    if not values:
        return None
    if name == "median":
        return percentile(values, Fraction(1, 2))
    if name == "mean":
        return sum(values, Fraction(0)) / len(values)
    if name == "sum":
        return sum(values, Fraction(0))
    if name in ("min", "max"):
        return min(values) if name == "min" else max(values)
    return percentile(values, Fraction(int(name[1:]), 100))
