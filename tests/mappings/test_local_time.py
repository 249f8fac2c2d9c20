"""What clocks show, as instants: the edges of days, times that there are not and times that there are twice. Reckoned by hand from the rules of the zones."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from mappings.digest.quiet_times import is_quiet, quiet_until
from mappings.digest.reminder import due_at
from mappings.digest.week import last_due, next_due
from mappings.document.schema import CyclePart, QuietPart
from mappings.facts.local_time import day_end, day_start, days_before, instant_on
from mappings.rollup.cycles.cycle_end import end_before, end_of

BERLIN, BEIRUT, CAIRO = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Beirut"), ZoneInfo("Africa/Cairo")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "day", "first", "last"),
    [
        # Berlin: 25 hours in autumn, 23 in spring
        (BERLIN, "2026-10-25", "2026-10-24T22:00", "2026-10-25T22:59:59.999"),
        (BERLIN, "2026-03-29", "2026-03-28T23:00", "2026-03-29T21:59:59.999"),
        # Beirut puts clocks back from midnight to 23:00: the last hour of that Saturday comes twice, and its end is the second one
        (BEIRUT, "2026-10-24", "2026-10-23T21:00", "2026-10-24T21:59:59.999"),
        (BEIRUT, "2026-10-25", "2026-10-24T22:00", "2026-10-25T21:59:59.999"),
        # Cairo likewise on the last Thursday of October; in April it has no midnight, and the day begins at 1:00
        (CAIRO, "2026-10-29", "2026-10-28T21:00", "2026-10-29T21:59:59.999"),
        (CAIRO, "2026-04-24", "2026-04-23T22:00", "2026-04-24T20:59:59.999"),
        # midnight comes twice in Havana: the day begins with the first
        (ZoneInfo("America/Havana"), "2026-11-01", "2026-11-01T04:00", "2026-11-02T04:59:59.999"),
        (ZoneInfo("America/Havana"), "2026-10-31", "2026-10-31T04:00", "2026-11-01T03:59:59.999"),
    ],
)
def test_a_day_is_all_the_instants_at_which_clocks_show_it(
    zone: ZoneInfo, day: str, first: str, last: str
) -> None:
    here = date.fromisoformat(day)
    assert (day_start(here, zone), day_end(here, zone)) == (utc(first), utc(last))
    cycle = CyclePart(id="autumn", start=here, end=here)
    assert end_of(cycle, zone) == utc(last)
    assert end_before(cycle, zone) == day_end(date.fromordinal(here.toordinal() - 1), zone)


@pytest.mark.parametrize(
    ("day", "shown", "instant"),
    [
        ("2026-03-29", "02:30", "2026-03-29T01:00"),  # there is none: the first instant after the gap, 3:00
        ("2026-03-29", "03:00", "2026-03-29T01:00"),
        ("2026-10-25", "02:30", "2026-10-25T00:30"),  # there are two: the first
        ("2026-10-25", "03:00", "2026-10-25T02:00"),
    ],
)
def test_a_time_that_there_is_not_is_the_end_of_the_gap_and_of_two_the_first(
    day: str, shown: str, instant: str
) -> None:
    here = date.fromisoformat(day)
    assert instant_on(here, time.fromisoformat(shown), BERLIN) == utc(instant)
    assert due_at(here, shown, BERLIN) == utc(instant)
    assert last_due(utc(f"{day}T12:00"), BERLIN, "sun", shown) == utc(instant)
    week = utc(instant).date().toordinal() - 7
    assert next_due(utc(f"{date.fromordinal(week)}T12:00"), BERLIN, "sun", shown) == utc(instant)


@pytest.mark.parametrize(
    ("now", "length", "then"),
    [
        ("2026-10-26T08:00", "1d", "2026-10-25T08:00"),  # both after the change: 9:00 of both days
        ("2026-10-25T08:00", "1d", "2026-10-24T07:00"),  # 9:00 before it
        ("2026-03-30T00:30", "1d", "2026-03-29T01:00"),  # 2:30 of the day before there was not
        ("2026-11-01T12:00", "2w", "2026-10-18T11:00"),
    ],
)
def test_days_before_an_instant_end_at_the_same_local_time(now: str, length: str, then: str) -> None:
    assert days_before(utc(now), length, BERLIN) == utc(then)


@pytest.mark.parametrize(
    ("hours", "now", "until"),
    [
        # to 2:30 in the night without it: quiet until 3:00, the first instant after the gap
        (("18:00", "02:30"), "2026-03-28T22:00", "2026-03-29T01:00"),
        (("18:00", "02:30"), "2026-03-29T01:00", None),
        # to 2:30 in the night that has it twice: quiet until the first, and not again
        (("18:00", "02:30"), "2026-10-24T22:00", "2026-10-25T00:30"),
        (("18:00", "02:30"), "2026-10-25T01:15", None),
        # from the first 2:30 on, through the second 2:00
        (("02:30", "08:00"), "2026-10-25T00:29", None),
        (("02:30", "08:00"), "2026-10-25T01:15", "2026-10-25T07:00"),
        # from 2:30 in the night without it: from 3:00 on
        (("02:30", "08:00"), "2026-03-29T00:59", None),
        (("02:30", "08:00"), "2026-03-29T01:00", "2026-03-29T06:00"),
    ],
)
def test_quiet_hours_begin_and_end_at_such_instants(
    hours: tuple[str, str], now: str, until: str | None
) -> None:
    quiet = QuietPart.model_validate({"from": hours[0], "to": hours[1]})
    assert is_quiet(quiet, utc(now), BERLIN) is (until is not None)
    assert quiet_until(quiet, utc(now), BERLIN) == utc(until or now)
