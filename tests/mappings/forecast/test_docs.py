"""The worked examples of docs/forecast.md say what the code does."""

from __future__ import annotations

import re
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from mappings.forecast.answer import (
    LIKELY_FROM,
    OPEN_FROM,
    DeliveryWork,
    Forecast,
    Likelihood,
    TargetRange,
    Week,
)
from mappings.forecast.delivery import forecast as of_delivery
from mappings.forecast.trend import forecast as of_trend

TEXT = (Path(__file__).parents[3] / "docs" / "forecast.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```yaml example\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def answered(example: dict[str, Any]) -> Forecast:
    today, last = example["today"], example["last_day"]
    if "readings" in example:
        readings = {day: Fraction(value) for day, value in example["readings"].items()}
        return of_trend(readings, today, last, TargetRange(at_least=Fraction(example["target"])))
    weeks = tuple(
        Week(today - timedelta(days=7 * place), *drawn)
        for place, drawn in enumerate(example["weeks"], start=1)
    )
    return of_delivery(DeliveryWork(today, last, example["rows"], example["finished"], Fraction(1), weeks))


def seen(answer: Forecast) -> dict[str, object]:
    of_line = {} if answer.trend is None else {"level": answer.trend.level, "slope": answer.trend.slope}
    of_work = {} if answer.work is None else {"safe_by": answer.safe_by}
    said = {"probability": answer.probability, "said": answer.sentence, "likely_by": answer.likely_by}
    return {**said, **of_line, **of_work}


@pytest.mark.parametrize("text", EXAMPLES)
def test_a_worked_example(text: str) -> None:
    example = YAML(typ="safe").load(text)
    expect = example.pop("expect")
    exact = {
        name: value if isinstance(value, date) or name == "said" else Fraction(value)
        for name, value in expect.items()
    }
    assert seen(answered(example)) == exact


def test_both_ways_have_an_example() -> None:
    assert len(EXAMPLES) == 2


def test_the_levels_are_those_of_the_code() -> None:
    rows = re.findall(r"^\| (likely|open|unlikely) \| (?:(\d+) % and more|less) \|$", TEXT, re.MULTILINE)
    bounds = {Likelihood.LIKELY: LIKELY_FROM, Likelihood.OPEN: OPEN_FROM}
    assert rows == [
        (level.value, str(bounds[level] * 100) if level in bounds else "") for level in Likelihood
    ]
