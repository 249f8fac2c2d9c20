"""Histories whose rest is held back: what was forecast of them, held against what came, beside the straight line through the same past.

The straight line says yes or no, as a burn-up does: the mean of the past weeks goes on, or the line of least squares. A Brier score is the mean of
(what was said − what came)²: 0 is always right, 1/4 is what always saying 50 % comes to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from fractions import Fraction
from math import exp
from random import Random

from mappings.forecast.answer import DeliveryWork, TargetRange, Week
from mappings.forecast.calibration import PastForecast, calibration
from mappings.forecast.delivery import LEAST_FINISHES, weigh_share
from mappings.forecast.distribution import probability
from mappings.forecast.trend import forecast

TODAY = date(2026, 11, 2)
PAST, AHEAD, HISTORIES = 10, 5, 400
Told = tuple[Fraction, bool, bool]
"""How likely it was called, what the straight line said, and whether it came true."""


def weeks_of_work(rng: Random, number: int) -> list[tuple[int, int]]:
    """Bursty weeks: in one of three nothing is finished, in one of five something is added."""
    pace = rng.randint(2, 6)
    return [
        (
            0 if rng.random() < 1 / 3 else rng.randint(1, 2 * pace),
            rng.randint(1, 3) if rng.random() < 1 / 5 else 0,
        )
        for _ in range(number)
    ]


def steady(rng: Random, number: int) -> list[tuple[int, int]]:
    """About as much each week."""
    each = rng.uniform(1, 8) / 12
    return [(sum(rng.random() < each for _ in range(12)), int(rng.random() < 3 / 10)) for _ in range(number)]


def lumpy(rng: Random, number: int) -> list[tuple[int, int]]:
    """Much at once, in some weeks more often than in others."""
    often, size = rng.uniform(0.2, 0.9), rng.uniform(1, 8)
    return [
        (
            1 + sum(rng.random() < size / 12 for _ in range(12)) if rng.random() < often else 0,
            rng.randint(1, 3) if rng.random() < 1 / 5 else 0,
        )
        for _ in range(number)
    ]


def drifting(rng: Random, number: int) -> list[tuple[int, int]]:
    """A pace that itself goes up and down."""
    pace, found = rng.uniform(2, 7), list[tuple[int, int]]()
    for _ in range(number):
        pace *= exp(rng.gauss(0, 0.12))
        done = sum(rng.random() < min(pace / 16, 1) for _ in range(16))
        found.append((done, int(rng.random() < 3 / 10)))
    return found


KINDS = weeks_of_work, steady, lumpy, drifting


def a_plan(rng: Random, kind: Callable[[Random, int], list[tuple[int, int]]]) -> Told | None:
    """The share of the courses, the straight line and what came, where people said what is left before anybody knew the pace; None of too few finishes."""
    weeks = kind(rng, PAST + AHEAD)
    past, coming = weeks[:PAST], weeks[PAST:]
    left = max(1, round(rng.uniform(3, 6) * AHEAD * rng.uniform(0.3, 1.7)))
    drawn = tuple(Week(TODAY - timedelta(days=7 * (place + 1)), *week) for place, week in enumerate(past))
    work = DeliveryWork(TODAY, TODAY + timedelta(days=7 * AHEAD - 1), 60 + left, 60, Fraction(1), drawn)
    if sum(done for done, _ in past) < LEAST_FINISHES:
        return None
    came, still = False, left
    for done, added in coming:
        still += added - done
        came = came or still <= 0
    mean = Fraction(sum(done - added for done, added in past), PAST)
    return probability(work), mean * AHEAD >= left, came


def a_delivery(rng: Random) -> Told:
    """Ten weeks of it are known; the rows that are left are about as many as five weeks bring."""
    weeks = weeks_of_work(rng, PAST + AHEAD)
    past, coming = weeks[:PAST], weeks[PAST:]
    mean = Fraction(sum(done - added for done, added in past), PAST)
    left = max(1, round(mean * AHEAD * Fraction(rng.randint(50, 150), 100)))
    drawn = tuple(Week(TODAY - timedelta(days=7 * (place + 1)), *week) for place, week in enumerate(past))
    work = DeliveryWork(TODAY, TODAY + timedelta(days=7 * AHEAD - 1), 60 + left, 60, Fraction(1), drawn)
    came, still = False, left
    for done, added in coming:
        still += added - done
        came = came or still <= 0
    return weigh_share(probability(work), PAST), mean * AHEAD >= left, came


def a_metric(rng: Random) -> Told:
    """Two readings a week for seven weeks, one in ten of them wild; five weeks later it is there or not."""
    slope, noise = Fraction(rng.randint(5, 30), 70), rng.randint(2, 8)

    def value(day: int) -> Fraction:
        wild = 25 if rng.random() < 1 / 10 else 0
        return 50 + slope * day + Fraction(round(rng.gauss(0, noise) * 10), 10) + wild

    days = range(-49, 1, 4)
    readings = {TODAY + timedelta(days=day): value(day) for day in days}
    ahead = 7 * AHEAD
    target = 50 + slope * ahead * Fraction(rng.randint(20, 180), 100)
    said = forecast(readings, TODAY, TODAY + timedelta(days=ahead), TargetRange(at_least=target)).probability
    assert said is not None
    line = least_squares([((day - TODAY).days, worth) for day, worth in readings.items()], ahead)
    return said, line >= target, 50 + slope * ahead + Fraction(round(rng.gauss(0, noise) * 10), 10) >= target


def least_squares(points: Sequence[tuple[int, Fraction]], at: int) -> Fraction:
    """Where the line of least squares stands."""
    number = len(points)
    mean_x, mean_y = Fraction(sum(x for x, _ in points), number), sum(y for _, y in points) / number
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)
    return mean_y + slope * (at - mean_x)


def brier(told: Sequence[tuple[Fraction, bool]]) -> float:
    return float(sum((said - came) ** 2 for said, came in told) / len(told))


def scores(told: Sequence[Told]) -> tuple[float, float]:
    """Of the forecasts, and of the straight line."""
    ours = brier([(said, came) for said, _, came in told])
    return round(ours, 3), round(brier([(Fraction(line), came) for _, line, came in told]), 3)


def test_a_delivery_is_forecast_better_than_by_the_straight_line_and_what_is_called_likely_comes() -> None:
    rng = Random(2026)
    told = [a_delivery(rng) for _ in range(HISTORIES)]
    ours, line = scores(told)
    assert (ours, line) == (0.22, 0.357)
    found = calibration(PastForecast(str(place), said, came) for place, (said, _, came) in enumerate(told))
    assert [
        (one.level.value, one.forecasts, round(float(one.called), 2), round(float(one.came_true), 2))
        for one in found
    ] == [("likely", 23, 0.84, 0.65), ("open", 277, 0.61, 0.65), ("unlikely", 100, 0.3, 0.3)]


def calibrated(told: Sequence[tuple[Fraction, bool]]) -> list[tuple[str, int, float, float]]:
    found = calibration(PastForecast(str(place), *one) for place, one in enumerate(told))
    return [
        (one.level.value, one.forecasts, round(float(one.called), 2), round(float(one.came_true), 2))
        for one in found
    ]


def test_few_weeks_are_less_sure_of_themselves_and_come_nearer_to_what_comes_than_the_straight_line() -> None:
    """Four kinds of teams, two hundred deliveries each. The courses alone are too sure at both ends; with two more weeks that are even they are not."""
    rng = Random(2028)
    plans = [one for kind in KINDS for _ in range(200) if (one := a_plan(rng, kind)) is not None]
    every = [(share, came) for share, _, came in plans]
    weighed_ = [(weigh_share(share, PAST), came) for share, came in every]
    line = [(Fraction(said), came) for _, said, came in plans]
    assert calibrated(every) == [
        ("likely", 215, 0.95, 0.91),
        ("open", 100, 0.6, 0.55),
        ("unlikely", 476, 0.06, 0.12),
    ]
    assert calibrated(weighed_) == [
        ("likely", 187, 0.89, 0.93),
        ("open", 137, 0.61, 0.59),
        ("unlikely", 467, 0.13, 0.11),
    ]
    assert (round(brier(every), 3), round(brier(weighed_), 3), round(brier(line), 3)) == (0.111, 0.109, 0.147)
    assert calibrated(line) == [("likely", 286, 1.0, 0.83), ("unlikely", 505, 0.0, 0.13)]


def test_so_is_a_metric() -> None:
    rng = Random(2027)
    told = [a_metric(rng) for _ in range(HISTORIES // 5)]
    assert scores(told) == (0.258, 0.475)
