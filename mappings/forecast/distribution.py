"""The exact distribution of what a delivery key result comes to: every way in which its past weeks may come again, counted.

Each week to come is one of the past weeks, any of them as likely as another. All that matters of a standing is how far it falls
short of its goal, so equal standings are folded together after each week and their ways added up. Whole numbers all the way.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from fractions import Fraction

from mappings.forecast.answer import DeliveryWork

MOST_WEEKS = 104
HALF, SAFE = Fraction(1, 2), Fraction(85, 100)

Drawn = tuple[int, int]
"""Of a week: rows finished, rows added."""


class Shortfalls:
    """In how many ways one falls short of a goal by so much: all numbers side by side in one whole number, `width` bits each.

    A week is then a few shifts and sums of one number, whatever the number of standings.
    """

    def __init__(self, width: int) -> None:
        self._width = width
        self._packed = 0

    def add(self, short: int, ways: int) -> None:
        """So many more ways to fall short by so much."""
        self._packed += ways << self._width * short

    def step(self, steps: Mapping[int, int], left: int) -> int:
        """Each goes on by one of these steps, so many times each; the ways that reach the goal leave, and are returned.

        Whoever cannot reach it any more in the weeks that are `left`, this one among them, is let go.
        """
        width, down = self._width, max(0, -min(steps))
        self._packed &= (1 << width * (down * left + 1)) - 1
        ahead = sum((self._packed << width * (step + down)) * times for step, times in steps.items())
        reached = width * (down + 1)
        self._packed = ahead >> reached << width
        return (ahead & ((1 << reached) - 1)) % ((1 << width) - 1)


class WeeklyCourses:
    """The ways in which a key result may go on from today, a week at a time; those that attain their goal go no further.

    Distances are counted in parts of a row (`goal = per_row ÷ unit × rows`), so that they are whole numbers. Where even all rows
    finished would fall short, no more can be finished in a week than there are: those standings are kept apart (`_bounded`), by what is
    short now and what would still be. `draws` is the most weeks that are going to be drawn, the longest first.
    """

    def __init__(self, work: DeliveryWork, draws: int) -> None:
        share = work.share
        self._unit, self._per_row = (share.denominator, share.numerator) if work.count_to is None else (1, 0)
        goal = self._per_row * work.rows if work.count_to is None else work.goal
        short = goal - self._unit * work.finished
        lack = goal - self._unit * (work.rows - work.missed)
        self._left, self._ways, self._attained = draws, 1, int(short <= 0)
        self._free = Shortfalls(len(work.weeks).bit_length() * (draws + 1))
        self._bounded: dict[tuple[int, int], int] = {}
        if short > 0 and lack > 0:
            self._bounded[short, lack] = 1
        elif short > 0:
            self._free.add(short, 1)

    @property
    def attained(self) -> Fraction:
        """The share of the ways that have attained the goal."""
        return Fraction(self._attained, self._ways)

    def draw(self, weeks: Iterable[Drawn]) -> None:
        """One more week, which is any of these."""
        drawn = Counter(weeks)
        steps: Counter[int] = Counter()
        for (done, added), times in drawn.items():
            steps[self._per_row * added - self._unit * done] += times
        self._ways *= drawn.total()
        self._attained = self._attained * drawn.total() + self._free.step(steps, self._left)
        self._left -= 1
        self._draw_bounded(drawn)

    def _draw_bounded(self, drawn: Mapping[Drawn, int]) -> None:
        ahead: defaultdict[tuple[int, int], int] = defaultdict(int)
        for (short, lack), ways in self._bounded.items():
            left = (short - lack) // self._unit
            for (done, added), times in drawn.items():
                after = short + self._per_row * added - self._unit * min(done, left + added)
                still = max(lack - (self._unit - self._per_row) * added, 0)
                ahead[after, still] += ways * times
        self._bounded = {}
        for (short, lack), ways in ahead.items():
            if short <= 0:
                self._attained += ways
            elif lack:
                self._bounded[short, lack] = ways
            else:
                self._free.add(short, ways)


def probability(work: DeliveryWork) -> Fraction:
    """The share of all courses that attain the goal by the last day; what is left of a week is one more draw, cut to its days."""
    full, rest = divmod(max(work.days, 0), 7)
    course, weeks = WeeklyCourses(work, full + 1), _drawn(work)
    for _ in range(full):
        course.draw(weeks)
    if rest:
        course.draw((done * rest // 7, -(-added * rest // 7)) for done, added in weeks)
    return course.attained


def dates(work: DeliveryWork) -> tuple[date | None, date | None]:
    """The days by which half and 85 % of all courses have attained the goal, in full weeks; None beyond two years."""
    course, weeks = WeeklyCourses(work, MOST_WEEKS), _drawn(work)
    found: list[date | None] = []
    for week in range(1, MOST_WEEKS + 1):
        course.draw(weeks)
        end, marks = work.today + timedelta(days=7 * week - 1), (HALF, SAFE)[len(found) :]
        found += [end for mark in marks if course.attained >= mark]
        if len(found) == len((HALF, SAFE)):
            break
    half, safe = [*found, None, None][:2]
    return half, safe


def _drawn(work: DeliveryWork) -> list[Drawn]:
    return [(week.done, week.added) for week in work.weeks]
