"""The cycles of a mapping: those that are listed, and those that its rule gives for ever. Reckons with days alone; no clock is read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from mappings.document.schema import CURRENT, CyclePart, CyclesPart, Document
from mappings.progress.options import FIRST_DAY, LAST_DAY

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class YearPart:
    """A part of a year: how many months it has, and what the id of one looks like (`Q` for 2026-Q4; a year has none, a month is a number)."""

    name: str
    months: int
    letter: str = ""

    def read(self, id_: str) -> tuple[int, int] | None:
        """The year and the number of the part, from 1, that an id says; None where it is no id of this period."""
        found = _FORM.fullmatch(id_)
        if found is None:
            return None
        year, part = int(found["year"]), int(found["part"] or 1)
        valid = part <= 12 // self.months and id_ == self.write(year, part)
        return (year, part) if valid and part else None

    def write(self, year: int, part: int) -> str:
        """The id of a part of a year."""
        if self.months == 12:
            return f"{year:04}"
        return f"{year:04}-{self.letter}{part}" if self.letter else f"{year:04}-{part:02}"


_FORM = re.compile(r"(?P<year>[0-9]{4})(?:-[QTH]?(?P<part>[0-9]{1,2}))?", re.ASCII)
PERIODS: Mapping[str, YearPart] = {
    one.name: one
    for one in (
        YearPart("month", 1),
        YearPart("quarter", 3, "Q"),
        YearPart("tertial", 4, "T"),
        YearPart("half", 6, "H"),
        YearPart("year", 12),
    )
}
"""Every period by which cycles can recur, the shortest first."""


def looks_like(id_: str) -> YearPart | None:
    """The period whose ids look like this."""
    return next((one for one in PERIODS.values() if one.read(id_) is not None), None)


@dataclass(frozen=True, slots=True)
class Recurrence:
    """One period, over and over. Years begin on this day (`month`, `day`), and bear the number of the calendar year in which they begin.

    A month bears the calendar year and month in which it begins itself.
    """

    period: YearPart
    month: int = 1
    day: int = 1

    def span(self, id_: str) -> tuple[date, date] | None:
        """The first and the last day of the cycle of this id; None where the rule gives none."""
        read = self.period.read(id_)
        if read is None:
            return None
        year, part = read
        place = year * 12 + part - 1
        if self.period.months > 1:
            place = year * 12 + self.month - 1 + (part - 1) * self.period.months
        first, last = self._first(place), self._first(place + self.period.months)
        if first is None or last is None or first < FIRST_DAY or last - ONE_DAY > LAST_DAY:
            return None
        return first, last - ONE_DAY

    def id_on(self, day: date) -> str:
        """The id of the cycle that holds a day."""
        place = day.year * 12 + day.month - 1 - (day.day < self.day)
        if self.period.months == 1:
            return self.period.write(place // 12, place % 12 + 1)
        year, months = divmod(place - (self.month - 1), 12)
        return self.period.write(year, months // self.period.months + 1)

    def _first(self, place: int) -> date | None:
        """The first day of the part that begins in this month, counted from year 0."""
        year, month = divmod(place, 12)
        return date(year, month + 1, self.day) if 1 <= year <= 9998 else None


@dataclass(frozen=True, slots=True)
class Calendar:
    """All cycles of a mapping. A listed one stands in the place of the one of the same id that the rule gives."""

    listed: Mapping[str, CyclePart] = field(default_factory=dict)
    recurrences: tuple[Recurrence, ...] = ()
    pattern: CyclesPart = field(default_factory=CyclesPart)
    _made: dict[str, CyclePart] = field(default_factory=dict, compare=False, repr=False)

    def __bool__(self) -> bool:
        return bool(self.listed or self.recurrences)

    def get(self, id_: str | None) -> CyclePart | None:
        """The cycle of this id, or None."""
        if id_ is None:
            return None
        known = self.listed.get(id_) or self._made.get(id_)
        return known if known is not None else self._by_rule(id_)

    def running(self, day: date) -> tuple[CyclePart, ...]:
        """The cycles that hold a day, the one that ends first in front."""
        return self.between(day, day)

    def current(self, day: date) -> CyclePart | None:
        """What `current` means on a day: of the cycles that hold it the one that ends first; of those the shortest."""
        return next(iter(self.running(day)), None)

    def between(self, first: date, last: date) -> tuple[CyclePart, ...]:
        """The cycles that share a day with this range, by their end; of equal ends the one that begins last in front."""
        found = {id_: one for id_, one in self.listed.items() if one.start <= last and one.end >= first}
        for recurrence in self.recurrences:
            for id_ in self._ids(recurrence, first, last):
                one = self.get(id_)
                if one is not None and id_ not in self.listed:
                    found[id_] = one
        return tuple(sorted(found.values(), key=lambda one: (one.end, -one.start.toordinal(), one.id)))

    def _ids(self, recurrence: Recurrence, first: date, last: date) -> Iterator[str]:
        day, last = max(first, FIRST_DAY), min(last, LAST_DAY)
        while day <= last:
            id_ = recurrence.id_on(day)
            yield id_
            span = recurrence.span(id_)
            if span is None:  # cut off by the last day there is, or begun before the first
                day += timedelta(days=28)
            else:
                day = span[1] + ONE_DAY

    def _by_rule(self, id_: str) -> CyclePart | None:
        spans = (recurrence.span(id_) for recurrence in self.recurrences)
        span = next((one for one in spans if one is not None), None)
        if span is None:
            return None
        pattern = self.pattern
        made = CyclePart(
            id=id_,
            start=span[0],
            end=span[1],
            stale_after=pattern.stale_after,
            health=pattern.health,
            working_days=pattern.working_days,
            lock=pattern.lock,
            close_after=pattern.close_after,
            measured=pattern.measured,
        )
        self._made[id_] = made
        return made


def calendar_of(document: Document) -> Calendar:
    """The cycles of a document."""
    cycles = document.cycles
    if not isinstance(cycles, CyclesPart):
        return Calendar({one.id: one for one in cycles})
    every = (cycles.every,) if isinstance(cycles.every, str) else cycles.every or ()
    month, day = (int(part) for part in cycles.starts.split("-"))
    recurrences = tuple(Recurrence(PERIODS[name], month, day) for name in dict.fromkeys(every))
    return Calendar({one.id: one for one in cycles.listed}, recurrences, cycles)


__all__ = ["CURRENT", "PERIODS", "Calendar", "Recurrence", "YearPart", "calendar_of", "looks_like"]
