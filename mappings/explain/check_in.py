"""Check-ins: what a person says a key result stands at, and what is shown then. Never a silent overwrite, in either direction.

A check-in of a metric says its current value, from which progress is derived as ever; of any other key result it says the progress.
One without a value says how sure somebody is, or only a word about it: it overrides nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from enum import StrEnum
from fractions import Fraction

from mappings.explain.confidence import SpokenConfidence
from mappings.numbers import figure_of, percent, plain

DELTA = Fraction(1, 10)
"""How far the derived progress may move before the page asks, where a check-in does not say otherwise: 10 points."""
LONGEST_NOTE = 2000
MOST_DIGITS = 6


class Measure(StrEnum):
    """What a check-in says: the current value of a metric, or progress as a share of 1."""

    CURRENT = "current"
    PROGRESS = "progress"

    @property
    def words(self) -> str:
        """What it is called in a sentence."""
        return "current value" if self is Measure.CURRENT else self.value


class ShownSource(StrEnum):
    """What a key result shows that somebody checked in; with a question, the check-in goes on being shown."""

    DERIVED = "derived"
    CHECK_IN = "check_in"
    QUESTION = "question"


RULES: dict[str, tuple[ShownSource, str]] = {
    "closed": (ShownSource.DERIVED, "the issue of the key result is closed in a way that decides by itself"),
    "other-measure": (ShownSource.DERIVED, "the mapping measures the key result by something else now"),
    "derived-moved": (ShownSource.QUESTION, "the derived value has moved by more than δ since the check-in"),
    "date-passed": (ShownSource.QUESTION, "the last day of the check-in has passed"),
    "standing": (ShownSource.CHECK_IN, "its last day has not passed, and the derived value is where it was"),
}
"""Every rule about a check-in, in the order in which they are tried: stable codes, each with a row in `docs/numbers.md`."""


@dataclass(frozen=True, slots=True)
class CheckIn:
    """What `by` said at `at`. `derived` is the derived progress of that moment, None where it was unknown.

    `until` is the last day it holds; `delta` how far (as a share of 1) the derived progress may move. One of the two is there where it
    has a `value`. `confidence` is how sure they were; of one that stands, what was said last, in whatever check-in. `clears` ends what stood.
    `comment` is the id of the Jira comment that says it.
    """

    objective_id: str
    key_result_id: str
    measure: Measure
    value: Fraction | None
    by: str
    at: datetime
    note: str = ""
    until: date | None = None
    delta: Fraction | None = None
    derived: Fraction | None = None
    id: int = 0
    confidence: SpokenConfidence | None = None
    comment: str | None = None
    clears: bool = False

    @property
    def said(self) -> str:
        """What it says as people read it: `60 %`, or the figure of a metric; without a value the confidence."""
        if self.value is not None:
            return share(self.value) if self.measure is Measure.PROGRESS else plain(self.value)
        if self.clears:
            return "the derived value"
        return "a note" if self.confidence is None else f"confidence {self.confidence.confidence.said}"


CheckIns = Mapping[tuple[str, str], CheckIn]
"""The check-ins that stand, by ids of objective and key result; one without a value where only a confidence was said."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What is shown of a key result with a check-in, the rule that says so and its sentence; `derived` is the derived progress."""

    shows: ShownSource
    rule: str
    sentence: str
    check_in: CheckIn
    derived: Fraction | None = None

    @property
    def asks(self) -> bool:
        """Whether a person has to look: keep the check-in, or take the derived value."""
        return self.rule != "standing"


def rule_on(
    check_in: CheckIn, derived: Fraction | None, measure: Measure, today: date, closed: str = ""
) -> Ruling:
    """What holds today, against the progress that is derived now; `closed` says how the issue was closed, where it was."""
    rule, sentence = _rule(check_in, derived, measure, today, closed)
    return Ruling(shows=RULES[rule][0], rule=rule, sentence=sentence, check_in=check_in, derived=derived)


def _rule(
    check_in: CheckIn, derived: Fraction | None, measure: Measure, today: date, closed: str
) -> tuple[str, str]:
    whose = f"{check_in.by}’s check-in"
    if closed:
        return "closed", f"{whose} of {check_in.said} does not count: {closed}"
    if measure is not check_in.measure:
        return (
            "other-measure",
            f"{whose} says the {check_in.measure.words}; the mapping asks for the {measure.words} now",
        )
    if has_moved(check_in, derived):
        before, after = apart(check_in.derived, derived)
        return "derived-moved", f"The derived value moved from {before} to {after} since {whose}"
    if check_in.until is not None and today > check_in.until:
        return "date-passed", f"{whose} of {check_in.said} was meant to hold until {check_in.until}"
    return "standing", f"{check_in.by} says {check_in.said}, {bounds(check_in)}"


def has_moved(check_in: CheckIn, derived: Fraction | None) -> bool:
    """Whether the derived value went further than δ. One that became known has; one that became unknown is nothing to take."""
    if check_in.delta is None or derived is None:
        return False
    return check_in.derived is None or abs(derived - check_in.derived) > check_in.delta


def bounds(check_in: CheckIn) -> str:
    """How long it holds, in words."""
    words = []
    if check_in.until is not None:
        words.append(f"until {check_in.until}")
    if check_in.delta is not None:
        points = plain(check_in.delta * 100)
        words.append(
            f"until the derived value, {share(check_in.derived)} then, has moved by more than {figure_of(points, 'point')}"
        )
    return " or ".join(words)


def share(value: Fraction | None, digits: int = 0) -> str:
    """A share as people read it: `62 %`."""
    shown = percent(value, digits)
    return "unknown" if shown is None else f"{shown} %"


def apart(one: Fraction | None, other: Fraction | None) -> tuple[str, str]:
    """Two shares with as many digits as it takes to tell them apart."""
    shown = (share(one, digits) + "\n" + share(other, digits) for digits in range(MOST_DIGITS))
    texts = next((both.split("\n") for both in shown if len(set(both.split("\n"))) > 1), None)
    return (texts[0], texts[1]) if texts else (share(one, MOST_DIGITS), share(other, MOST_DIGITS))


def day_of(check_in: CheckIn, zone: tzinfo) -> date:
    """The day it was made."""
    return check_in.at.astimezone(zone).date()


def faults(check_in: CheckIn, today: date) -> Iterator[tuple[str, str]]:
    """What is wrong with a check-in that somebody wants to make: the part of it, and what would be right."""
    value = check_in.value
    if value is not None and check_in.measure is Measure.PROGRESS and not 0 <= value <= 1:
        yield "value", f"progress {share(value)} is outside 0 to 100 %"
    if value is None and check_in.confidence is None and not check_in.note:
        yield "value", "say a value, how confident you are, or a note"
    if value is not None and check_in.until is None and check_in.delta is None:
        yield "until", "say until which day it holds, or by how many points the derived value may move"
    if check_in.until is not None and check_in.until < today:
        yield "until", f"{check_in.until} has passed: name today or a later day"
    if check_in.delta is not None and not 0 <= check_in.delta <= 1:
        yield "delta", "the derived value may move by 0 to 100 points"
    if len(check_in.note) > LONGEST_NOTE:
        yield "note", f"a note has at most {LONGEST_NOTE} characters"
