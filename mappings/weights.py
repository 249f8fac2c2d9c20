"""What a row weighs, and what becomes of a weight that is missing, zero or broken. Sums nothing."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from mappings.ledger import Disposition

ONE, ZERO = Fraction(1), Fraction(0)
COUNTING = frozenset({Disposition.COUNTED, Disposition.NOT_ACHIEVED})


class Weighed(NamedTuple):
    """A row's disposition after its weight was looked at, its weight, and what there is to say about it."""

    disposition: Disposition
    weight: Fraction | None
    note: str = ""


def weigh(
    dispositions: Sequence[Disposition], weights: Sequence[Fraction | None], missing: str
) -> list[Weighed]:
    """Dispositions and weights after the weight rules; `missing` is siblings_mean, zero, one or error.

    Only counted rows enter the mean that stands for a missing weight. Rows that do not count keep what they have.
    """
    counted = _distinct(dispositions, weights)
    stand_in = _stand_in(counted, missing)
    seen: dict[tuple[Disposition, int], Weighed] = {}
    found = []
    for disposition, weight in zip(dispositions, weights, strict=True):
        key = (disposition, id(weight))
        if key not in seen:
            seen[key] = _one(disposition, weight, stand_in)
        found.append(seen[key])
    return found


def _distinct(
    dispositions: Sequence[Disposition], weights: Sequence[Fraction | None]
) -> dict[int, tuple[Fraction, int]]:
    """Positive weights of counting rows with their number, grouped by identity: hashing a Fraction is dear."""
    groups: dict[int, tuple[Fraction, int]] = {}
    for disposition, weight in zip(dispositions, weights, strict=True):
        if weight is not None and disposition in COUNTING and weight.numerator > 0:
            known = groups.get(id(weight))
            groups[id(weight)] = (weight, 1 if known is None else known[1] + 1)
    return groups


def _stand_in(counted: dict[int, tuple[Fraction, int]], missing: str) -> Weighed:
    if missing == "zero":
        return Weighed(Disposition.WEIGHTLESS, ZERO, "no weight: counts as 0 and is dropped")
    if missing == "error":
        return Weighed(Disposition.GAP, None, "no weight, and the mapping asks for one")
    if missing == "one" or not counted:
        return Weighed(Disposition.COUNTED, ONE, "no weight: 1 stands in")
    rows = sum(number for _, number in counted.values())
    mean = sum((weight * number for weight, number in counted.values()), ZERO) / rows
    return Weighed(Disposition.COUNTED, mean, "no weight: the mean of its siblings stands in")


def _one(disposition: Disposition, weight: Fraction | None, stand_in: Weighed) -> Weighed:
    if disposition not in COUNTING:
        return Weighed(disposition, weight)
    if weight is None:
        return (
            stand_in if stand_in.disposition not in COUNTING else stand_in._replace(disposition=disposition)
        )
    if weight < 0:
        return Weighed(Disposition.GAP, weight, "its weight is negative")
    if weight == 0:
        return Weighed(Disposition.WEIGHTLESS, weight, "its weight is 0")
    return Weighed(disposition, weight)
