"""The exact weighted mean with the share of every row. Knows nothing of issues."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

ZERO = Fraction(0)
Pair = tuple[Fraction, Fraction]


def weighted_mean(pairs: Sequence[Pair]) -> tuple[Fraction | None, list[Fraction]]:
    """Σ weight × progress ÷ Σ weight and each row's share of it, which sum to it exactly; None where Σ weight is 0.

    Rows with the same weight and progress objects are reckoned once: a hundred thousand rows hold few distinct pairs,
    and fractions are dear.
    """
    keys = [(id(weight), id(progress)) for weight, progress in pairs]
    groups = [(key, number, pair) for key, (number, pair) in _grouped(keys, pairs).items()]
    whole = sum((pair[0] * number for _, number, pair in groups), ZERO)
    if not whole:
        return None, [ZERO] * len(pairs)
    shares = {key: weight * progress / whole for key, _, (weight, progress) in groups}
    total = sum((shares[key] * number for key, number, _ in groups), ZERO)
    return total, [shares[key] for key in keys]


def _grouped(
    keys: Sequence[tuple[int, int]], pairs: Sequence[Pair]
) -> dict[tuple[int, int], tuple[int, Pair]]:
    pair_of = dict(zip(keys, pairs, strict=True))
    return {key: (number, pair_of[key]) for key, number in Counter(keys).items()}
