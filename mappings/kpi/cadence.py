"""Calendar periods of a KPI: the hour, day, week, month or quarter that holds an instant, in the mapping's time zone. Judges nothing.

Spans are half-open; what clocks show is said by `mappings.facts.local_time`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum

from mappings.facts.local_time import MILLISECOND, day_start, turn_between, whole_ms

UNITS: Mapping[str, timedelta] = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


class Cadence(StrEnum):
    """How long the periods of a KPI are, the finest first. `each`: every reading is a period of its own."""

    EACH = "each"
    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"

    @property
    def fineness(self) -> int:
        """The place among the cadences; a smaller one is finer."""
        return list(Cadence).index(self)


MONTHS: Mapping[Cadence, int] = {Cadence.MONTHLY: 1, Cadence.QUARTERLY: 3}


@dataclass(frozen=True, slots=True)
class Period:
    """A span [start, end) of instants in UTC."""

    start: datetime
    end: datetime

    @property
    def last(self) -> datetime:
        """Its last millisecond: the state of the period is the state as of then."""
        return self.end - MILLISECOND

    def holds(self, at: datetime) -> bool:
        """Whether an instant lies in it."""
        return self.start <= at < self.end


def period_of(cadence: Cadence, at: datetime, zone: tzinfo) -> Period:
    """The period that holds an instant."""
    at = whole_ms(at)
    if cadence is Cadence.EACH:
        return Period(at, at + MILLISECOND)
    if cadence is Cadence.HOURLY:
        return _clock_hour(at, zone)
    first, after = _days(cadence, at.astimezone(zone).date())
    return Period(day_start(first, zone), day_start(after, zone))


def period_before(cadence: Cadence, period: Period, zone: tzinfo) -> Period:
    """The calendar period that ends where this one begins."""
    return period_of(cadence, period.start - MILLISECOND, zone)


def grace_of(cadence: Cadence, written: str | None) -> timedelta:
    """How long after its end a period is settled: as written (`90m`, `2h`, `1d`), else 5 minutes for hours and an hour for the rest."""
    if cadence is Cadence.EACH:
        return timedelta(0)
    if written is not None:
        return int(written[:-1]) * UNITS[written[-1]]
    return timedelta(minutes=5) if cadence is Cadence.HOURLY else timedelta(hours=1)


def settles_at(cadence: Cadence, period: Period, grace: timedelta) -> datetime:
    """From when on (inclusive) a period is settled; a reading that is a period of its own is so at once."""
    return period.start if cadence is Cadence.EACH else period.end + grace


def _clock_hour(at: datetime, zone: tzinfo) -> Period:
    """The clock hour; where clocks are put back or forward within it, the part on this side of the turn."""
    local = at.astimezone(zone)
    start = at - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    end = start + timedelta(hours=1)
    if start.astimezone(zone).utcoffset() != local.utcoffset():
        start = turn_between(start, at, zone)
    if (end - MILLISECOND).astimezone(zone).utcoffset() != local.utcoffset():
        end = turn_between(at, end, zone)
    return Period(start, end)


def _days(cadence: Cadence, day: date) -> tuple[date, date]:
    """The first day of the period that holds a day, and the first day after it."""
    if cadence is Cadence.DAILY:
        return day, day + timedelta(days=1)
    if cadence is Cadence.WEEKLY:
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=7)
    months = MONTHS[cadence]
    first = day.replace(day=1, month=(day.month - 1) // months * months + 1)
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return first, date(year, month + 1, 1)
