"""What was forecast is kept once a day, and held against what came of it when the cycle is over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from connectors.store import Store
from connectors.store.numbers import forecasts, objectives
from connectors.store.numbers.forecasts import OBJECTIVE, KeptForecast
from connectors.store.schema import forecast as table
from mappings.forecast.calibration import PastForecast, calibration
from mappings.rollup.health import ACHIEVED_AT
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli.work.sync import sync_site
from plugin.jobs.schedules import Schedules
from plugin.runtime.demonstration import demo_world
from plugin.use_cases.forecasts.forecast_record import calibration_of, judge_ended, keep_today
from plugin.use_cases.forecasts.forecasts import forecast_of
from plugin.use_cases.objectives.objective_list import START, RowSelection, list_objectives

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)
DAY = date(2026, 11, 16)


class World:
    """A synced company whose clock is set by hand."""

    def __init__(self) -> None:
        self.now = NOW
        self.connector: Any = None

    def clock(self) -> datetime:
        return self.now

    def kept(self, since: date = DAY) -> dict[str, KeptForecast]:
        """What the list shows, by id of the objective."""
        with self.connector.store.read() as conn:
            ids = objectives.ids(conn, "main")
            found = forecasts.load_latest(conn, ("main",), list(ids), since)
        return {id_: one for (_, id_), one in found.items()}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World()
    with demo_world(Path(tmp_path_factory.mktemp("forecasts")), clock=made.clock, seed=1) as demo:
        made.connector = demo.connector
        sync_site(demo.connector, "main")
        yield made


def test_each_day_is_kept_once_and_judged_when_its_cycle_is_over(world: World) -> None:
    """From a Monday in the cycle over the next day to the first day after it."""
    first = keep_today(world.connector, "main")
    assert first > 3
    assert keep_today(world.connector, "main") == 0
    now = {
        one.objective_id: one.probability
        for one in (forecast_of(world.connector, COMMAND_LINE, "main", id_) for id_ in world.kept())
        if one is not None
    }
    assert {id_: one.probability for id_, one in world.kept().items()} == now
    assert {one.day for one in world.kept().values()} == {DAY}
    listed = list_objectives(world.connector, COMMAND_LINE, RowSelection(sites=()), START, 50).rows
    assert {one.state.id: one.forecast for one in listed if one.forecast} == world.kept()

    world.now += timedelta(days=1)
    assert keep_today(world.connector, "main") == first
    assert {one.day for one in world.kept().values()} == {DAY + timedelta(days=1)}
    assert judge_ended(world.connector, "main") == 0
    assert calibration_of(world.connector, COMMAND_LINE, "2026-Q4") == ()

    with world.connector.store.read() as conn:
        states = {one.state.id: one.state for one in objectives.load_all(conn, "main")}
        reached = {
            f"main|{id_}|{one.id}": one.measurement.progress >= ACHIEVED_AT[one.commitment]
            for id_ in now
            for one in states[id_].key_results
            if one.measurement.progress is not None
        }
    world.now = datetime(2027, 1, 1, 0, 1, tzinfo=UTC)
    assert keep_today(world.connector, "main") == 0, "nothing is said after the end"
    assert judge_ended(world.connector, "main") == first
    assert judge_ended(world.connector, "main") == 0
    with world.connector.store.read() as conn:
        told = forecasts.load_judged(conn, ("main",), "2026-Q4")
    assert sum(one.days for one in told) == 2 * len({one.key_result for one in told}) > 0
    assert all(one.came_true is reached[one.key_result] for one in told)
    found = calibration_of(world.connector, COMMAND_LINE, "2026-Q4")
    assert found == calibration(told)
    assert sum(one.forecasts for one in found) == 2 * len({one.key_result for one in told})
    listed = list_objectives(world.connector, COMMAND_LINE, RowSelection(sites=()), START, 50).rows
    assert [one.forecast for one in listed if one.forecast] == [], (
        "what was said weeks ago is not shown as of today"
    )


def test_it_happens_by_the_clock(world: World) -> None:
    assert "forecast" in {one.name for one in Schedules(world.connector).all}


Q3, Q4 = "2026-Q3", "2026-Q4"


def kept(
    key_result: str, day: int, probability: str | None, cycle: str = Q4, reached: bool = False
) -> KeptForecast:
    chance = None if probability is None else Fraction(probability)
    return KeptForecast("1", key_result, date(2026, 11, day), cycle, chance, reached)


def test_only_what_could_be_told_true_or_false_is_told(store: Store) -> None:
    """Nothing of another cycle, of the objective itself, of what was reached already, or of what nobody measured at the end."""
    said = [
        kept(OBJECTIVE, 1, "1/2"),
        kept("a", 1, "1/2"),
        kept("a", 2, "1/2"),
        kept("a", 3, "9/10"),
        kept("a", 4, "1", reached=True),
        kept("b", 1, "1/4"),
        kept("c", 1, "1/4"),
        kept("a", 5, "1/3", Q3),
        kept(OBJECTIVE, 5, None, Q3),
    ]
    with store.write() as conn:
        forecasts.keep(conn, "main", said)
        forecasts.keep(conn, "main", [kept("a", 1, "1/3")])  # what was said first on a day stands
        forecasts.keep(conn, "other", [kept("a", 1, "1/3")])
        assert forecasts.list_unjudged(conn, "main", Q4) == ["1"]
        forecasts.judge(conn, "main", Q4, "1", {"a": True, "b": False}, date(2027, 1, 1))
        assert forecasts.list_unjudged(conn, "main", Q4) == []
        assert forecasts.list_unjudged(conn, "main", Q3) == ["1"]
        told = forecasts.load_judged(conn, ("main",), Q4)
        assert sorted(told, key=lambda one: (one.key_result, one.probability)) == [
            PastForecast("main|1|a", Fraction(1, 2), True, 2),
            PastForecast("main|1|a", Fraction(9, 10), True, 1),
            PastForecast("main|1|b", Fraction(1, 4), False, 1),
        ]
        forecasts.prune(conn, "main", date(2026, 11, 3))
        assert [one.probability for one in forecasts.load_judged(conn, ("main",), Q4)] == [Fraction(9, 10)]


def test_of_an_objective_the_last_of_each_cycle_stays_and_of_what_was_judged_each_chance_once(
    store: Store,
) -> None:
    """What nobody asks for any more takes no room: a day of an objective that a later one follows, and days on which the same was said."""
    days = range(1, 11)
    said = [kept(name, day, "1/2") for name in (OBJECTIVE, "a", "unmeasured") for day in days]
    said += [kept(OBJECTIVE, day, None, Q3) for day in (11, 12)]
    with store.write() as conn:
        forecasts.keep(conn, "main", said)
        forecasts.prune(conn, "main", date(2026, 1, 1))
        left = [(row.key_result_id, row.day) for row in conn.execute(select(table))]
        assert sorted(left) == sorted(
            [("", "2026-11-10"), ("", "2026-11-12")]
            + [(name, f"2026-11-{day:02}") for name in ("a", "unmeasured") for day in days]
        )
        forecasts.judge(conn, "main", Q4, "1", {"a": True}, date(2027, 1, 1))
        left = [(row.key_result_id, row.day, row.days) for row in conn.execute(select(table))]
        assert sorted(left) == [("", "2026-11-12", 1), ("a", "2026-11-10", 10)]
        assert forecasts.cycles(conn, "main") == [Q3]
        assert forecasts.load_judged(conn, ("main",), Q4) == [
            PastForecast("main|1|a", Fraction(1, 2), True, 10)
        ]
