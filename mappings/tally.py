"""How a ledger's rows make its number, kept while rows change one after the other. What a change means is decided in `moved`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from mappings.forest import issue_order
from mappings.ledger import Contribution, Disposition, Ledger

ZERO, ONE = Fraction(0), Fraction(1)
ENTERING = frozenset({Disposition.COUNTED, Disposition.NOT_ACHIEVED, Disposition.CHECKED_IN})

Key = tuple[str, int]
"""The id of a row, and how many rows of that id stand before it."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """A row as it enters the number: its weight and what it has reached of it."""

    weight: Fraction
    reached: Fraction


Rows = Mapping[Key, Weighed]


class Tally(Protocol):
    """A number over rows that change."""

    def change(self, key: Key, row: Weighed | None) -> None:
        """Put a row in, in place of the one that was there, or take it out."""

    def number(self) -> Fraction | None:
        """The number of the rows there are; None where it has none."""


class Mean:
    """Σ weight × reached ÷ Σ weight."""

    def __init__(self, rows: Rows) -> None:
        self._rows = dict(rows)
        self._whole = sum((row.weight for row in rows.values()), ZERO)
        self._sum = sum((row.weight * row.reached for row in rows.values()), ZERO)

    def change(self, key: Key, row: Weighed | None) -> None:
        gone = self._rows.pop(key, None)
        if gone is not None:
            self._whole -= gone.weight
            self._sum -= gone.weight * gone.reached
        if row is not None:
            self._rows[key] = row
            self._whole += row.weight
            self._sum += row.weight * row.reached

    def number(self) -> Fraction | None:
        return self._sum / self._whole if self._whole else None


class Least:
    """The lowest of what the rows have reached."""

    def __init__(self, rows: Rows) -> None:
        self._reached = {key: row.reached for key, row in rows.items()}

    def change(self, key: Key, row: Weighed | None) -> None:
        self._reached.pop(key, None)
        if row is not None:
            self._reached[key] = row.reached

    def number(self) -> Fraction | None:
        return min(self._reached.values(), default=None)


def entering(ledger: Ledger) -> dict[Key, Contribution]:
    """The rows that make the number, in id order."""
    rows = [row for row in ledger.rows if row.disposition in ENTERING and row.progress is not None]
    seen: Counter[str] = Counter()
    keyed: dict[Key, Contribution] = {}
    for row in sorted(rows, key=lambda row: issue_order(row.id)):
        keyed[row.id, seen[row.id]] = row
        seen[row.id] += 1
    return keyed


def by_progress(ledger: Ledger) -> Rows | None:
    """The rows of a weighted mean, or None where the number is made in another way."""
    rows = {key: Weighed(row.weight or ZERO, row.progress or ZERO) for key, row in entering(ledger).items()}
    return rows if Mean(rows).number() == ledger.total else None


def by_achievement(ledger: Ledger) -> Rows | None:
    """The rows of a number that counts each as reached or not (achieved ÷ measured), or None where it is made in another way."""
    rows = {
        key: Weighed(row.weight or ZERO, ONE if row.share else ZERO) for key, row in entering(ledger).items()
    }
    return rows if Mean(rows).number() == ledger.total else None


def by_least(ledger: Ledger) -> Rows | None:
    """The rows of a minimum, where the one that decides carries all the weight, or None where the number is made in another way."""
    found = entering(ledger).values()
    weights = sorted(row.weight or ZERO for row in found)
    if weights[-1:] != [ONE] or any(weights[:-1]):
        return None
    # All weigh the same here: which of them decides is what the number comes to, not a change of anybody's estimate.
    rows = {key: Weighed(ONE, row.progress or ZERO) for key, row in entering(ledger).items()}
    return rows if Least(rows).number() == ledger.total else None


Reading = Callable[[Ledger], Rows | None]
TALLIES: tuple[tuple[Reading, Callable[[Rows], Tally]], ...] = (
    (by_least, Least),
    (by_progress, Mean),
    (by_achievement, Mean),
)


def tally(before: Ledger, after: Ledger) -> tuple[Tally, Rows, Rows] | None:
    """What both numbers are made by: a tally of the rows before, those rows and the rows after; None where there is no one way."""
    for read, kind in TALLIES:
        old, new = read(before), read(after)
        if old is not None and new is not None:
            return kind(old), old, new
    return None
