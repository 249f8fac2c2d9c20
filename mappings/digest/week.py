"""When a weekly digest is due: the local moment of the week, and the first local day of that week as its name."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, tzinfo

from mappings.facts.local_time import instant_on, local_day
from mappings.facts.moment import WEEKDAYS

WEEK = timedelta(days=7)


def week_of(day: date) -> date:
    """The Monday of a day's week (ISO 8601)."""
    return day - timedelta(days=day.weekday())


def last_due(now: datetime, zone: tzinfo, on: str, at: str) -> datetime:
    """The last moment, now or before, at which a digest of this weekday and local time was due."""
    return instant_on(_last_day(now, zone, on, at), time.fromisoformat(at), zone)


def next_due(now: datetime, zone: tzinfo, on: str, at: str) -> datetime:
    """The first moment after now at which such a digest is due."""
    return instant_on(_last_day(now, zone, on, at) + WEEK, time.fromisoformat(at), zone)


def _last_day(now: datetime, zone: tzinfo, on: str, at: str) -> date:
    day = week_of(local_day(now, zone)) + timedelta(days=WEEKDAYS.index(on))
    return day if instant_on(day, time.fromisoformat(at), zone) <= now else day - WEEK
