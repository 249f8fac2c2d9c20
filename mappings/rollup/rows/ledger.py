"""The rows behind a number. Their shares sum exactly to the unrounded number: shares are fractions, never floats."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

DERIVED, CLOSING = "derived", "closing"
"""Ids of the rows that are no issues: the derived value of what is not made of rows, and what a closing took away."""

HIDDEN = "hidden-"
"""How the id of a row begins whose issues are hidden from whoever looks: with `hidden-3-` it stands for three, else for one. Nothing that is kept has it."""


class Disposition(StrEnum):
    """What became of one row."""

    COUNTED = "counted"
    NOT_ACHIEVED = "not_achieved"
    EXCLUDED = "excluded"
    UNKNOWN = "unknown"
    WEIGHTLESS = "weightless"
    GAP = "gap"
    BY_CHILDREN = "measured_by_children"
    ELSEWHERE = "counted_elsewhere"
    BESIDE = "beside"
    CHECKED_IN = "checked_in"


@dataclass(frozen=True, slots=True)
class Contribution:
    """One row of a rollup: an issue (or key result, or aligned objective), its weight, its progress, or why it was left out.

    `share` is what the row adds to the number (0…1 of the whole); rows that do not enter have share 0. `stand_in` is the rule
    that gave the weight where the row has none of its own, `divisor` among how many key results the weight was split.
    `by_status` says that the progress is what the status is worth.
    """

    id: str
    key: str
    title: str
    disposition: Disposition
    reason: str
    weight: Fraction | None = None
    progress: Fraction | None = None
    share: Fraction = Fraction(0)
    status: str = ""
    stand_in: str = ""
    divisor: int = 1
    by_status: bool = True


@dataclass(frozen=True, slots=True)
class Ledger:
    """All rows of one number; `total` is None where nothing could be measured. `aim` is the fixed number that rows are counted to."""

    rows: tuple[Contribution, ...] = ()
    total: Fraction | None = None
    aim: Fraction | None = None

    @property
    def exact(self) -> bool:
        """Whether the rows sum to the number, as they always must."""
        return sum((row.share for row in self.rows), Fraction(0)) == (self.total or Fraction(0))

    @property
    def plain(self) -> bool:
        """Whether it says no more than its number: no row, or the derived value alone."""
        return all(row.id == DERIVED for row in self.rows)

    @property
    def hidden(self) -> int:
        """How many issues stand behind its rows that whoever looks may not see."""
        return sum(hidden_issues(row.id) for row in self.rows)


def hidden_issues(row_id: str) -> int:
    """How many issues a row stands for that whoever looks may not see; 0 for a row that they see."""
    if not row_id.startswith(HIDDEN):
        return 0
    number, several, _ = row_id.removeprefix(HIDDEN).partition("-")
    return int(number) if several else 1


def unseen_words(number: int) -> str:
    """How many issues somebody may not see: `3 issues you may not see`; empty for none."""
    return f"{number} issue{'s' if number > 1 else ''} you may not see" if number else ""
