"""What was forecast, day by day, and how good that was: of what was called so likely, which share came true."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from connectors.store.mirror import mirror
from connectors.store.numbers import forecasts, objectives, snapshots
from connectors.store.numbers.forecasts import OBJECTIVE, KeptForecast
from mappings.facts.local_time import day_end
from mappings.facts.moment import Moment
from mappings.forecast.calibration import Calibration, calibration
from mappings.forecast.objective import ObjectiveForecast, forecast, issues_of
from mappings.json_value import PlainValues
from mappings.rollup.health import ACHIEVED_AT
from mappings.rollup.state import ObjectiveState
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector
from plugin.use_cases.objectives.objective_values import exact_text, number
from plugin.use_cases.permission import VIEWER, question

__all__ = [
    "Calibration",
    "calibration_of",
    "calibration_values",
    "forget_old",
    "judge_ended",
    "keep_today",
    "kept_of",
]

AT_ONCE = 25
KEPT = timedelta(days=730)


def keep_today(connector: Connector, site: str, going_on: Callable[[], None] = lambda: None) -> int:
    """Keep what is said today of every objective of a running cycle of which nothing was kept yet; how many those were."""
    mapping = connector.context(site).mapping
    moment = Moment(connector.clock(), mapping.zone)
    running = [one.id for one in mapping.cycles.running(moment.today)]
    with connector.store.read() as conn:
        ids = forecasts.list_wanting(conn, site, running, moment.today) if running else []
    for place in range(0, len(ids), AT_ONCE):
        going_on()
        rows: list[KeptForecast] = []
        for id_ in ids[place : place + AT_ONCE]:
            with connector.store.read() as conn:
                saved = objectives.load(conn, site, id_)
                issues = mirror.get(conn, site, issues_of(saved.state)) if saved is not None else {}
            if saved is not None:
                rows += kept_of(forecast(mapping, saved.state, issues, moment))
        with connector.store.write() as conn:
            forecasts.keep(conn, site, rows)
    return len(ids)


def kept_of(found: ObjectiveForecast) -> list[KeptForecast]:
    """What is kept of a forecast: the objective's own, and that of each key result that has one."""
    if found.cycle_id is None:
        return []
    own = KeptForecast(
        objective_id=found.objective_id,
        key_result_id=OBJECTIVE,
        day=found.today,
        cycle_id=found.cycle_id,
        probability=found.probability,
        reached=found.reached,
    )
    answers = [(one.id, one.answer) for one in found.key_results if one.answer.probability is not None]
    of_key_results = [
        replace(own, key_result_id=id_, probability=answer.probability, reached=answer.reached)
        for id_, answer in answers
    ]
    return [own, *of_key_results]


def judge_ended(connector: Connector, site: str, going_on: Callable[[], None] = lambda: None) -> int:
    """Hold the forecasts of cycles that have ended against what stood at the end of their last day; of how many objectives."""
    mapping = connector.context(site).mapping
    today = Moment(connector.clock(), mapping.zone).today
    with connector.store.read() as conn:
        kept = [mapping.cycles.get(id_) for id_ in forecasts.cycles(conn, site)]
    judged = 0
    for cycle in kept:
        if cycle is None or cycle.end >= today:
            continue
        with connector.store.read() as conn:
            ids = forecasts.list_unjudged(conn, site, cycle.id)
        for id_ in ids:
            going_on()
            with connector.store.write() as conn:
                last = snapshots.load_at(conn, site, id_, day_end(cycle.end, mapping.zone))
                achieved = {} if last is None else achieved_in(last.state)
                forecasts.judge(conn, site, cycle.id, id_, achieved, today)
            judged += 1
    return judged


def achieved_in(state: ObjectiveState) -> dict[str, bool]:
    """Which of its key results had reached what their commitment asks for; one that was not measured is left out."""
    return {
        one.id: one.measurement.progress >= ACHIEVED_AT[one.commitment]
        for one in state.key_results
        if one.measurement.progress is not None
    }


def forget_old(connector: Connector, site: str) -> None:
    """Forget what was said more than two years ago."""
    with connector.store.write() as conn:
        forecasts.prune(conn, site, connector.clock().date() - KEPT)


@question(VIEWER)
def calibration_of(connector: Connector, _actor: Actor, cycle_id: str) -> tuple[Calibration, ...]:
    """How good the forecasts of a cycle were on all sites, the likeliest level first; empty until it has ended."""
    with connector.store.read() as conn:
        return calibration(forecasts.load_judged(conn, tuple(connector.sites), cycle_id))


def calibration_values(found: Calibration) -> PlainValues:
    """The same for programs."""
    return {
        "level": found.level.value,
        "forecasts": found.forecasts,
        "key_results": found.key_results,
        "called": number(found.called),
        "called_exact": exact_text(found.called),
        "came_true": number(found.came_true),
        "came_true_exact": exact_text(found.came_true),
    }
