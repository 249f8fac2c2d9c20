"""What is said of one key result: how likely it is, from what, or why nothing can be said. Values only; reckoned elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from mappings.numbers import beside_bound

LIKELY_FROM, OPEN_FROM = Fraction(8, 10), Fraction(4, 10)
BOUNDS = (Fraction(0), OPEN_FROM * 100, LIKELY_FROM * 100, Fraction(100))
LEAST_SHOWN = Fraction(1, 1000)
LARGEST_SHOWN = 1 - LEAST_SHOWN


class Likelihood(StrEnum):
    """How a probability is called."""

    LIKELY = "likely"
    OPEN = "open"
    UNLIKELY = "unlikely"


def level_of(probability: Fraction) -> Likelihood:
    """Likely from 80 % on, open from 40 % on, unlikely below."""
    if probability >= LIKELY_FROM:
        return Likelihood.LIKELY
    return Likelihood.OPEN if probability >= OPEN_FROM else Likelihood.UNLIKELY


def chance(probability: Fraction) -> str:
    """A probability as people read it, never rounded to a bound that it has not reached: `35 %`, `79.6 %`, `under 0.1 %`."""
    if 0 < probability < LEAST_SHOWN:
        return "under 0.1 %"
    if LARGEST_SHOWN < probability < 1:
        return "over 99.9 %"
    return f"{beside_bound(probability * 100, BOUNDS, 0)} %"


class Need(StrEnum):
    """What a forecast cannot do without."""

    WEEKS = "weeks"
    FINISHES = "finishes"
    READINGS = "readings"
    SPAN = "span"


_NEEDED = {
    Need.WEEKS: ("week of history", "weeks of history"),
    Need.FINISHES: ("finished item in these weeks", "finished items in these weeks"),
    Need.READINGS: ("day with a reading", "days with a reading"),
    Need.SPAN: ("day between the first reading and the last", "days between the first reading and the last"),
}


@dataclass(frozen=True, slots=True)
class Lack:
    """Something there is not enough of yet: how much there is, and how much it takes."""

    need: Need
    have: int
    wanted: int

    @property
    def missing(self) -> int:
        """How many more it takes."""
        return self.wanted - self.have

    @property
    def sentence(self) -> str:
        """In words: `3 weeks of history are missing (1 of 4)`."""
        one, several = _NEEDED[self.need]
        verb = f"{one} is" if self.missing == 1 else f"{several} are"
        return f"{self.missing} {verb} missing ({self.have} of {self.wanted})"


@dataclass(frozen=True, slots=True)
class Week:
    """One past week of a key result: how many of its rows were finished in it, and how many came to it."""

    first: date
    done: int
    added: int


@dataclass(frozen=True, slots=True)
class DeliveryWork:
    """What a delivery key result is forecast from, in items: its rows, those finished, the goal, and its past weeks, the latest first.

    The goal is the `share` of the rows, or of the fixed number `count_to`. Rows that are `missed` were closed as not achieved and can
    never be finished; `undated` ones are finished on a day that nobody knows, and so in none of the weeks; of `by_resolution` the day of
    the resolution is known alone.
    """

    today: date
    last: date
    rows: int
    finished: int
    share: Fraction
    weeks: tuple[Week, ...] = ()
    count_to: Fraction | None = None
    missed: int = 0
    undated: int = 0
    by_resolution: int = 0

    @property
    def goal(self) -> int:
        """How many rows have to be finished, as many as there are now."""
        return -(-self.share * (self.rows if self.count_to is None else self.count_to) // 1)

    @property
    def days(self) -> int:
        """Days left; today is still to come."""
        return (self.last - self.today).days + 1


@dataclass(frozen=True, slots=True)
class TargetRange:
    """The values that reach the target, bounds inclusive; a missing bound is open."""

    at_least: Fraction | None = None
    at_most: Fraction | None = None

    def holds(self, value: Fraction) -> bool:
        """Whether a value reaches it."""
        above = self.at_least is None or value >= self.at_least
        return above and (self.at_most is None or value <= self.at_most)


@dataclass(frozen=True, slots=True)
class ReadingsTrend:
    """What a metric is forecast from: the line through its readings (one a day), and where it leads by the last day.

    `slope` is the change a day, with the interval that holds it at 80 %. `level` is where the line stands today. `reached_on` is the
    first day on which the line reaches the target, None where it does not at this pace.
    """

    today: date
    last: date
    readings: int
    first_reading: date
    last_reading: date
    aim: TargetRange
    slope: Fraction
    slowest: Fraction
    fastest: Fraction
    level: Fraction
    reached_on: date | None = None

    @property
    def days(self) -> int:
        """Days from today to the last day."""
        return (self.last - self.today).days

    @property
    def end(self) -> Fraction:
        """Where the line stands on the last day."""
        return self.level + self.slope * self.days

    @property
    def end_low(self) -> Fraction:
        """Where it stands then at the lower slope of the interval."""
        return self.level + self.slowest * self.days

    @property
    def end_high(self) -> Fraction:
        """Where it stands then at the upper slope of the interval."""
        return self.level + self.fastest * self.days


@dataclass(frozen=True, slots=True)
class Forecast:
    """How likely a key result is to be reached by the last day; None with the reason where nothing can be said.

    `reached` is what its progress says already. `likely_by` is the day by which half of all courses reach it, `safe_by` the day by
    which 85 % do; for a metric `likely_by` is where its line reaches the target. `notes` is what a reader has to know beside.
    """

    probability: Fraction | None = None
    reached: bool = False
    reason: str = ""
    lacks: tuple[Lack, ...] = ()
    work: DeliveryWork | None = None
    trend: ReadingsTrend | None = None
    likely_by: date | None = None
    safe_by: date | None = None
    notes: tuple[str, ...] = ()

    @property
    def level(self) -> Likelihood | None:
        """How it is called."""
        return None if self.probability is None else level_of(self.probability)

    @property
    def sentence(self) -> str:
        """The answer in a few words, or why there is none."""
        if self.reached:
            return "reached"
        if self.probability is not None:
            return f"{chance(self.probability)}, {level_of(self.probability)}"
        if self.lacks:
            return f"not enough data: {'; '.join(lack.sentence for lack in self.lacks)}"
        return self.reason


def none(reason: str) -> Forecast:
    """No forecast, and why."""
    return Forecast(reason=reason)
