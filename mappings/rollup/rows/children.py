"""The number of a delivery key result from its rows: what they weigh, their weighted mean, or how many are done. Knows nothing of issues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from mappings.rollup.rows.mean import weighted_mean
from mappings.rollup.rows.weights import COUNTING, ONE, ZERO, AlikeRows, WeighedRow, weigh


@dataclass(frozen=True, slots=True)
class ChildrenNumber:
    """What the rows come to, and the share of one row of each group; `raw` is not clamped to 1, `done` is how many were counted.

    `total` and `raw` are None where nothing can be measured.
    """

    total: Fraction | None
    raw: Fraction | None
    shares: tuple[Fraction, ...]
    done: Fraction = ZERO


def weighed_children(
    groups: Sequence[AlikeRows], divisors: Sequence[int], missing: str
) -> tuple[WeighedRow, ...]:
    """What one row of each group weighs after the weight rules; of one that is split among key results the part of this one."""
    found = weigh(groups, missing)
    return tuple(row.split(divisor) for row, divisor in zip(found, divisors, strict=True))


def mean_of_children(
    groups: Sequence[AlikeRows], weighed: Sequence[WeighedRow], *, shares: bool = True
) -> ChildrenNumber:
    """Σ weight × progress ÷ Σ weight of the rows that count; without `shares` these are 0."""
    counting = [place for place, row in enumerate(weighed) if row.disposition in COUNTING]
    terms = [
        (weighed[place].weight or ZERO, groups[place].progress or ZERO, groups[place].number)
        for place in counting
    ]
    total, found = weighted_mean(terms, shares=shares)
    of = dict(zip(counting, found, strict=True))
    return ChildrenNumber(total, total, tuple(of.get(place, ZERO) for place in range(len(groups))))


def count_of_children(
    groups: Sequence[AlikeRows], weighed: Sequence[WeighedRow], aim: Fraction
) -> ChildrenNumber:
    """Rows done ÷ the aim, which is above 0. Over the aim the rows share what is shown, so that they still sum to it."""
    parts = [
        Fraction(group.progress == 1, row.divisor) if row.disposition in COUNTING else ZERO
        for group, row in zip(groups, weighed, strict=True)
    ]
    done = sum((part * group.number for part, group in zip(parts, groups, strict=True)), ZERO)
    raw = done / aim
    total = min(raw, ONE)
    scale = total / done if done else ZERO
    return ChildrenNumber(total, raw, tuple(part * scale for part in parts), done)
