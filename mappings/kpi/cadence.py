"""Calendar periods of a KPI: the hour, day, week, month or quarter that holds an instant, in the mapping's time zone. Judges nothing.

Spans are half-open. A local time that does not exist means the first instant after the gap; one that exists twice the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from functools import lru_cache

MILLISECOND = timedelta(milliseconds=1)
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


def whole_ms(at: datetime) -> datetime:
    """The instant in UTC, cut to the millisecond."""
    at = at.astimezone(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


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


def local_day(at: datetime, zone: tzinfo) -> date:
    """The calendar day of an instant in a zone."""
    return at.astimezone(zone).date()


@lru_cache(maxsize=4_096)
def day_start(day: date, zone: tzinfo) -> datetime:
    """The first instant of a local day. Remembered: a thousand KPIs ask for the same days."""
    return instant_of(datetime.combine(day, time()), zone)


def exists(local: datetime, zone: tzinfo) -> bool:
    """Whether clocks of the zone ever show this local time."""
    aware = local.replace(tzinfo=zone, fold=0)
    return aware.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == local


def instant_of(local: datetime, zone: tzinfo) -> datetime:
    """The instant in UTC at which clocks show a local time: the first of two, the first after a gap that swallows it."""
    first = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if exists(local, zone):
        return first
    other = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return _turn_between(min(first, other), max(first, other), zone)


def _turn_between(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """The instant at which the zone's distance from UTC changes between two instants; `after` where it does not."""
    was = before.astimezone(zone).utcoffset()
    while after - before > MILLISECOND:
        middle = whole_ms(before + (after - before) / 2)
        if middle.astimezone(zone).utcoffset() == was:
            before = middle
        else:
            after = middle
    return after


def _clock_hour(at: datetime, zone: tzinfo) -> Period:
    """The clock hour; where clocks are put back or forward within it, the part on this side of the turn."""
    local = at.astimezone(zone)
    start = at - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    end = start + timedelta(hours=1)
    if start.astimezone(zone).utcoffset() != local.utcoffset():
        start = _turn_between(start, at, zone)
    if (end - MILLISECOND).astimezone(zone).utcoffset() != local.utcoffset():
        end = _turn_between(at, end, zone)
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
