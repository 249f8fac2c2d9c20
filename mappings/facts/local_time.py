"""What clocks of a time zone show, as instants in UTC: the edges of local days, a local time of a day, so many local days back.

A local time that does not exist means the first instant after the gap; one that exists twice the first. Nothing else makes instants of local times:
`datetime` counts on by the hands of the clock, and so takes the hour that comes twice for one, and none for the hour that is left out.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache

from mappings.facts.moment import duration

MILLISECOND = timedelta(milliseconds=1)


def whole_ms(at: datetime) -> datetime:
    """The instant in UTC, cut to the millisecond."""
    at = at.astimezone(UTC)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def local_day(at: datetime, zone: tzinfo) -> date:
    """The calendar day of an instant in a zone."""
    return at.astimezone(zone).date()


@lru_cache(maxsize=4_096)
def day_start(day: date, zone: tzinfo) -> datetime:
    """The first instant of a local day. Remembered: a thousand KPIs ask for the same days."""
    return instant_on(day, time(), zone)


def day_end(day: date, zone: tzinfo) -> datetime:
    """The last millisecond of a local day."""
    return day_start(day + timedelta(days=1), zone) - MILLISECOND


def instant_on(day: date, at: time, zone: tzinfo) -> datetime:
    """The instant at which clocks show a time on a day."""
    return instant_of(datetime.combine(day, at), zone)


def days_before(at: datetime, length: str, zone: tzinfo) -> datetime:
    """So many local days before an instant (`30d`, `4w`) at the same local time."""
    return instant_of(at.astimezone(zone).replace(tzinfo=None, fold=0) - duration(length), zone)


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
    return turn_between(min(first, other), max(first, other), zone)


def turn_between(before: datetime, after: datetime, zone: tzinfo) -> datetime:
    """The instant at which the zone's distance from UTC changes between two instants; `after` where it does not."""
    was = before.astimezone(zone).utcoffset()
    while after - before > MILLISECOND:
        middle = whole_ms(before + (after - before) / 2)
        if middle.astimezone(zone).utcoffset() == was:
            before = middle
        else:
            after = middle
    return after
