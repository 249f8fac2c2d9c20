"""Rows that somebody may not see, summed into one line: what they add stays, which of them adds what goes. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from mappings.explain.movement import Effect
from mappings.rollup.rows.ledger import HIDDEN, Contribution, Disposition, hidden_issues

WORK = "work you may not see"
NOTHING = Fraction(0)


def summed_rows(rows: Sequence[Contribution], name: str) -> Contribution:
    """The one line of these rows of a ledger; `name` is opaque, and the same for the same rows. Shares and weights are sums, so the ledger is as exact as it was."""
    number = sum(hidden_issues(row.id) or 1 for row in rows)
    counted = [row for row in rows if row.disposition is Disposition.COUNTED]
    weighed = [row for row in counted if row.weight is not None]
    weight = sum((row.weight for row in weighed if row.weight is not None), NOTHING) if weighed else None
    return Contribution(
        id=f"{HIDDEN}{number}-{name}",
        key="",
        title=f"{number} issues you may not see" if number > 1 else "An issue you may not see",
        disposition=Disposition.COUNTED if counted else rows[0].disposition,
        reason="summed into one line",
        weight=weight,
        progress=_mean(counted) if len(counted) == len(weighed) else None,
        share=sum((row.share for row in rows), NOTHING),
    )


def _mean(rows: Sequence[Contribution]) -> Fraction | None:
    """What they stand at together; None where one of them is unknown."""
    weight, done = NOTHING, NOTHING
    for row in rows:
        if row.weight is None or row.progress is None:
            return None
        weight += row.weight
        done += row.weight * row.progress
    return done / weight if weight else None


def summed_effects(rows: Sequence[Effect], name: Callable[[str], str]) -> list[Effect]:
    """One line for each part of a movement: what hidden rows did to the number together. `name` makes the opaque id of each from its part."""
    return [
        Effect(
            part=part,
            id=f"{HIDDEN}{len({row.id for row in mine})}-{name(part.value)}",
            key="",
            title=WORK,
            before=None,
            after=None,
            effect=_sum([row.effect for row in mine]),
        )
        for part in dict.fromkeys(row.part for row in rows)
        for mine in [[row for row in rows if row.part is part]]
    ]


def _sum(effects: Sequence[Fraction | None]) -> Fraction | None:
    known = [one for one in effects if one is not None]
    return sum(known, NOTHING) if len(known) == len(effects) else None
