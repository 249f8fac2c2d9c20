"""Why a number moved: Δ progress = re-mapped + re-targeted + removed + re-estimated + progressed + added + said + time, in that order,
summing exactly.

Each step changes one kind of thing and leaves the rest as it was; what the number does in that step is the part. Within a step
the rows change one after the other in id order, so each row has an effect and the effects of a part sum to it. Parts are gross:
a row that moved the number is told though another took it back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from mappings.rollup.rows.ledger import Contribution, Ledger
from mappings.rollup.rows.number_path import NumberPath, Standpoint
from mappings.rollup.rows.stages import MovementPart
from mappings.rollup.state import ObjectiveState

__all__ = ["Effect", "LedgerSnapshot", "Movement", "MovementPart", "compute_movement", "objective_moved"]

ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class LedgerSnapshot:
    """A ledger as it stood at some moment, and the revision of the mapping it was made with."""

    revision: str
    ledger: Ledger


@dataclass(frozen=True, slots=True)
class Effect:
    """What one row did to the number; None where the number before or after is unknown. A row is None where there was none.

    `why` is the cause in words where the rows alone do not tell it, `thing` what in Jira did it that is no issue: `Sprint 12 was closed`.
    """

    part: MovementPart
    id: str
    key: str
    title: str
    before: Contribution | None
    after: Contribution | None
    effect: Fraction | None
    why: str = ""
    thing: str = ""


@dataclass(frozen=True, slots=True)
class Movement:
    """A change of a number and its parts. With an unknown number at either end there is no Δ, no parts, and rows without effect."""

    before: Fraction | None
    after: Fraction | None
    rows: tuple[Effect, ...] = ()

    @property
    def total(self) -> Fraction | None:
        """Δ, exact; None where either end is unknown."""
        return None if self.before is None or self.after is None else self.after - self.before

    @property
    def parts(self) -> dict[MovementPart, Fraction]:
        """Every part in order, 0 where nothing of that kind happened; empty where Δ is unknown."""
        if self.total is None:
            return {}
        sums = dict.fromkeys(MovementPart, ZERO)
        for row in self.rows:
            sums[row.part] += row.effect or ZERO
        return sums


def compute_movement(
    before: LedgerSnapshot, after: LedgerSnapshot, remapped: Ledger | None = None
) -> Movement:
    """The movement between two snapshots; `remapped` is the ledger of the moment before, recomputed under the new mapping.

    Where the revisions differ and that ledger is missing or has no number, all of Δ is re-mapped: it cannot be told apart.
    """
    middle = None if remapped is None else Standpoint(remapped)
    same = before.revision == after.revision
    return _movement(Standpoint(before.ledger), Standpoint(after.ledger), middle, same_mapping=same)


def objective_moved(
    before: ObjectiveState,
    after: ObjectiveState,
    revisions: tuple[str, str],
    remapped: ObjectiveState | None = None,
) -> Movement:
    """An objective's movement down to the issues of its key results; `revisions` are those of the mapping before and after."""
    middle = None if remapped is None else standpoint(remapped)
    same = revisions[0] == revisions[1]
    return _movement(standpoint(before), standpoint(after), middle, same_mapping=same)


def open_rows(movement: Movement) -> frozenset[str]:
    """The ids of the rows that came, went or moved and do not tell why."""
    return frozenset(row.id for row in movement.rows if _is_open(row))


def by_things(movement: Movement, things: Mapping[str, str]) -> Movement:
    """The movement where of these issues, by id, something else than an edit is the cause, in words; a row that says why it moved is left alone."""
    rows = (
        replace(row, thing=things[row.id]) if row.id in things and _is_open(row) else row
        for row in movement.rows
    )
    return replace(movement, rows=tuple(rows)) if things else movement


def _is_open(row: Effect) -> bool:
    """Whether a row came, went or moved without its telling why."""
    if row.why or row.part not in (MovementPart.ADDED, MovementPart.REMOVED, MovementPart.PROGRESSED):
        return False
    return row.before is None or row.after is None or row.before.status == row.after.status


def standpoint(state: ObjectiveState) -> Standpoint:
    """What an objective's number was made of."""
    return Standpoint(state.ledger, state.beside, {one.id: one for one in state.key_results})


def _movement(
    before: Standpoint, after: Standpoint, remapped: Standpoint | None, *, same_mapping: bool
) -> Movement:
    middle = before
    if not same_mapping:
        middle = after if remapped is None or remapped.ledger.total is None else remapped
    by_mapping = (replace(row, part=MovementPart.REMAPPED) for row in effects(before, middle))
    rows = (*by_mapping, *effects(middle, after))
    movement = Movement(before.ledger.total, after.ledger.total, rows)
    if movement.total is None:
        return replace(movement, rows=tuple(replace(row, effect=None) for row in rows))
    return movement


def effects(before: Standpoint, after: Standpoint) -> Iterator[Effect]:
    """The effect of every row that differs between two standpoints; they sum to the difference of the two numbers.

    While no row is left the number stays as it was: nothing measured is not 0.
    """
    if before is after:
        return
    course = NumberPath(before, after)
    number = before.ledger.total or ZERO
    for turn in course.turns():
        turn.change()
        reached = course.number()
        effect = ZERO if reached is None else reached - number
        number += effect
        shown = turn.after or turn.before
        if shown is not None and (effect or turn.certain):
            yield Effect(
                part=turn.part,
                id=turn.id,
                key=shown.key,
                title=shown.title,
                before=turn.before,
                after=turn.after,
                effect=effect,
                why=turn.why,
            )
