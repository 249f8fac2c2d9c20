"""Forecasts as values: at most so likely, by the last of the days, and nothing where nothing can be said."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest

from mappings.forecast.answer import Forecast, none
from mappings.forecast.objective import KeyResultForecast, ObjectiveForecast
from mappings.rollup.state import HealthLevel
from mappings.write_back.target import WriteBasis
from mappings.write_back.targets.field import field_place
from mappings.write_back.values import VALUE_OF_NAME, Figures, ValuePart

TODAY, EARLY, LATE = date(2026, 11, 28), date(2026, 12, 4), date(2026, 12, 18)
SURE = Forecast(Fraction(9, 10), likely_by=EARLY)
OPEN = Forecast(Fraction(696, 1000), likely_by=LATE)
DONE = Forecast(Fraction(1), reached=True, likely_by=TODAY)


def figures(*answers: Forecast, of: int | None = None, state: Any = None) -> Figures:
    results = tuple(
        KeyResultForecast(str(at), f"PLAT-{at}", "", "delivery", True, one) for at, one in enumerate(answers)
    )
    found = ObjectiveForecast("100", TODAY, "2026-Q4", LATE, results)
    key_result = None if of is None else state.key_results[of]
    half = Fraction(1, 2)
    return Figures(
        half, half, half, half, half, half, HealthLevel.ON_TRACK, "",
        achieved_at=Fraction(7, 10), objective=state, key_result=key_result, outlook=lambda: found,
    )  # fmt: skip


def said(name: str, of: Figures, **how: Any) -> object:
    return VALUE_OF_NAME[name].as_data(ValuePart(value=name, **how), of)


@pytest.mark.parametrize(
    ("answers", "chance", "day"),
    [
        ((SURE, OPEN), 70, "2026-12-18"),
        ((SURE, DONE), 90, "2026-12-04"),
        ((DONE,), 100, None),
        ((SURE, none("no history")), 90, None),
        ((none("no history"),), None, None),
        ((), None, None),
    ],
)
def test_an_objective_is_as_likely_as_its_least_likely_and_by_the_last_day(
    answers: tuple[Forecast, ...], chance: int | None, day: str | None
) -> None:
    """69.6 are 70: no bar of achievement cuts a chance."""
    assert said("forecast_probability", figures(*answers)) == chance
    assert said("forecast_date", figures(*answers)) == day


def test_a_key_result_has_its_own(make: SimpleNamespace) -> None:
    state = make.objective(key_results=(make.key_result("0"), make.key_result("1")))
    own = [figures(SURE, OPEN, of=at, state=state) for at in (0, 1)]
    assert [said("forecast_probability", one, round=1) for one in own] == [90, Fraction(696, 10)]
    assert [said("forecast_date", one) for one in own] == ["2026-12-04", "2026-12-18"]


@pytest.mark.parametrize(
    ("name", "held"),
    [
        ("forecast_probability", {"number": 70, "text": "70 %"}),
        ("forecast_date", {"date": "2026-12-18", "text": "2026-12-18"}),
    ],
)
def test_fields_of_fitting_types_hold_them(make: SimpleNamespace, name: str, held: dict[str, object]) -> None:
    part, of = ValuePart(value=name), figures(SURE, OPEN)
    places = [place for field in make.fields.values() if (place := field_place(field)) is not None]
    made = {place.type.name: place.make(part, of, WriteBasis()) for place in places}
    assert {kind: one.raw for kind, one in made.items() if one is not None and kind != "paragraph"} == held


def test_without_a_moment_nothing_is_forecast(make: SimpleNamespace) -> None:
    rule = {
        "target": "objective",
        "property": {"key": "a", "values": ["forecast_probability", "progress_percent"]},
    }
    [found] = make.desired(make.mapping(rule), make.whole_objective())
    assert found.raw == {"forecast_probability": None, "progress_percent": 63}
