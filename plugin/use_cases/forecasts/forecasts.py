"""Will we make it? What the key results of an objective are likely to reach, with what that was made from. Asks Jira nothing."""

from __future__ import annotations

from fractions import Fraction

from connectors.store.mirror import mirror
from connectors.store.numbers import objectives
from mappings.facts.moment import Moment
from mappings.forecast.answer import DeliveryWork, Forecast, ReadingsTrend
from mappings.forecast.objective import KeyResultForecast, ObjectiveForecast, forecast, issues_of
from mappings.json_value import PlainValues
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector
from plugin.use_cases.mappings import revisions
from plugin.use_cases.objectives.objective_values import exact_text, number
from plugin.use_cases.permission import VIEWER, question

__all__ = ["Forecast", "KeyResultForecast", "ObjectiveForecast", "forecast_of", "forecast_values"]


@question(VIEWER)
def forecast_of(connector: Connector, actor: Actor, site: str, objective_id: str) -> ObjectiveForecast | None:
    """The forecast of an objective as of now, from its ledgers and the mirror; None where there is none of this id, or no mapping rules."""
    mapping = revisions.bound(connector, actor, site)
    with connector.store.read() as conn:
        saved = objectives.load(conn, site, objective_id)
        if saved is None or saved.state.plain or mapping is None:
            return None
        issues = mirror.get(conn, site, issues_of(saved.state))
    return forecast(mapping, saved.state, issues, Moment(connector.clock(), mapping.zone))


def forecast_values(found: ObjectiveForecast) -> PlainValues:
    """A forecast for programs: shares of 1, exact beside; what it was made from with each key result."""
    return {
        "day": found.today.isoformat(),
        "cycle": found.cycle_id,
        "last_day": None if found.last is None else found.last.isoformat(),
        **_chance(found.probability, found.level),
        "reached": found.reached,
        "sentence": found.sentence,
        "deciding": None if found.deciding is None else found.deciding.id,
        "forecast": len(found.told),
        "contributing": len(found.contributing),
        "key_results": [_key_result(one) for one in found.key_results],
    }


def _chance(probability: Fraction | None, level: str | None) -> PlainValues:
    return {
        "probability": number(probability),
        "probability_exact": exact_text(probability),
        "level": level,
    }


def _key_result(one: KeyResultForecast) -> PlainValues:
    answer = one.answer
    return {
        "id": one.id,
        "name": one.name,
        "title": one.title,
        "kind": one.kind,
        "contributing": one.contributing,
        **_chance(answer.probability, answer.level),
        "reached": answer.reached,
        "sentence": answer.sentence,
        "likely_by": None if answer.likely_by is None else answer.likely_by.isoformat(),
        "safe_by": None if answer.safe_by is None else answer.safe_by.isoformat(),
        "missing": [
            {"what": lack.need.value, "have": lack.have, "wanted": lack.wanted, "missing": lack.missing}
            for lack in answer.lacks
        ],
        "notes": list(answer.notes),
        "work": None if answer.work is None else _work(answer.work),
        "trend": None if answer.trend is None else _trend(answer.trend),
    }


def _work(work: DeliveryWork) -> PlainValues:
    return {
        "rows": work.rows,
        "finished": work.finished,
        "goal": work.goal,
        "days_left": work.days,
        "undated": work.undated,
        "by_resolution": work.by_resolution,
        "not_achieved": work.missed,
        "weeks": [
            {"first_day": week.first.isoformat(), "done": week.done, "added": week.added}
            for week in work.weeks
        ],
    }


def _trend(trend: ReadingsTrend) -> PlainValues:
    exact = {
        "at_least": trend.aim.at_least,
        "at_most": trend.aim.at_most,
        "slope": trend.slope,
        "slope_low": trend.slowest,
        "slope_high": trend.fastest,
        "level": trend.level,
        "end": trend.end,
        "end_low": trend.end_low,
        "end_high": trend.end_high,
    }
    return {
        "readings": trend.readings,
        "first_reading": trend.first_reading.isoformat(),
        "last_reading": trend.last_reading.isoformat(),
        "days_left": trend.days,
        **{name: number(value) for name, value in exact.items()},
        **{f"{name}_exact": exact_text(value) for name, value in exact.items()},
    }
