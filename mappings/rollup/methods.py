"""Rollup methods: how the rows of an objective become its number. Each gives shares that sum to it exactly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from mappings.rollup.rows.mean import weighted_mean
from mappings.rollup.rows.weights import ONE, ZERO


@dataclass(frozen=True, slots=True)
class MeasuredRow:
    """One row that enters: its weight, its progress within 0…1, and whether it is achieved."""

    weight: Fraction
    progress: Fraction
    achieved: bool = False


@dataclass(frozen=True, slots=True)
class WeightedNumber:
    """A number and, row by row, the weight that was used and the share; None where there is no row."""

    total: Fraction | None
    weights: tuple[Fraction, ...] = ()
    shares: tuple[Fraction, ...] = ()


def by_weighted_mean(rows: Sequence[MeasuredRow]) -> WeightedNumber:
    """Σ weight × progress ÷ Σ weight."""
    if len(rows) == 1:
        (row,) = rows
        return WeightedNumber(row.progress, (row.weight,), (row.progress,))
    total, shares = weighted_mean([(row.weight, row.progress, 1) for row in rows])
    return WeightedNumber(total, tuple(row.weight for row in rows), tuple(shares))


def by_mean(rows: Sequence[MeasuredRow]) -> WeightedNumber:
    """All rows weigh the same."""
    total, shares = weighted_mean([(ONE, row.progress, 1) for row in rows])
    return WeightedNumber(total, (ONE,) * len(rows), tuple(shares))


def by_minimum(rows: Sequence[MeasuredRow]) -> WeightedNumber:
    """The lowest row decides and carries all the weight; the first of equals."""
    if not rows:
        return WeightedNumber(None)
    decisive = min(range(len(rows)), key=lambda place: rows[place].progress)
    weights = tuple(ONE if place == decisive else ZERO for place in range(len(rows)))
    shares = tuple(weight * row.progress for weight, row in zip(weights, rows, strict=True))
    return WeightedNumber(rows[decisive].progress, weights, shares)


def by_done_ratio(rows: Sequence[MeasuredRow]) -> WeightedNumber:
    """Achieved rows ÷ measured rows."""
    if not rows:
        return WeightedNumber(None)
    share = Fraction(1, len(rows))
    shares = tuple(share if row.achieved else ZERO for row in rows)
    return WeightedNumber(sum(shares, ZERO), (ONE,) * len(rows), shares)


METHODS: dict[str, Callable[[Sequence[MeasuredRow]], WeightedNumber]] = {
    "weighted_mean": by_weighted_mean,
    "mean": by_mean,
    "minimum": by_minimum,
    "done_ratio": by_done_ratio,
}
