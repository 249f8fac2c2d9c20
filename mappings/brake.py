"""The large-change brake: a set of plans that rewrites too much of what is already written waits for a person. Decides only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from mappings.document.schema import BrakePart
from mappings.fields import is_empty
from mappings.numbers import rounded
from mappings.planning import Plan


@dataclass(frozen=True, slots=True)
class Go:
    """Nothing speaks against applying."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A person has to look first. `share` is that of the written values that would change, `count` how many those are."""

    reason: str
    share: Fraction
    count: int


def brake(plans: Iterable[Plan], written: int, part: BrakePart) -> Go | Hold:
    """Hold when more than `floor` values and more than `share` of those written would change; `written` counts the latter.

    Filling an empty field changes no written value and never holds. Overwriting more than was ever written (values of another
    hand) counts as all of it.
    """
    count = sum(1 for plan in plans for change in plan.changes if not is_empty(change.before))
    share = Fraction(count, max(count, written, 1))
    if count <= part.floor or share <= Fraction(part.share):
        return Go()
    reason = (
        f"{count} of {max(count, written)} written values would change ({rounded(share * 100)} %), more than "
        f"{rounded(Fraction(part.share) * 100)} % and more than {part.floor}: look at the plan, then approve it or change the mapping"
    )
    return Hold(reason, share, count)
