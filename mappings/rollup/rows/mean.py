"""The exact weighted mean with the share of every row. Knows nothing of issues."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm

ZERO = Fraction(0)
Term = tuple[Fraction, Fraction, int]
"""A weight, a progress, and how many rows have both."""


def weighted_mean(terms: Sequence[Term], *, shares: bool = True) -> tuple[Fraction | None, list[Fraction]]:
    """Σ weight × progress ÷ Σ weight, and the share of one row of each term (0 where `shares` are not asked for).

    The mean is None where Σ weight is 0. Shares times their numbers sum to the mean exactly. Reckoned in whole numbers over common denominators, for
    fractions are dear.
    """
    weights = lcm(*(weight.denominator for weight, _, _ in terms))
    parts = lcm(*(progress.denominator for _, progress, _ in terms))
    whole = total = 0
    added = []
    for weight, progress, number in terms:
        units = weight.numerator * (weights // weight.denominator)
        part = units * progress.numerator * (parts // progress.denominator)
        added.append(part)
        whole += units * number
        total += part * number
    if not whole:
        return None, [ZERO] * len(terms)
    if not shares:
        return Fraction(total, whole * parts), [ZERO] * len(terms)
    return Fraction(total, whole * parts), [Fraction(part, whole * parts) if part else ZERO for part in added]
