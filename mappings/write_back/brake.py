"""The large-change brake: plans that rewrite too much of what is written, or lose too much, wait for a person. Decides only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from mappings.document.schema import BrakePart
from mappings.fields import is_empty
from mappings.numbers import count_of, rounded
from mappings.rollup.state import ObjectiveState
from mappings.write_back.plan import Plan

TO_DO = "look at the plan, then approve it or change the mapping"


@dataclass(frozen=True, slots=True)
class Release:
    """Nothing speaks against applying."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A person has to look first. `share` is that of the values (or objectives, key results, healths) that would change, `count` how many those are."""

    reason: str
    share: Fraction
    count: int


@dataclass(frozen=True, slots=True)
class Impact:
    """How many objectives and key results stood, how many of them would disappear, and how many objectives would get another health.

    A health that the clock alone moves (expected progress moved, the measured one did not) is none of these.
    """

    objectives: int = 0
    objectives_gone: int = 0
    key_results: int = 0
    key_results_gone: int = 0
    healths: int = 0

    def with_step(self, before: ObjectiveState | None, after: ObjectiveState | None) -> Impact:
        """And one more objective, as it stood and as it would stand."""
        if before is None:
            return self
        own = {one.id for one in before.key_results}
        left = own - {one.id for one in after.key_results} if after is not None else own
        return Impact(
            objectives=self.objectives + 1,
            objectives_gone=self.objectives_gone + (after is None),
            key_results=self.key_results + len(own),
            key_results_gone=self.key_results_gone + len(left),
            healths=self.healths + (after is not None and _health_moved(before, after)),
        )


STILL = Impact()


def brake(plans: Iterable[Plan], written: int, part: BrakePart, movement: Impact = STILL) -> Release | Hold:
    """Hold when more than `floor` values and more than `share` of those written would change, or as many objectives, key results or healths.

    `written` counts the values that are written. Filling an empty field changes none of them and never holds. Overwriting more
    than was ever written (values of another hand) counts as all of it.
    """
    count = sum(1 for plan in plans for change in plan.changes if not is_empty(change.before))
    of_all = max(count, written)
    values = _weighed(count, of_all, f"of {count_of(of_all, 'written value')} would change", part)
    return values if isinstance(values, Hold) else loss(movement, part)


def loss(movement: Impact, part: BrakePart) -> Release | Hold:
    """The same of objectives and key results that would disappear, and of healths that would change."""
    gone = "would be none any more"
    for count, of_all, one, becomes in (
        (movement.objectives_gone, movement.objectives, "objective", gone),
        (movement.key_results_gone, movement.key_results, "key result", gone),
        (movement.healths, movement.objectives, "objective", "would get another health"),
    ):
        found = _weighed(count, of_all, f"of {count_of(of_all, one)} {becomes}", part)
        if isinstance(found, Hold):
            return found
    return Release()


def _weighed(count: int, of_all: int, what: str, part: BrakePart) -> Release | Hold:
    share = Fraction(count, max(of_all, 1))
    if count <= part.floor or share <= Fraction(part.share):
        return Release()
    reason = (
        f"{count} {what} ({rounded(share * 100)} %), more than "
        f"{rounded(Fraction(part.share) * 100)} % and more than {part.floor}: {TO_DO}"
    )
    return Hold(reason, share, count)


def _health_moved(before: ObjectiveState, after: ObjectiveState) -> bool:
    by_the_clock = before.expected != after.expected and before.progress == after.progress
    return before.health.level is not after.health.level and not by_the_clock
