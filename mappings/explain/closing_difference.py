"""What two closings of one cycle differ in: objective by objective, with the rows that made the difference, summing exactly. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from mappings.explain.movement import Effect, Movement, objective_moved
from mappings.rollup.cycles.closing_record import ClosingRecord
from mappings.rollup.cycles.score import Score
from mappings.rollup.state import ObjectiveState

COMPARED = ("title", "owner", "status", "commitment", "team", "perspective")
"""What a record says of an objective beside its numbers."""


@dataclass(frozen=True, slots=True)
class RecordDifference:
    """One objective in the records of two versions; None where a version has none of it. At least one of the two is there.

    `movement` tells the rows between them, None where there is one record alone; `said` names what else differs, in words.
    """

    before: ClosingRecord | None
    after: ClosingRecord | None
    movement: Movement | None = None
    said: tuple[str, ...] = ()

    @property
    def shown(self) -> ObjectiveState:
        """What says who it is."""
        found = self.after or self.before
        if found is None:
            raise ValueError("an objective of neither version")
        return found.state

    @property
    def moved(self) -> Fraction | None:
        """How much more its progress is in the later version; None where one of the two is not known."""
        return None if self.movement is None else self.movement.total

    @property
    def effects(self) -> tuple[Effect, ...]:
        """The rows that moved it."""
        return () if self.movement is None else self.movement.rows

    @property
    def stands_alike(self) -> bool:
        """Whether its number and its health are the same in both, whatever else is told of it."""
        if self.before is None or self.after is None or self.moved or self.effects:
            return False
        was, now = self.before, self.after
        same = was.state.progress == now.state.progress and was.state.health.level is now.state.health.level
        return same and was.score.value == now.score.value and was.score.cancelled is now.score.cancelled

    @property
    def differs(self) -> bool:
        """Whether anything of it does."""
        return bool(self.before is None or self.after is None or self.moved or self.said or self.effects)


def closing_difference(
    before: Iterable[ClosingRecord], after: Iterable[ClosingRecord]
) -> tuple[RecordDifference, ...]:
    """Every objective of either version, in the order of the later one; those that it has no more come last."""
    earlier = {one.state.id: one for one in before}
    found = [_difference(earlier.pop(one.state.id, None), one) for one in after]
    return (*found, *(_difference(one, None) for one in earlier.values()))


def _difference(before: ClosingRecord | None, after: ClosingRecord | None) -> RecordDifference:
    if before is None or after is None:
        return RecordDifference(before, after)
    revisions = (before.mapping_revision, after.mapping_revision)
    movement = objective_moved(before.state, after.state, revisions)
    return RecordDifference(before, after, movement, tuple(_said(before, after)))


def _said(before: ClosingRecord, after: ClosingRecord) -> Iterable[str]:
    was, now = before.state, after.state
    if was.health.level is not now.health.level:
        yield f"health: {_word(was.health.level.value)} → {_word(now.health.level.value)}"
    for name in COMPARED:
        if getattr(was, name) != getattr(now, name):
            yield f"{name}: {getattr(was, name) or 'none'} → {getattr(now, name) or 'none'}"
    if _spoken(before.score) != _spoken(after.score):
        yield "what was said of its score"
    if before.score.cancelled != after.score.cancelled:
        yield "cancelled" if after.score.cancelled else "no longer cancelled"
    if before.mapping_revision != after.mapping_revision:
        yield f"mapping: {before.mapping_revision[:8]} → {after.mapping_revision[:8]}"
    if was.delivery != now.delivery or was.outcome != now.outcome:
        yield "delivery or outcome"
    if before.doubts != after.doubts:
        yield f"not certain: {len(before.doubts)} → {len(after.doubts)}"


def _spoken(score: Score) -> tuple[Fraction | None, str]:
    return score.said, score.reason


def _word(text: str) -> str:
    return text.replace("_", " ")
