"""When check-ins are due: the grid of a cycle, and what was said or read since the day before."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from mappings.document.schema import CheckInsPart, CyclePart
from mappings.explain.due_check_in import DueCheckIn, due_check_in, grid, is_to_score
from mappings.rollup.state import Cause, Health, HealthLevel, KeyResultState, Measurement

WEEKLY = CheckInsPart()
CYCLE = CyclePart(id="2026-Q4", start=date(2026, 10, 1), end=date(2026, 12, 31))  # it begins on a Thursday
METRIC = KeyResultState(
    id="7",
    rule_id="metric",
    kind="transition",
    nature="outcome",
    title="Uptime",
    measurement=Measurement(None, None, Cause.NEVER_MEASURED, ""),
    health=Health(HealthLevel.PENDING, "never-measured", ""),
    weight=None,
    contributing=True,
)


def day(text: str) -> date:
    return date.fromisoformat(f"2026-{text}")


@pytest.mark.parametrize(
    ("every", "on", "first", "second", "last"),
    [
        ("7d", "fri", "10-09", "10-16", "12-25"),
        ("7d", "thu", "10-08", "10-15", "12-31"),
        ("7d", "wed", "10-14", "10-21", "12-30"),
        ("2w", "mon", "10-19", "11-02", "12-28"),
    ],
)
def test_the_grid_of_a_quarter(every, on, first, second, last):
    days = list(grid(CheckInsPart(every=every, on=on), CYCLE))
    assert (days[0], days[1], days[-1]) == (day(first), day(second), day(last))


@pytest.mark.parametrize(
    ("today", "last", "expected"),
    [
        ("10-01", None, None),
        ("10-08", None, None),
        ("10-09", None, ("10-09", 1)),
        ("10-15", None, ("10-09", 1)),
        ("10-16", None, ("10-16", 2)),
        ("10-16", "10-09", ("10-16", 1)),  # on the day before the window: (9 October, today]
        ("10-16", "10-10", None),
        ("10-16", "10-02", ("10-16", 2)),
        ("10-16", "10-03", ("10-16", 1)),
        ("10-22", "10-16", None),
        ("10-23", "10-16", ("10-23", 1)),
        ("12-31", "12-19", None),
        ("12-31", "12-18", ("12-25", 1)),
        ("11-27", None, ("11-27", 8)),
    ],
)
def test_due_where_nobody_said_and_nothing_was_read_since_the_day_before(today, last, expected):
    said = None if last is None else day(last)
    found = due_check_in(WEEKLY, CYCLE, METRIC, day(today), said)
    assert found == (None if expected is None else DueCheckIn(day(expected[0]), expected[1], said))


@pytest.mark.parametrize(
    ("change", "delivery", "due"),
    [
        ({}, False, True),
        ({"kind": "milestone"}, False, True),
        ({"kind": "delivery"}, False, False),
        ({"kind": "delivery"}, True, True),
        ({"health": Health(HealthLevel.ACHIEVED, "achieved", "")}, True, False),
        ({"health": Health(HealthLevel.UNKNOWN, "excluded", "")}, True, False),
        ({"health": Health(HealthLevel.UNKNOWN, "unknown", "")}, True, True),
    ],
)
def test_what_is_never_due(change, delivery, due):
    part = CheckInsPart(delivery=delivery)
    found = due_check_in(part, CYCLE, replace(METRIC, **change), day("11-27"), None)
    assert (found is not None) is due


def test_after_the_end_the_score_is_due_and_no_check_in():
    assert [is_to_score(CYCLE, one) for one in (day("12-31"), date(2027, 1, 1))] == [False, True]
    assert due_check_in(WEEKLY, CYCLE, METRIC, date(2027, 1, 1), None) is None
    assert due_check_in(WEEKLY, CYCLE, METRIC, day("09-30"), None) is None
