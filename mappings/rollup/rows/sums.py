"""How a ledger's rows make its number, kept while rows change one after the other. What a change means is decided in `turns`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import islice, repeat
from operator import lt
from typing import Protocol

from mappings.facts.forest import issue_order
from mappings.rollup.rows.ledger import Contribution, Disposition, Ledger

ZERO, ONE = Fraction(0), Fraction(1)
ENTERING = frozenset({Disposition.COUNTED, Disposition.NOT_ACHIEVED, Disposition.CHECKED_IN})
SIBLINGS_MEAN = "siblings_mean"

Key = tuple[str, int]
"""The id of a row, and how many rows of that id stand before it."""


@dataclass(frozen=True, slots=True)
class SumRow:
    """A row as it enters the number: what it weighs and what it has reached.

    `own` is the weight it was given, None where one stands in by the rule `stand_in`; `divisor` says among how many it is split.
    One that stands `beside` enters no number, but its weight counts in the mean that stands in for its siblings'.
    """

    own: Fraction | None
    reached: Fraction
    stand_in: str = ""
    divisor: int = 1
    beside: bool = False


Rows = Mapping[Key, SumRow]


class RunningNumber(Protocol):
    """A number over rows that change."""

    def change(self, key: Key, row: SumRow | None) -> None:
        """Put a row in, in place of the one that was there, or take it out."""

    def number(self) -> Fraction | None:
        """The number of the rows there are; None where it has none."""


class GroupedSum:
    """A sum of many fractions, reckoned in whole numbers by denominator: most share one, and to add fractions is dear."""

    def __init__(self) -> None:
        self._sum = ZERO
        self._by_denominator: dict[int, int] = {}

    def add(self, numerator: int, denominator: int) -> None:
        """Add one; it need not be in lowest terms."""
        known = self._by_denominator
        known[denominator] = known.get(denominator, 0) + numerator

    def value(self) -> Fraction:
        """The sum of all that was added until now."""
        self._sum += sum((Fraction(above, below) for below, above in self._by_denominator.items()), ZERO)
        self._by_denominator.clear()
        return self._sum


class SharedRows:
    """Makes the rows of a sum; those that are alike are one object: they are told apart, and summed, without comparing fractions."""

    def __init__(self) -> None:
        self._by_parts: dict[tuple[int, int, str, int, bool], tuple[SumRow, Contribution]] = {}
        self._by_value: dict[SumRow, SumRow] = {}

    def weighed(self, row: Contribution, *, beside: bool = False) -> SumRow:
        """The row of a weighted mean."""
        rule, weight, progress, divisor = stand_in(row), row.weight, row.progress, row.divisor
        parts = (id(weight), id(progress), rule, divisor, beside)
        known = self._by_parts.get(parts)
        if known is None:
            weight = weight or ZERO
            own = None if rule else weight if divisor == 1 else weight * divisor
            made = SumRow(own=own, reached=progress or ZERO, stand_in=rule, divisor=divisor, beside=beside)
            # The row is kept, so that nothing else gets the identities of its parts.
            known = self._by_parts[parts] = self._by_value.setdefault(made, made), row
        return known[0]


class WeightedMean:
    """Σ weight × reached ÷ Σ weight, the mean of the given weights standing in where one is missing."""

    def __init__(self, rows: Rows) -> None:
        self._rows: dict[Key, SumRow] = dict(rows)
        self._whole, self._sum, self._whole_lacking, self._sum_lacking, self._given = (
            GroupedSum() for _ in range(5)
        )
        self._number = 0
        alike = {id(row): row for row in rows.values()}
        for identity, number in Counter(map(id, rows.values())).items():
            self._add(alike[identity], number)

    def change(self, key: Key, row: SumRow | None) -> None:
        gone = self._rows.pop(key, None)
        if gone is not None:
            self._add(gone, -1)
        if row is not None:
            self._rows[key] = row
            self._add(row, 1)

    def _add(self, row: SumRow, number: int) -> None:
        """So many such rows more; fewer, where the number is below 0."""
        own, reached = ONE if row.own is None else row.own, row.reached
        if row.own is not None:
            self._given.add(number * own.numerator, own.denominator)
            self._number += number
        if row.beside:
            return
        lacking = row.own is None and row.stand_in == SIBLINGS_MEAN
        above, below = number * own.numerator, own.denominator * row.divisor
        (self._whole_lacking if lacking else self._whole).add(above, below)
        (self._sum_lacking if lacking else self._sum).add(
            above * reached.numerator, below * reached.denominator
        )

    def number(self) -> Fraction | None:
        mean = self._given.value() / self._number if self._number else ONE
        whole = self._whole.value() + mean * self._whole_lacking.value()
        return (self._sum.value() + mean * self._sum_lacking.value()) / whole if whole else None


class LowestNumber:
    """The lowest of what the rows have reached."""

    def __init__(self, rows: Rows) -> None:
        self._reached = {key: row.reached for key, row in rows.items()}

    def change(self, key: Key, row: SumRow | None) -> None:
        self._reached.pop(key, None)
        if row is not None:
            self._reached[key] = row.reached

    def number(self) -> Fraction | None:
        return min(self._reached.values(), default=None)


class Count:
    """How many rows have reached 1, towards a fixed number; a row that is split counts for its part."""

    def __init__(self, rows: Rows, aim: Fraction) -> None:
        self._parts: dict[Key, Fraction] = {}
        self._sum, self._aim = ZERO, aim
        for key, row in rows.items():
            self.change(key, row)

    def change(self, key: Key, row: SumRow | None) -> None:
        self._sum -= self._parts.pop(key, ZERO)
        if row is not None:
            self._parts[key] = Fraction(row.reached == 1, row.divisor)
            self._sum += self._parts[key]

    def number(self) -> Fraction | None:
        return min(self._sum / self._aim, ONE)


class Shares:
    """The sum of the shares, wherever they came from."""

    def __init__(self, rows: Rows) -> None:
        self._shares: dict[Key, Fraction] = {}
        self._sum = GroupedSum()
        for key, row in rows.items():
            self.change(key, row)

    def change(self, key: Key, row: SumRow | None) -> None:
        gone = self._shares.pop(key, ZERO)
        self._sum.add(-gone.numerator, gone.denominator)
        if row is not None:
            self._shares[key] = row.reached
            self._sum.add(row.reached.numerator, row.reached.denominator)

    def number(self) -> Fraction | None:
        return self._sum.value()


class NoSum:
    """No number, whatever the rows."""

    def change(self, key: Key, row: SumRow | None) -> None:
        """Comes to nothing."""

    def number(self) -> Fraction | None:
        return None


@dataclass(frozen=True)
class LedgerPair:
    """A ledger, and the one beside it, whose rows are siblings of its rows. Both are put in order once, however many ask."""

    ledger: Ledger
    beside: Ledger = field(default_factory=Ledger)
    made: SharedRows = field(default_factory=SharedRows, compare=False)
    """By what the rows of its sum are made; one of two moments, that rows which stand as they stood are one object."""

    @cached_property
    def entering(self) -> Mapping[Key, Contribution]:
        """The rows that make the number, in id order."""
        return contributing_rows(self.ledger.rows)

    @cached_property
    def siblings(self) -> Mapping[Key, Contribution]:
        """The rows that stand beside the number, in id order; where a key is that of a row of the number, that one goes before."""
        return contributing_rows(self.beside.rows)

    @cached_property
    def _first(self) -> Mapping[str, Contribution]:
        return {row.id: row for row in reversed([*self.ledger.rows, *self.beside.rows])}

    def at(self, key: Key) -> Contribution | None:
        """The row of this key; one that counts before one that does not."""
        counting = self.entering.get(key) or self.siblings.get(key)
        return counting if counting is not None or key[1] else self._first.get(key[0])


def contributing_rows(rows: Sequence[Contribution]) -> dict[Key, Contribution]:
    """Those of the rows that count, in id order."""
    counted = Disposition.COUNTED  # what nearly all rows are is asked first: to hash it is dear
    counting = [
        row
        for row in rows
        if row.progress is not None and (row.disposition is counted or row.disposition in ENTERING)
    ]
    ids = [row.id for row in counting]
    if all(map(str.isdecimal, ids)):
        numbers = list(map(int, ids))
        if all(map(lt, numbers, islice(numbers, 1, None))):  # the rows of issues come so
            return dict(zip(zip(ids, repeat(0)), counting, strict=False))
    seen: Counter[str] = Counter()
    keyed: dict[Key, Contribution] = {}
    for row in sorted(counting, key=lambda row: issue_order(row.id)):
        keyed[row.id, seen[row.id]] = row
        seen[row.id] += 1
    return keyed


def stand_in(row: Contribution) -> str:
    """The rule that gave the row its weight, empty where it has its own. What was kept before rows said so has it in the reason."""
    if row.stand_in or "stands in" not in row.reason:
        return row.stand_in
    return SIBLINGS_MEAN if "the mean of its siblings stands in" in row.reason else "one"


def by_progress(stand: LedgerPair) -> Rows | None:
    """The rows of a weighted mean, or None where the number is made in another way."""
    made = stand.made.weighed
    rows = {key: made(row, beside=True) for key, row in stand.siblings.items()} | _counted(stand)
    return rows if WeightedMean(rows).number() == stand.ledger.total else None


def by_weight(stand: LedgerPair) -> Rows | None:
    """The same where it cannot be told which weights stand in: all count as given."""
    rows = {key: SumRow(row.weight or ZERO, row.progress or ZERO) for key, row in stand.entering.items()}
    return rows if WeightedMean(rows).number() == stand.ledger.total else None


def by_achievement(stand: LedgerPair) -> Rows | None:
    """The rows of a number that counts each as reached or not (achieved ÷ measured), or None where it is made in another way."""
    rows = {
        key: SumRow(row.weight or ZERO, ONE if row.share else ZERO) for key, row in stand.entering.items()
    }
    return rows if WeightedMean(rows).number() == stand.ledger.total else None


def by_least(stand: LedgerPair) -> Rows | None:
    """The rows of a minimum, where the one that decides carries all the weight, or None where the number is made in another way."""
    heavy = (row.weight for row in stand.entering.values() if row.weight)
    if list(islice(heavy, 2)) != [ONE]:
        return None
    # All weigh the same here: which of them decides is what the number comes to, not a change of anybody's estimate.
    rows = {key: SumRow(ONE, row.progress or ZERO) for key, row in stand.entering.items()}
    return rows if LowestNumber(rows).number() == stand.ledger.total else None


def by_share(stand: LedgerPair) -> Rows | None:
    """The rows of any other number: each adds its share."""
    rows = _shares(stand)
    return rows if Shares(rows).number() == stand.ledger.total else None


Reading = Callable[[LedgerPair], Rows | None]


@dataclass(frozen=True, slots=True)
class Method:
    """One way to make a number of rows: how they are read from a ledger, and what a row has reached at a progress.

    Without `reached` a row's progress alone does not say.
    """

    read: Reading
    tally: Callable[[Rows], RunningNumber]
    reached: Callable[[Fraction, Fraction], Fraction] | None = None


def _as_is(progress: Fraction, achieved_at: Fraction) -> Fraction:  # noqa: ARG001
    return progress


def _achieved(progress: Fraction, achieved_at: Fraction) -> Fraction:
    return ONE if progress >= achieved_at else ZERO


METHODS = (
    Method(by_least, LowestNumber, _as_is),
    Method(by_progress, WeightedMean, _as_is),
    Method(by_weight, WeightedMean, _as_is),
    Method(by_achievement, WeightedMean, _achieved),
    Method(by_share, Shares),
)


def shared_method(before: LedgerPair, after: LedgerPair) -> tuple[Method, Rows, Rows]:
    """The one way in which both numbers are made, with the rows before and after."""
    if before.ledger.total is None or after.ledger.total is None:
        return Method(by_share, lambda _rows: NoSum(), _as_is), _counted(before), _counted(after)
    aim = before.ledger.aim
    if aim is not None and aim == after.ledger.aim:
        return Method(by_share, lambda rows: Count(rows, aim), _as_is), _counted(before), _counted(after)
    for method in METHODS:
        old, new = method.read(before), method.read(after)
        if old is not None and new is not None:
            return method, old, new
    return Method(by_share, Shares), _shares(before), _shares(after)


def _counted(stand: LedgerPair) -> dict[Key, SumRow]:
    made = stand.made.weighed
    return {key: made(row) for key, row in stand.entering.items()}


def _shares(stand: LedgerPair) -> Rows:
    return {key: SumRow(ONE, row.share) for key, row in stand.entering.items()}
