"""Periods: spans of the calendar in a time zone, with the nights on which clocks change; when each is settled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from mappings.kpi.cadence import Cadence, grace_of, period_before, period_of, settles_at

Utc = Callable[[str], datetime]


@pytest.mark.parametrize(
    ("cadence", "zone", "at", "start", "end"),
    [
        ("daily", "UTC", "2026-10-01T00:00", "2026-10-01", "2026-10-02"),
        ("daily", "UTC", "2026-10-01T23:59:59.999", "2026-10-01", "2026-10-02"),
        ("daily", "Asia/Tokyo", "2026-10-01T15:00", "2026-10-01T15:00", "2026-10-02T15:00"),
        ("daily", "Asia/Tokyo", "2026-10-01T14:59:59.999", "2026-09-30T15:00", "2026-10-01T15:00"),
        # 25 hours in autumn, 23 in spring
        ("daily", "Europe/Berlin", "2026-10-25T12:00", "2026-10-24T22:00", "2026-10-25T23:00"),
        ("daily", "Europe/Berlin", "2026-03-29T12:00", "2026-03-28T23:00", "2026-03-29T22:00"),
        # midnight does not exist: the day begins with the first instant after the gap
        ("daily", "Africa/Cairo", "2026-04-24T12:00", "2026-04-23T22:00", "2026-04-24T21:00"),
        # midnight exists twice: the first of the two begins the day
        ("daily", "America/Havana", "2026-11-01T12:00", "2026-11-01T04:00", "2026-11-02T05:00"),
        # a day that the island left out lies in no period
        ("daily", "Pacific/Apia", "2011-12-30T10:00", "2011-12-30T10:00", "2011-12-31T10:00"),
        ("daily", "Pacific/Apia", "2011-12-30T09:59:59", "2011-12-29T10:00", "2011-12-30T10:00"),
        ("weekly", "UTC", "2026-10-04T23:00", "2026-09-28", "2026-10-05"),
        ("weekly", "UTC", "2026-10-05T00:00", "2026-10-05", "2026-10-12"),
        ("weekly", "UTC", "2027-01-01T00:00", "2026-12-28", "2027-01-04"),
        ("monthly", "UTC", "2026-12-31T23:00", "2026-12-01", "2027-01-01"),
        ("monthly", "America/New_York", "2026-11-01T03:59", "2026-10-01T04:00", "2026-11-01T04:00"),
        ("monthly", "America/New_York", "2026-11-30T12:00", "2026-11-01T04:00", "2026-12-01T05:00"),
        ("quarterly", "UTC", "2026-12-31T12:00", "2026-10-01", "2027-01-01"),
        ("quarterly", "UTC", "2026-09-30T12:00", "2026-07-01", "2026-10-01"),
        ("hourly", "UTC", "2026-10-01T10:59:59.999", "2026-10-01T10:00", "2026-10-01T11:00"),
        ("hourly", "Asia/Kolkata", "2026-10-01T10:29", "2026-10-01T09:30", "2026-10-01T10:30"),
        # the repeated hour of autumn is two
        ("hourly", "Europe/Berlin", "2026-10-25T00:30", "2026-10-25T00:00", "2026-10-25T01:00"),
        ("hourly", "Europe/Berlin", "2026-10-25T01:30", "2026-10-25T01:00", "2026-10-25T02:00"),
        # Lord Howe puts clocks by half an hour: the hour after the gap is short, the repeated half hour is one of its own
        ("hourly", "Australia/Lord_Howe", "2026-10-03T15:40", "2026-10-03T15:30", "2026-10-03T16:00"),
        ("hourly", "Australia/Lord_Howe", "2026-04-04T14:40", "2026-04-04T14:00", "2026-04-04T15:00"),
        ("hourly", "Australia/Lord_Howe", "2026-04-04T15:10", "2026-04-04T15:00", "2026-04-04T15:30"),
        ("each", "UTC", "2026-10-01T10:00:00.123456", "2026-10-01T10:00:00.123", "2026-10-01T10:00:00.124"),
    ],
)
def test_the_period_that_holds_an_instant(
    cadence: str, zone: str, at: str, start: str, end: str, utc: Utc
) -> None:
    found = period_of(Cadence(cadence), utc(at), ZoneInfo(zone))
    assert (found.start, found.end) == (utc(start), utc(end))
    assert found.last == utc(end) - timedelta(milliseconds=1)


@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "Australia/Lord_Howe", "Africa/Cairo", "Pacific/Apia", "America/Havana"]
)
@pytest.mark.parametrize("cadence", [one for one in Cadence if one is not Cadence.EACH])
def test_periods_leave_no_gap_and_do_not_overlap(cadence: Cadence, zone: str, utc: Utc) -> None:
    place = ZoneInfo(zone)
    here = period_of(cadence, utc("2027-01-02T12:00"), place)
    for _ in range(400):
        before = period_before(cadence, here, place)
        assert before.end == here.start
        assert period_of(cadence, before.start, place) == before == period_of(cadence, before.last, place)
        assert [before.holds(at) for at in (before.start, before.last, before.end)] == [True, True, False]
        here = before


@pytest.mark.parametrize(
    ("cadence", "written", "grace"),
    [
        ("daily", None, timedelta(hours=1)),
        ("hourly", None, timedelta(minutes=5)),
        ("quarterly", None, timedelta(hours=1)),
        ("daily", "90m", timedelta(minutes=90)),
        ("weekly", "2d", timedelta(days=2)),
        ("each", "2d", timedelta(0)),
    ],
)
def test_grace(cadence: str, written: str | None, grace: timedelta) -> None:
    assert grace_of(Cadence(cadence), written) == grace


def test_a_period_is_settled_at_its_end_and_grace_and_a_single_reading_at_once(utc: Utc) -> None:
    day = period_of(Cadence.DAILY, utc("2026-10-25T12:00"), ZoneInfo("Europe/Berlin"))
    assert settles_at(Cadence.DAILY, day, timedelta(hours=1)) == utc("2026-10-26T00:00")
    one = period_of(Cadence.EACH, utc("2026-10-25T12:00"), ZoneInfo("Europe/Berlin"))
    assert settles_at(Cadence.EACH, one, timedelta(0)) == utc("2026-10-25T12:00")
