"""Why a number moved: Δ progress = re-mapped + removed + re-estimated + completed + added, in that order, summing exactly.

Each step changes one kind of thing and leaves the rest as it was; what the number does in that step is the part. Within a step
the rows change one after the other in id order, so each row has an effect and the effects of a part sum to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

from mappings.forest import issue_order
from mappings.ledger import Contribution, Ledger
from mappings.state import ObjectiveState
from mappings.tally import ZERO, Key, Rows, Tally, Weighed, entering, tally


class Part(StrEnum):
    """The parts of a movement, in the order in which they are computed."""

    REMAPPED = "re-mapped"
    REMOVED = "removed"
    RE_ESTIMATED = "re-estimated"
    COMPLETED = "completed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A ledger as it stood at some moment, and the revision of the mapping it was made with."""

    revision: str
    ledger: Ledger


@dataclass(frozen=True, slots=True)
class Effect:
    """What one row did to the number; None where the number before or after is unknown. A row is None where there was none."""

    part: Part
    id: str
    key: str
    title: str
    before: Contribution | None
    after: Contribution | None
    effect: Fraction | None


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
    def parts(self) -> dict[Part, Fraction]:
        """Every part in order, 0 where nothing of that kind happened; empty where Δ is unknown."""
        if self.total is None:
            return {}
        sums = dict.fromkeys(Part, ZERO)
        for row in self.rows:
            sums[row.part] += row.effect or ZERO
        return sums


def moved(before: Snapshot, after: Snapshot, remapped: Ledger | None = None) -> Movement:
    """The movement between two snapshots; `remapped` is the ledger of the moment before, recomputed under the new mapping.

    Where the revisions differ and that ledger is missing or has no number, all of Δ is re-mapped: it cannot be told apart.
    """
    middle = before.ledger
    if before.revision != after.revision:
        middle = after.ledger if remapped is None or remapped.total is None else remapped
    by_mapping = (replace(row, part=Part.REMAPPED) for row in effects(before.ledger, middle))
    rows = (*by_mapping, *effects(middle, after.ledger))
    movement = Movement(before.ledger.total, after.ledger.total, rows)
    if movement.total is None:
        return replace(movement, rows=tuple(replace(row, effect=None) for row in rows))
    return movement


def objective_moved(
    before: ObjectiveState,
    after: ObjectiveState,
    revisions: tuple[str, str],
    remapped: ObjectiveState | None = None,
) -> Movement:
    """An objective's movement down to the issues of its key results; `revisions` are those of the mapping before and after."""

    def between(old: Ledger, new: Ledger, middle: Ledger | None) -> Movement:
        return moved(Snapshot(revisions[0], old), Snapshot(revisions[1], new), middle)

    old, new = ledgers(before), ledgers(after)
    middle = ledgers(remapped) if remapped else {}
    behind = {id_: between(old[id_], new[id_], middle.get(id_)) for id_ in old if id_ in new}
    return compose(between(before.ledger, after.ledger, remapped.ledger if remapped else None), behind)


def ledgers(state: ObjectiveState) -> dict[str, Ledger]:
    """The ledgers of an objective's key results, by key result id."""
    return {key_result.id: key_result.measurement.ledger for key_result in state.key_results}


def compose(objective: Movement, key_results: Mapping[str, Movement]) -> Movement:
    """An objective's movement with the rows of its key results' movements in place of the key results, by key result id.

    A key result's effect is shared among the rows behind it in proportion to theirs, so the sum stays exact.
    """
    rows = (found for row in objective.rows for found in opened(row, key_results.get(row.id)))
    return replace(
        objective, rows=tuple(sorted(rows, key=lambda row: (list(Part).index(row.part), issue_order(row.id))))
    )


def opened(row: Effect, movement: Movement | None) -> Iterable[Effect]:
    """The effects behind one key result's effect; itself where nothing behind it explains it."""
    if movement is None or not row.effect or row.part not in (Part.REMAPPED, Part.COMPLETED):
        return (row,)
    by_mapping = row.part is Part.REMAPPED
    behind = [found for found in movement.rows if (found.part is Part.REMAPPED) is by_mapping]
    whole = sum((found.effect or ZERO for found in behind), ZERO)
    if not whole:
        return (row,)
    return [replace(found, effect=row.effect * (found.effect or ZERO) / whole) for found in behind]


Step = tuple[Part, Key, Fraction]


def effects(before: Ledger, after: Ledger) -> Iterator[Effect]:
    """The effect of every row that differs between two ledgers; they sum to the difference of the two numbers."""
    if before is after:
        return
    old, new = entering(before), entering(after)
    tallied = tally(before, after)
    steps = by_share(old, new) if tallied is None else by_tally(before.total or ZERO, *tallied)
    was, is_now = ({row.id: row for row in ledger.rows} for ledger in (before, after))
    for part, key, effect in steps:
        one, other = old.get(key) or was.get(key[0]), new.get(key) or is_now.get(key[0])
        shown = other or one
        if shown is not None:
            yield Effect(part, shown.id, shown.key, shown.title, one, other, effect)


def by_tally(number: Fraction, kept: Tally, old: Rows, new: Rows) -> Iterator[Step]:
    """The steps of a number that is made of its rows. While none is left it stays as it was: nothing measured is not 0."""
    for part, key, row in turns(old, new):
        kept.change(key, row)
        reached = kept.number()
        reached = number if reached is None else reached
        yield part, key, reached - number
        number = reached


def turns(old: Rows, new: Rows) -> Iterator[tuple[Part, Key, Weighed | None]]:
    """What changes one after the other: the part, the row, and what it then is."""
    for key in old:
        if key not in new:
            yield Part.REMOVED, key, None
    for key, row in old.items():
        if key in new and row.weight != new[key].weight:
            yield Part.RE_ESTIMATED, key, Weighed(new[key].weight, row.reached)
    for key, row in old.items():
        if key in new and row.reached != new[key].reached:
            yield Part.COMPLETED, key, new[key]
    for key, row in new.items():
        if key not in old:
            yield Part.ADDED, key, row


Contributions = Mapping[Key, Contribution]


def by_share(old: Contributions, new: Contributions) -> Iterator[Step]:
    """The steps of any other number: each row moves it by what its share changed, wherever that came from."""
    found = (
        (part_of(old.get(key), new.get(key)), key, share_of(new.get(key)) - share_of(old.get(key)))
        for key in dict.fromkeys([*old, *new])
    )
    order = list(Part)
    changed = (step for step in found if step[2] or step[0] in (Part.REMOVED, Part.COMPLETED, Part.ADDED))
    yield from sorted(changed, key=lambda step: order.index(step[0]))


def part_of(before: Contribution | None, after: Contribution | None) -> Part:
    """The part a row belongs to whose share changed."""
    if before is None or after is None:
        return Part.ADDED if before is None else Part.REMOVED
    return Part.RE_ESTIMATED if before.progress == after.progress else Part.COMPLETED


def share_of(row: Contribution | None) -> Fraction:
    return ZERO if row is None else row.share
