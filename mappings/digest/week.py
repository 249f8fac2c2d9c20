"""When a weekly digest is due: the local moment of the week, and the first local day of that week as its name."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, tzinfo

from mappings.facts.moment import WEEKDAYS


def week_of(day: date) -> date:
    """The Monday of a day's week (ISO 8601)."""
    return day - timedelta(days=day.weekday())


def last_due(now: datetime, zone: tzinfo, on: str, at: str) -> datetime:
    """The last moment, now or before, at which a digest of this weekday and local time was due."""
    here = now.astimezone(zone)
    hours, minutes = (int(part) for part in at.split(":"))
    day = week_of(here.date()) + timedelta(days=WEEKDAYS.index(on))
    due = datetime.combine(day, time(hours, minutes), zone)
    if due.astimezone(now.tzinfo) > now:
        due = datetime.combine(day - timedelta(days=7), time(hours, minutes), zone)
    return due.astimezone(now.tzinfo)


def next_due(now: datetime, zone: tzinfo, on: str, at: str) -> datetime:
    """The first moment after now at which such a digest is due."""
    due = last_due(now, zone, on, at).astimezone(zone)
    return datetime.combine(due.date() + timedelta(days=7), due.time(), zone).astimezone(now.tzinfo)
