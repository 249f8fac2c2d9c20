"""Every type in which a number of an objective is told says of which time, or is one of now."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import is_dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from importlib import import_module
from pkgutil import walk_packages
from typing import get_args, get_type_hints

import pytest

import plugin.use_cases
from connectors.store.database.instant import to_ms
from plugin.use_cases.objectives.movement import ToldMovement
from plugin.use_cases.permission import MARK
from plugin.use_cases.subscriptions.events import DatedEvent
from plugin.use_cases.visibility.dated_numbers import PARTS, TIMES, times_of
from plugin.use_cases.visibility.number_cut import NUMBERS
from plugin.use_cases.visibility.number_rules import (
    REACHES,
    ROOM,
    RULES,
    NumberRule,
    TimeReach,
    reach_of,
    rule_of,
)
from plugin.use_cases.work.held_writes import HeldWrite
from plugin.use_cases.work.refusals import RefusedWrite

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
THEN = NOW - timedelta(days=3)
FIELD = ("7", "A-7", "7", "A-7", "f", "OKR progress", 40, 62)
OF_NOW = [
    "mappings.explain.movement.Effect",
    "mappings.explain.movement.Movement",
    "mappings.rollup.rows.ledger.Contribution",
    "mappings.rollup.rows.ledger.Ledger",
    "mappings.rollup.state.Health",
    "mappings.rollup.state.KeyResultState",
    "mappings.rollup.state.Measurement",
    "mappings.rollup.state.ObjectiveState",
    "mappings.write_back.preview.ProgressAndHealth",
    "mappings.rollup.cycles.score.Score",
    "mappings.forecast.answer.DeliveryWork",
    "mappings.forecast.answer.Forecast",
    "mappings.forecast.answer.ReadingsTrend",
    "mappings.forecast.answer.TargetRange",
    "mappings.write_back.plan.Change",
    "plugin.use_cases.objectives.fed_numbers.FedFigure",
    "mappings.forecast.answer.Lack",
    "mappings.write_back.target.Aim",
]
"""Of the time of what holds them, or of now; of a forecast the work and the readings of issues that count now are told."""
OF_NO_OBJECTIVE = [
    "connectors.store.jobs",
    "mappings.document",
    "mappings.facts",
    "mappings.imports",
    "connectors.store.imports",
    "mappings.kpi",
    "connectors.store.kpis",
    "plugin.use_cases.kpis",
    "plugin.use_cases.health.diagnostics",
    "mappings.practice",
    "plugin.runtime",
    "connectors.store.work.inbox",
    "mappings.jql",
    "plugin.use_cases.imports",
    "plugin.use_cases.sites",
    "mappings.diagnostic.Diagnostic",
]
"""Where what is called a number is one of a KPI, of a file, of a rule or of a process."""


def parts_of(shape: object) -> Iterator[object]:
    yield shape
    for one in get_args(shape):
        if not isinstance(one, str):
            yield from parts_of(one)


def hints_of(shape: object) -> dict[str, object]:
    with suppress(NameError):
        return get_type_hints(shape)
    return {}


def told_by(shape: object, found: set[type]) -> None:
    for one in parts_of(shape):
        if inspect.isclass(one) and (is_dataclass(one) or hasattr(one, "_fields")) and one not in found:
            found.add(one)
            for each in hints_of(one).values():
                told_by(each, found)


def told_types() -> set[type]:
    found = set[type]()
    for module in walk_packages(plugin.use_cases.__path__, ROOM):
        for value in vars(import_module(module.name)).values():
            if (
                callable(value)
                and hasattr(value, MARK)
                and rule_of(value) in (NumberRule.EACH, NumberRule.ONE)
            ):
                told_by(hints_of(inspect.unwrap(value)).get("return"), found)
    return found


def holds_number(shape: type) -> bool:
    return any(
        name in NUMBERS or any(part in (Fraction, Decimal) for part in parts_of(hint))
        for name, hint in hints_of(shape).items()
    )


def test_of_every_type_that_tells_a_number_it_is_known_of_which_time_it_is() -> None:
    dated = {*TIMES, *(shape for shape, _ in PARTS)}
    unknown = sorted(
        name
        for shape in told_types()
        for name in [f"{shape.__module__}.{shape.__qualname__}"]
        if holds_number(shape)
        and shape not in dated
        and not hasattr(shape, "numbers_of")
        and name not in OF_NOW
        and not name.startswith(tuple(OF_NO_OBJECTIVE))
    )
    assert not unknown, (
        f"say in dated_numbers.TIMES, or by `numbers_of`, of which time the numbers are in {unknown}"
    )


@pytest.mark.parametrize(
    ("told", "first", "last"),
    [
        (DatedEvent(THEN, {}), datetime(2026, 11, 25, 11, 59, 59, 999000, tzinfo=UTC), THEN),
        (HeldWrite(*FIELD, "it moved", "it is large", THEN), datetime(2026, 10, 25, 12, tzinfo=UTC), NOW),
        (
            RefusedWrite(*FIELD, "no", "mend it", "r", THEN, False),
            datetime(2026, 10, 25, 12, tzinfo=UTC),
            NOW,
        ),
        (ToldMovement(THEN, NOW, None), THEN, NOW),
        (ToldMovement(NOW, THEN, None), THEN, THEN),
    ],
    ids=["event", "held", "refused", "movement", "movement backwards"],
)
def test_what_says_of_which_time_it_is_reaches_back_to_what_stood_before(
    told: object, first: datetime, last: datetime
) -> None:
    assert times_of(told, NOW) == (to_ms(first), to_ms(last))


def test_of_every_question_about_many_together_it_is_said_how_far_back_it_reaches() -> None:
    named = [name for those in REACHES.values() for name in those.split()]
    assert sorted(named) == sorted(name for name, rule in RULES.items() if rule is NumberRule.ALL)


def test_a_question_that_nobody_thought_of_reaches_back_for_ever() -> None:
    def new() -> None:
        """One that was added."""

    new.__module__ = f"{ROOM}cycles.cycles"
    assert reach_of(new) is TimeReach.EVER
