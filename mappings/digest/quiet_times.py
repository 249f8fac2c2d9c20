"""When nobody is told anything: hours of the local day, half-open and over midnight where they end before they begin, and whole local days."""

from __future__ import annotations

from datetime import datetime, time, timedelta, tzinfo

from mappings.document.schema import QuietPart
from mappings.facts.moment import WEEKDAYS

LOOKED_AHEAD = 16
"""Days. One free day in a week is met twice: on the first its free hours may be those that a change of the clocks leaves out."""


def is_quiet(quiet: QuietPart | None, now: datetime, zone: tzinfo) -> bool:
    """Whether this moment is a quiet one."""
    if quiet is None:
        return False
    here = now.astimezone(zone)
    if WEEKDAYS[here.weekday()] in quiet.days:
        return True
    if quiet.from_ is None or quiet.to is None:
        return False
    begin, end, at = _time(quiet.from_), _time(quiet.to), here.time()
    return begin <= at < end if begin <= end else at >= begin or at < end


def quiet_until(quiet: QuietPart | None, now: datetime, zone: tzinfo) -> datetime:
    """The first moment, now or later, that is not quiet; where none is within LOOKED_AHEAD, the end of that: late, but told."""
    if quiet is None or not is_quiet(quiet, now, zone):
        return now
    ends = {time(0), *([_time(quiet.to)] if quiet.to is not None else [])}
    first = now.astimezone(zone).date()
    days = (first + timedelta(days=number) for number in range(LOOKED_AHEAD))
    moments = (
        datetime.combine(day, end, zone).astimezone(now.tzinfo) for day in days for end in sorted(ends)
    )
    free = (moment for moment in moments if moment > now and not is_quiet(quiet, moment, zone))
    return next(free, now + timedelta(days=LOOKED_AHEAD))


def _time(text: str) -> time:
    hours, minutes = (int(part) for part in text.split(":"))
    return time(hours, minutes)
