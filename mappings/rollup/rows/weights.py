"""What a row weighs, and what becomes of a weight that is missing, zero or broken. Sums nothing."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm
from typing import NamedTuple

from mappings.diagnostic import raw_text
from mappings.numbers import count_of
from mappings.rollup.rows.ledger import Disposition

ONE, ZERO = Fraction(1), Fraction(0)
COUNTING = frozenset({Disposition.COUNTED, Disposition.NOT_ACHIEVED})


class WeighedRow(NamedTuple):
    """A row's disposition after its weight was looked at, its weight, and what there is to say about it.

    `stand_in` is the rule that gave the weight where the row has none, `divisor` among how many the weight was split.
    """

    disposition: Disposition
    weight: Fraction | None
    note: str = ""
    stand_in: str = ""
    divisor: int = 1

    def split(self, divisor: int) -> WeighedRow:
        """The part of it that counts in one of so many key results."""
        if divisor == 1 or self.weight is None:
            return self
        note = f"{self.note}; split among {count_of(divisor, 'key result')}".lstrip("; ")
        return self._replace(weight=self.weight / divisor, note=note, divisor=divisor)


def no_weight(raw: object) -> str:
    """Why a row is unknown whose weight field holds something, but no number."""
    return f"its weight is {raw_text(raw)}, not a number"


class AlikeRows(NamedTuple):
    """Rows that are alike in everything that decides about weights: a hundred thousand rows make few groups."""

    disposition: Disposition
    weight: Fraction | None
    progress: Fraction | None = None
    number: int = 1


def weigh(groups: Sequence[AlikeRows], missing: str) -> list[WeighedRow]:
    """Dispositions and weights after the weight rules; `missing` is siblings_mean, zero, one or error.

    Only counted rows enter the mean that stands for a missing weight. Rows that do not count keep what they have.
    """
    lacking = any(group.weight is None and group.disposition in COUNTING for group in groups)
    stand_in = _stand_in(groups, missing) if lacking else WeighedRow(Disposition.COUNTED, ONE)
    return [_one(group.disposition, group.weight, stand_in) for group in groups]


def _stand_in(groups: Sequence[AlikeRows], missing: str) -> WeighedRow:
    if missing == "zero":
        return WeighedRow(Disposition.WEIGHTLESS, ZERO, "no weight: counts as 0 and is dropped")
    if missing == "error":
        return WeighedRow(Disposition.GAP, None, "no weight, and the mapping asks for one")
    positive = [
        (group.weight, group.number)
        for group in groups
        if group.weight is not None and group.weight.numerator > 0 and group.disposition in COUNTING
    ]
    if missing == "one" or not positive:
        return WeighedRow(Disposition.COUNTED, ONE, "no weight: 1 stands in", missing)
    note = "no weight: the mean of its siblings stands in"
    return WeighedRow(Disposition.COUNTED, _mean(positive), note, missing)


def _mean(weights: Sequence[tuple[Fraction, int]]) -> Fraction:
    """The mean of weights and how often each occurs, in whole numbers: fractions are dear."""
    units = lcm(*(weight.denominator for weight, _ in weights))
    whole = sum(weight.numerator * (units // weight.denominator) * number for weight, number in weights)
    return Fraction(whole, units * sum(number for _, number in weights))


def _one(disposition: Disposition, weight: Fraction | None, stand_in: WeighedRow) -> WeighedRow:
    if disposition not in COUNTING:
        return WeighedRow(disposition, weight)
    if weight is None:
        return (
            stand_in if stand_in.disposition not in COUNTING else stand_in._replace(disposition=disposition)
        )
    sign = weight.numerator
    if sign < 0:
        return WeighedRow(Disposition.GAP, weight, "its weight is negative")
    if sign == 0:
        return WeighedRow(Disposition.WEIGHTLESS, weight, "its weight is 0")
    return WeighedRow(disposition, weight)
