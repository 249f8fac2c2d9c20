"""A movement in words: what a person is told beside a number that changed. Computes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from mappings.explain.movement import Effect, Movement, MovementPart
from mappings.numbers import percent, rounded
from mappings.rollup.rows.ledger import Contribution

NAMED = 3
"""How many rows are named before the others are only counted."""


def cause(movement: Movement, named: int = NAMED) -> str:
    """The rows that moved a number, the strongest first: `PLAT-7 moved to Done, PLAT-9 added and 2 more`. Empty where none did.

    Where the mapping did, that is said first, and not by rows.
    """
    moved = [row for row in movement.rows if row.effect or movement.total is None]
    rows = [row for row in moved if row.part is not MovementPart.REMAPPED]
    rows.sort(key=lambda row: -abs(row.effect or Fraction(0)))
    said = (
        ["the mapping changed"]
        if any(row.part is MovementPart.REMAPPED and row.effect for row in moved)
        else []
    )
    told = ", ".join([*said, *(row_cause(row) for row in rows[:named])])
    return f"{told} and {len(rows) - named} more" if len(rows) > named else told


def largest_part(movement: Movement, named: int = 2) -> str:
    """The part that moved a number most, in points, with the rows behind it: `completed +25 (PLAT-7 moved to Done)`. Empty where none is known."""
    parts = movement.parts
    part = max(parts, key=lambda one: abs(parts[one]), default=None)
    if part is None or not parts[part]:
        return ""
    rows = [row for row in movement.rows if row.part is part and row.effect]
    rows.sort(key=lambda row: -abs(row.effect or Fraction(0)))
    points = f"{part_words(rows)} {rounded(parts[part] * 100, 0):+}"
    if part is MovementPart.REMAPPED:
        return f"{points} (the mapping changed)"
    told = ", ".join(row_cause(row) for row in rows[:named])
    return f"{points} ({told} and {len(rows) - named} more)" if len(rows) > named else f"{points} ({told})"


def row_cause(row: Effect) -> str:
    """What happened to one row: `PLAT-7 moved to Done`; where no edit of it did: `PLAT-7: Sprint 12 was closed`."""
    name = row.key or row.title or row.id
    if row.thing:
        return f"{name}: {row.thing}"
    if row.why:
        return (
            f"{name} {row.why}"
            if row.part not in (MovementPart.SAID, MovementPart.TIME)
            else f"{name}: {row.why}"
        )
    if row.part is MovementPart.ADDED:
        return f"{name} added" if row.before is None else f"{name} counts again"
    if row.part is MovementPart.REMOVED:
        return f"{name} removed" if row.after is None else f"{name} left out ({row.after.reason})"
    if row.before is None or row.after is None:
        return f"{name} {row.part}"
    return f"{name} {step(row.part, row.before, row.after)}"


def part_words(rows: Iterable[Effect]) -> str:
    """What people call the part that these rows make up: issues that moved on without being done have not been completed."""
    return " and ".join(dict.fromkeys(_part_word(row) for row in rows))


def _part_word(row: Effect) -> str:
    before, after = (None if one is None else one.progress for one in (row.before, row.after))
    if row.part is not MovementPart.PROGRESSED:
        return row.part.value
    if after == 1:
        return "completed"
    moved = row.effect or (None if before is None or after is None else after - before)
    return "went back" if moved is not None and moved < 0 else "progressed"


def step(part: MovementPart, before: Contribution, after: Contribution) -> str:
    """How a row that stayed went on."""
    by_status = before.by_status and after.by_status
    if part is MovementPart.PROGRESSED and by_status and before.status != after.status and after.status:
        return f"moved to {after.status}"
    if part is MovementPart.RE_ESTIMATED and before.weight != after.weight:
        return f"weight {figure(before.weight)} → {figure(after.weight)}"
    return f"progress {percentage(before.progress)} → {percentage(after.progress)}"


def figure(weight: Fraction | None) -> str:
    """A weight for people, to two decimals."""
    return "none" if weight is None else f"{float(rounded(weight, 2)):g}"


def percentage(progress: Fraction | None) -> str:
    """A progress for people, in whole percent."""
    return "unknown" if progress is None else f"{percent(progress)} %"
