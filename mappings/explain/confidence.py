"""How sure people are that a key result will be reached. What was said is kept: a word is given no invented number."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

MOST_POINTS = 10
LEAST_ON, LEAST_AT = 7, 4
POINTS = re.compile(r"(0|[1-9][0-9]?)(?: ?/ ?10)?", re.ASCII)


class ConfidenceLevel(StrEnum):
    """How sure, in the order in which the worst wins."""

    OFF = "off"
    AT = "at"
    ON = "on"

    @property
    def words(self) -> str:
        """What it is called in a sentence."""
        return {
            ConfidenceLevel.OFF: "off track",
            ConfidenceLevel.AT: "at risk",
            ConfidenceLevel.ON: "on track",
        }[self]


ORDER = tuple(ConfidenceLevel)
WORDS: dict[str, ConfidenceLevel] = {
    word: level
    for level in ConfidenceLevel
    for word in (level.value, level.words, level.words.replace(" ", "-"))
}
"""Every way to write a level."""


@dataclass(frozen=True, slots=True)
class Confidence:
    """A level, and the points of 10 where a number was said."""

    level: ConfidenceLevel
    points: int | None = None

    @property
    def said(self) -> str:
        """As people read it: `7 of 10`, or `at risk`."""
        return self.level.words if self.points is None else f"{self.points} of {MOST_POINTS}"

    @property
    def text(self) -> str:
        """As it is kept and written: `7`, or `at`. `confidence_of` reads it."""
        return self.level.value if self.points is None else str(self.points)


@dataclass(frozen=True, slots=True)
class SpokenConfidence:
    """A confidence, who said it and when: it belongs to the latest check-in that has one."""

    confidence: Confidence
    by: str
    at: datetime


def of_points(points: int) -> Confidence:
    """7 to 10 is on track, 4 to 6 at risk, 0 to 3 off track."""
    level = (
        ConfidenceLevel.ON
        if points >= LEAST_ON
        else ConfidenceLevel.AT
        if points >= LEAST_AT
        else ConfidenceLevel.OFF
    )
    return Confidence(level, points)


def confidence_of(text: str) -> Confidence | None:
    """What a text says: `7`, `7/10`, `at`, `at risk`, `off-track`; None where it says none."""
    wanted = " ".join(text.split()).casefold()
    level = WORDS.get(wanted)
    if level is not None:
        return Confidence(level)
    number = POINTS.fullmatch(wanted)
    if number is None or int(number[1]) > MOST_POINTS:
        return None
    return of_points(int(number[1]))


def least(said: Iterable[Confidence]) -> Confidence | None:
    """The lowest: by level, then by points; where a number and a word are of one level the number, which says more."""
    return min(said, key=_place, default=None)


def _place(one: Confidence) -> tuple[int, bool, int]:
    return ORDER.index(one.level), one.points is None, one.points or 0
