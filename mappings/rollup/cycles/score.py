"""How the frozen progress of an objective reads once its cycle is over, and what a whole cycle comes to. Unscored is never 0."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from mappings.numbers import beside_bound

FULL, MOSTLY, PARTLY = Fraction(1), Fraction(7, 10), Fraction(4, 10)
BOUNDS = (FULL, MOSTLY, PARTLY)
TOO_EASY = TOO_LOW = Fraction(9, 10)


class ScoreMeaning(StrEnum):
    """What a score means for its commitment."""

    DELIVERED = "delivered"
    PROGRESSED = "progressed"
    SHORT = "short"
    MISSED = "missed"
    UNSCORED = "unscored"
    CANCELLED = "cancelled"


COLOURS = {
    ScoreMeaning.DELIVERED: "green",
    ScoreMeaning.PROGRESSED: "yellow",
    ScoreMeaning.SHORT: "yellow",
    ScoreMeaning.MISSED: "red",
    ScoreMeaning.UNSCORED: "none",
    ScoreMeaning.CANCELLED: "none",
}
TABLE = {
    "aspirational": (
        ScoreMeaning.DELIVERED,
        ScoreMeaning.DELIVERED,
        ScoreMeaning.PROGRESSED,
        ScoreMeaning.MISSED,
    ),
    "committed": (ScoreMeaning.DELIVERED, ScoreMeaning.SHORT, ScoreMeaning.MISSED, ScoreMeaning.MISSED),
}
"""By commitment: at 1, from 0.7 on, from 0.4 on, below."""


@dataclass(frozen=True, slots=True)
class Score:
    """The score of one objective: what was derived, and what a person said instead, with the reason that either was given."""

    derived: Fraction | None
    commitment: str
    said: Fraction | None = None
    reason: str = ""
    cancelled: bool = False

    @property
    def value(self) -> Fraction | None:
        """What counts: what was said, else what was derived; nothing where it was cancelled."""
        if self.cancelled:
            return None
        return self.derived if self.said is None else self.said

    @property
    def shown(self) -> str:
        """As every door shows it."""
        return "cancelled" if self.cancelled else shown_score(self.value)

    @property
    def reading(self) -> ScoreMeaning:
        """What it means, taken from the unrounded score."""
        if self.cancelled:
            return ScoreMeaning.CANCELLED
        return meaning_of_score(self.value, self.commitment)

    @property
    def wants_reason(self) -> bool:
        """Whether a person has to say why: a commitment that was not kept, or a score of their own."""
        short = self.commitment == "committed" and self.value is not None and self.value < FULL
        return not self.cancelled and (short or self.said is not None)


def meaning_of_score(value: Fraction | None, commitment: str) -> ScoreMeaning:
    """What a score means for a commitment."""
    if value is None:
        return ScoreMeaning.UNSCORED
    words = TABLE[commitment]
    return next((word for word, bound in zip(words, BOUNDS, strict=False) if value >= bound), words[-1])


def shown_score(value: Fraction | None) -> str:
    """With two decimals, or as many more as it takes to stay on its side of a bound (0.6999 is not 0.70)."""
    return "unscored" if value is None else beside_bound(value, BOUNDS)


@dataclass(frozen=True, slots=True)
class ScoreMean:
    """The plain mean of the scored objectives of one commitment, and beside it how many were not scored or were cancelled."""

    commitment: str
    value: Fraction | None
    scored: int
    unscored: int
    cancelled: int

    @property
    def advice(self) -> str:
        """What a mean as high, or as low, lets one advise; empty where nothing."""
        if self.value is None:
            return ""
        if self.commitment == "aspirational" and self.value > TOO_EASY:
            return f"aspirations scored {shown_score(self.value)} on average: they may have been too easy"
        if self.commitment == "committed" and self.value < TOO_LOW:
            return f"commitments scored {shown_score(self.value)} on average: promise less, or look into why"
        return ""


def means(scores: Iterable[Score]) -> tuple[ScoreMean, ...]:
    """Of each commitment that occurs, committed first: apart, for they mean different things."""
    found = list(scores)
    return tuple(_means(found))


def _means(scores: list[Score]) -> Iterator[ScoreMean]:
    for commitment in ("committed", "aspirational"):
        mine = [one for one in scores if one.commitment == commitment]
        values = [one.value for one in mine if one.value is not None]
        cancelled = sum(one.cancelled for one in mine)
        if mine:
            mean = sum(values, Fraction(0)) / len(values) if values else None
            yield ScoreMean(
                commitment=commitment,
                value=mean,
                scored=len(values),
                unscored=len(mine) - len(values) - cancelled,
                cancelled=cancelled,
            )
