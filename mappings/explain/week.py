"""What a week did to an objective, in a line: by how much, and by what in words."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from mappings.explain.cause import row_cause
from mappings.explain.movement import Movement

TOLD = 3
"""As many causes are told in words as are read at a glance."""


@dataclass(frozen=True, slots=True)
class WeekMove:
    """By how much an objective moved in a week (a share of 1; None where it was unknown at either end), and the strongest causes."""

    total: Fraction | None
    causes: tuple[str, ...]


def week_of(told: Movement) -> WeekMove:
    """The movement in a line: the rows that did most come first."""
    rows = sorted((row for row in told.rows if row.effect), key=lambda row: -abs(row.effect or Fraction(0)))
    return WeekMove(told.total, tuple(row_cause(row) for row in rows[:TOLD]))


def unmoved_week(progress: Fraction | None) -> WeekMove:
    """A week in which nothing was noted of it."""
    return WeekMove(None if progress is None else Fraction(0), ())
