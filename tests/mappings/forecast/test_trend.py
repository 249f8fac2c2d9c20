"""The forecast of a metric: the line of Theil and Sen, worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from mappings.facts.issue import Issue, IssueType, Project, Reading, Status
from mappings.forecast.answer import Need, TargetRange
from mappings.forecast.readings import aim_of, by_day
from mappings.forecast.trend import forecast, interval_place, median, slopes_of
from mappings.rollup.state import Cause, Measurement

TODAY = date(2026, 11, 17)
VALUES = {-16: 10, -12: 12, -8: 13, -4: 17, 0: 18}
"""Slopes: 1/4 1/4 3/8 1/2 1/2 1/2 7/12 5/8 5/8 1, so b = 1/2; y − b x: 18 18 17 19 18, so the line stands at 18 today."""


def on_days(values: dict[int, int]) -> dict[date, Fraction]:
    return {TODAY + timedelta(days=days): Fraction(value) for days, value in values.items()}


def ahead(days: int) -> date:
    return TODAY + timedelta(days=days)


def test_the_line_its_interval_and_where_it_leads() -> None:
    """P = 10 pairs, C = 1.2816 × √(5 × 4 × 15 ÷ 18) = 5.23, k = ⌊2.38⌋ = 2: slopes 3/8 and 5/8."""
    answer = forecast(on_days(VALUES), TODAY, ahead(20), TargetRange(at_least=Fraction(28)))
    trend = answer.trend
    assert trend is not None
    assert (trend.slope, trend.slowest, trend.fastest) == (Fraction(1, 2), Fraction(3, 8), Fraction(5, 8))
    assert (trend.level, trend.end) == (18, 28)
    assert (trend.end_low, trend.end_high) == (Fraction(51, 2), Fraction(61, 2))
    assert (trend.readings, trend.first_reading, trend.last_reading) == (5, ahead(-16), TODAY)
    # 18 + 20 s reaches 28 with s ≥ 1/2: seven of the ten slopes.
    assert answer.probability == Fraction(7, 10)
    assert answer.likely_by == ahead(20)


@pytest.mark.parametrize(
    ("aim", "probability", "reached_on"),
    [
        (TargetRange(at_most=Fraction(28)), Fraction(6, 10), 0),  # s ≤ 1/2; the line is below it today
        (TargetRange(Fraction(26), Fraction(29)), Fraction(3, 10), 16),  # 2/5 ≤ s ≤ 11/20
        (TargetRange(at_least=Fraction(1000)), Fraction(0), None),  # 982 ÷ 1/2 days are more than 730
        (TargetRange(at_least=Fraction(383)), Fraction(0), 730),
        (TargetRange(at_least=Fraction(384)), Fraction(0), None),
        (TargetRange(at_most=Fraction(10)), Fraction(0), None),  # the line goes the other way
    ],
)
def test_a_target_below_and_a_band(aim: TargetRange, probability: Fraction, reached_on: int | None) -> None:
    answer = forecast(on_days(VALUES), TODAY, ahead(20), aim)
    assert answer.probability == probability
    assert answer.likely_by == (None if reached_on is None else ahead(reached_on))


def test_on_the_last_day_itself_it_is_reached_or_not() -> None:
    for target, expected in ((18, 1), (19, 0)):
        answer = forecast(on_days(VALUES), TODAY, TODAY, TargetRange(at_least=Fraction(target)))
        assert answer.probability == expected


@pytest.mark.parametrize(
    ("days", "lacks"),
    [
        ((-20, -12, -8, 0), [(Need.READINGS, 4, 5)]),
        ((-13, -12, -8, -4, 0), [(Need.SPAN, 13, 14)]),
        ((), [(Need.READINGS, 0, 5), (Need.SPAN, 0, 14)]),
        # Day 84 back is outside of the twelve weeks that end today, and so is tomorrow.
        ((-84, -16, -8, -4, 0, 1), [(Need.READINGS, 4, 5)]),
    ],
)
def test_too_few_readings_are_no_answer(days: tuple[int, ...], lacks: list[tuple[Need, int, int]]) -> None:
    answer = forecast(on_days(dict.fromkeys(days, 1)), TODAY, ahead(20), TargetRange(at_least=Fraction(28)))
    assert answer.probability is None
    assert [(lack.need, lack.have, lack.wanted) for lack in answer.lacks] == lacks


def test_the_first_day_of_the_twelve_weeks_counts() -> None:
    days = on_days(dict.fromkeys((-83, -16, -8, -4, 0), 1))
    assert forecast(days, TODAY, ahead(20), TargetRange(at_least=Fraction(1))).probability == 1


def test_one_wild_reading_does_not_move_the_line() -> None:
    calm = forecast(on_days({**VALUES, -6: 14}), TODAY, ahead(20), TargetRange(at_least=Fraction(28))).trend
    wild = forecast(on_days({**VALUES, -6: 900}), TODAY, ahead(20), TargetRange(at_least=Fraction(28))).trend
    assert calm is not None
    assert wild is not None
    assert (calm.slope, wild.slope) == (Fraction(1, 2), Fraction(1, 2))


@pytest.mark.parametrize(
    ("points", "place"), [(2, 0), (5, 2), (6, 4), (7, 6), (8, 8), (10, 15), (20, 75), (84, 1577)]
)
def test_how_many_slopes_lie_outside_of_the_interval(points: int, place: int) -> None:
    """n = 6: P = 15, C = 1.2816 × √(6 × 5 × 17 ÷ 18) = 6.82, k = 4. n = 10: P = 45, C = 1.2816 × √125 = 14.33, k = 15.

    n = 8: P = 28, C = 1.2816 × √65.33 = 10.36, and half of 17.64 is 8.82: k = 8. n = 84: P = 3486, C = 331.76, k = 1577.
    """
    assert interval_place(points) == place


def test_the_median_of_an_even_number_lies_between() -> None:
    assert median([Fraction(1), Fraction(2), Fraction(4), Fraction(9)]) == 3
    assert slopes_of([(0, Fraction(0)), (2, Fraction(1)), (4, Fraction(4))]) == [
        Fraction(1, 2),
        Fraction(1),
        Fraction(3, 2),
    ]


@pytest.mark.parametrize(
    ("bounds", "aim"),
    [
        ({"start": 0, "target": 5}, (5, None)),
        ({"start": 5, "target": 0}, (None, 0)),
        ({"start": -1, "target": 0}, (0, None)),
        ({"start": 5, "target": 5}, None),
        ({"start": None, "target": 5}, None),
        ({"start": 5, "target": None}, None),
        ({}, None),
        ({"at_least": 2}, (2, None)),
        ({"at_most": 7}, (None, 7)),
        ({"at_least": 2, "at_most": 7, "start": 0, "target": 5}, (2, 7)),
    ],
)
def test_what_a_metric_is_on_its_way_to(
    bounds: dict[str, int | None], aim: tuple[int | None, int | None] | None
) -> None:
    """The target from the side of the start, or the band; of neither nothing is aimed at."""
    exact = {name: None if value is None else Fraction(value) for name, value in bounds.items()}
    found = aim_of(Measurement(None, None, Cause.UNKNOWN, "", **exact))
    assert (found and (found.at_least, found.at_most)) == aim


def test_of_a_local_day_the_last_reading_counts_and_one_without_a_value_does_not() -> None:
    """In Berlin 23:30 UTC is the next day."""
    made = datetime(2026, 10, 1, 9, tzinfo=UTC)
    issue = Issue(
        id="1", key="PLAT-1", project=Project("1", "PLAT", "Platform"), type=IssueType("1", "Key Result"),
        status=Status("1", "To Do", "new"), created=made, updated=made,
    )  # fmt: skip
    readings = (
        Reading(datetime(2026, 11, 1, 9, tzinfo=UTC), Fraction(1)),
        Reading(datetime(2026, 11, 1, 21, tzinfo=UTC), Fraction(2)),
        Reading(datetime(2026, 11, 1, 22, tzinfo=UTC), None),
        Reading(datetime(2026, 11, 1, 23, 30, tzinfo=UTC), Fraction(3)),
        Reading(datetime(2026, 11, 2, 12, tzinfo=UTC), Fraction(4)),
    )
    read = replace(issue, readings={"kr": readings[::-1]})
    assert by_day(read, "kr", ZoneInfo("Europe/Berlin")) == {date(2026, 11, 1): 2, date(2026, 11, 2): 4}
    silent = replace(issue, fields={"kr": 7})
    assert by_day(silent, "kr", ZoneInfo("Europe/Berlin")) == {date(2026, 10, 1): 7}
