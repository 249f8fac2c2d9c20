"""How long a stretch of time lasted: by the clock, by calendar days, or by working hours. Exact, in hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from fractions import Fraction
from typing import Literal

from mappings.facts.local_time import MILLISECOND, instant_on
from mappings.flow.stays import Span

HOUR, DAY = Fraction(1), Fraction(24)
MILLISECONDS = 3_600_000


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """The local hours [`start`, `end`) of these days (0 is Monday) in which people work."""

    days: frozenset[int]
    start: time
    end: time

    @property
    def hours(self) -> Fraction:
        """How long a day of work is."""
        return Fraction(_minutes(self.end) - _minutes(self.start), 60)


@dataclass(frozen=True, slots=True)
class Clock:
    """What is counted of a stretch, and in which unit it is told."""

    kind: Literal["elapsed", "calendar_days", "working_hours"]
    unit: Literal["hours", "days"]
    zone: tzinfo
    working: WorkingHours | None = None

    def worth(self, span: Span) -> Fraction:
        """How long a stretch is. Calendar days are those from its first instant to its last, both counted."""
        if self.kind == "calendar_days":
            days = Fraction((self._day(span[1]) - self._day(span[0])).days + 1)
            return days if self.unit == "days" else days * DAY
        if self.working is not None and self.kind == "working_hours":
            return _worked(span, self.working, self.zone) / (self.working.hours if self.unit == "days" else 1)
        return hours(span) / (DAY if self.unit == "days" else HOUR)

    def _day(self, at: datetime) -> datetime:
        return at.astimezone(self.zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)


def hours(span: Span) -> Fraction:
    """Real time: a night of 25 hours has 25."""
    return Fraction((span[1] - span[0]) // MILLISECOND, MILLISECONDS)


def _worked(span: Span, working: WorkingHours, zone: tzinfo) -> Fraction:
    total, day = Fraction(0), span[0].astimezone(zone).date()
    while day <= span[1].astimezone(zone).date():
        if day.weekday() in working.days:
            start = instant_on(day, working.start, zone)
            end = instant_on(day, working.end, zone)
            if max(start, span[0]) < min(end, span[1]):
                total += hours((max(start, span[0]), min(end, span[1])))
        day += timedelta(days=1)
    return total


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute
