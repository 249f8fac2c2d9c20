"""Bands and targets by date: the level of a value on a day, as the reference has it, in literal numbers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from mappings.document.schema import KpiPart
from mappings.kpi.band import Band, bands_on, direction_of, trend

A_Kpi = Callable[..., KpiPart]
DAY = date(2026, 10, 1)


@pytest.mark.parametrize(
    ("healthy", "watch", "levels"),
    [
        # bounds are inclusive; no value is no data, never healthy
        ({"at_most": 5}, {"at_most": 8}, {5: "healthy", "5.0001": "watch", 8: "watch", "8.0001": "unhealthy", -99: "healthy", None: "no_data"}),
        # no watch zone
        ({"at_most": 5}, None, {5: "healthy", 6: "unhealthy", None: "no_data"}),
        ({"at_least": 99}, {"at_least": 95}, {99: "healthy", 98: "watch", 95: "watch", 94: "unhealthy", 10**9: "healthy"}),
        ({"at_least": 70, "at_most": 80}, {"at_least": 60, "at_most": 90}, {70: "healthy", 80: "healthy", 69: "watch", 90: "watch", 59: "unhealthy", 91: "unhealthy"}),
        # a side left out of `watch` ends at the healthy bound
        ({"at_least": 70, "at_most": 80}, {"at_most": 90}, {69: "unhealthy", 85: "watch", 91: "unhealthy"}),
    ],
)  # fmt: skip
def test_levels(
    healthy: dict[str, int], watch: dict[str, int] | None, levels: dict[Any, str], a_kpi: A_Kpi
) -> None:
    bands = bands_on(a_kpi(healthy=healthy, watch=watch), DAY)
    found = {value: bands.level(None if value is None else Fraction(value)) for value in levels}
    assert found == levels


@pytest.mark.parametrize(
    ("at_least", "at_most", "value", "held"),
    [(24, None, 24, True), (24, None, 23, False), (None, 5, 3, False), (24, 99, 30, False)],
)
def test_what_is_at_least_so_much_is_healthy_where_everything_above_is(
    at_least: int | None, at_most: int | None, value: int, held: bool
) -> None:
    bounds = (None if one is None else Fraction(one) for one in (at_least, at_most))
    assert Band(*bounds).holds_from(Fraction(value)) is held


POINTS = [{"from": "2026-10-01", "at_most": 5}, {"from": "2026-12-31", "at_most": 2}]


@pytest.mark.parametrize(
    ("shape", "day", "at_most", "watch"),
    [
        ("step", "2026-09-30", "10", "13"),  # before the first point `healthy` holds
        (
            "step",
            "2026-10-01",
            "5",
            "8",
        ),  # a point holds from its day on; watch moves by what the bound moved
        ("step", "2026-12-30", "5", "8"),
        ("step", "2026-12-31", "2", "5"),
        ("step", "2030-01-01", "2", "5"),
        ("linear", "2026-09-30", "10", "13"),
        ("linear", "2026-10-01", "5", "8"),
        ("linear", "2026-10-02", "452/91", "725/91"),  # 91 days: 5 − 3/91
        ("linear", "2026-11-15", "320/91", "593/91"),  # 45 days on
        ("linear", "2026-12-31", "2", "5"),
        ("linear", "2027-06-01", "2", "5"),
    ],
)
def test_targets_by_date(shape: str, day: str, at_most: str, watch: str, a_kpi: A_Kpi) -> None:
    kpi = a_kpi(healthy={"at_most": 10}, watch={"at_most": 13}, targets={"shape": shape, "points": POINTS})
    bands = bands_on(kpi, date.fromisoformat(day))
    assert bands.healthy == Band(None, Fraction(at_most))
    assert bands.watch == Band(None, Fraction(watch))


def test_a_point_replaces_the_band_whole_and_a_line_runs_only_between_bounds_that_both_points_have(
    a_kpi: A_Kpi,
) -> None:
    points = [
        {"from": "2026-10-01", "at_least": 70, "at_most": 80},
        {"from": "2026-10-11", "at_least": 80},
    ]
    kpi = a_kpi(healthy={"at_most": 90}, watch={"at_most": 95}, targets={"shape": "linear", "points": points})
    halfway = bands_on(kpi, date(2026, 10, 6))
    assert halfway.healthy == Band(Fraction(75), Fraction(80))
    assert halfway.watch == Band(Fraction(75), Fraction(85))
    after = bands_on(kpi, date(2026, 10, 11))
    assert after.healthy == after.watch == Band(Fraction(80), None)


@pytest.mark.parametrize(
    ("healthy", "written", "way"),
    [
        ({"at_most": 5}, None, "down"),
        ({"at_least": 5}, None, "up"),
        ({"at_least": 5, "at_most": 9}, None, "keep"),
        ({"at_least": 5, "at_most": 9}, "up", "up"),
    ],
)
def test_the_direction_follows_from_the_band_and_only_words_the_trend(
    healthy: dict[str, int], written: str | None, way: str, a_kpi: A_Kpi
) -> None:
    kpi = a_kpi(healthy=healthy, direction=written)
    assert direction_of(kpi) == way
    words = {"up": ["better", "worse"], "down": ["worse", "better"], "keep": ["changed", "changed"]}[way]
    assert [trend(kpi, Fraction(3), Fraction(4)), trend(kpi, Fraction(4), Fraction(3))] == words
    assert trend(kpi, Fraction(3), Fraction(3)) == "unchanged"
    assert trend(kpi, None, Fraction(3)) == trend(kpi, Fraction(3), None) == ""
