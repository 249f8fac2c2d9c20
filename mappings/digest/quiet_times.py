"""When nobody is told anything: hours of the local day, half-open and over midnight where they end before they begin, and whole local days."""

from __future__ import annotations

from datetime import datetime, time, timedelta, tzinfo

from mappings.document.schema import QuietPart
from mappings.facts.local_time import day_start, instant_on, local_day
from mappings.facts.moment import WEEKDAYS

LOOKED_AHEAD = 16
"""Days. One free day in a week is met twice: on the first its free hours may be those that a change of the clocks leaves out."""
DAY = timedelta(days=1)


def is_quiet(quiet: QuietPart | None, now: datetime, zone: tzinfo) -> bool:
    """Whether this moment is a quiet one."""
    if quiet is None:
        return False
    today = local_day(now, zone)
    if WEEKDAYS[today.weekday()] in quiet.days:
        return True
    if quiet.from_ is None or quiet.to is None:
        return False
    begin, end = time.fromisoformat(quiet.from_), time.fromisoformat(quiet.to)
    over = DAY if end < begin else timedelta(0)
    return any(
        instant_on(day, begin, zone) <= now < instant_on(day + over, end, zone)
        for day in (today - DAY, today)
    )


def quiet_until(quiet: QuietPart | None, now: datetime, zone: tzinfo) -> datetime:
    """The first moment, now or later, that is not quiet; where none is within LOOKED_AHEAD, the end of that: late, but told."""
    if quiet is None or not is_quiet(quiet, now, zone):
        return now
    first = local_day(now, zone)
    days = [first + timedelta(days=number) for number in range(LOOKED_AHEAD)]
    ends = {day_start(day, zone) for day in days}
    if quiet.to is not None:
        ends |= {instant_on(day, time.fromisoformat(quiet.to), zone) for day in days}
    free = (moment for moment in sorted(ends) if moment > now and not is_quiet(quiet, moment, zone))
    return next(free, now + timedelta(days=LOOKED_AHEAD))
