"""`/objectives/…/forecast`: how likely an objective is to be reached by the last day of its cycle, and what that was made from."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from mappings.forecast.answer import Likelihood, Need
from plugin.api.objectives.objectives import ObjectiveNameJson
from plugin.api.protocol.addresses import CycleAddress, ObjectiveAddress
from plugin.api.protocol.lookup import objective_of
from plugin.api.protocol.operation import Caller, Reply, Routes
from plugin.doors.model import JsonShape, SiteQuery
from plugin.doors.refusal import RequestRefusal
from plugin.use_cases.forecasts.forecast_record import calibration_of, calibration_values
from plugin.use_cases.forecasts.forecasts import forecast_of, forecast_values

ROUTES = Routes()


class LackJson(JsonShape):
    """What there is not enough of yet: how much there is, how much it takes, and how much is missing."""

    what: Need
    have: int
    wanted: int
    missing: int


class WeekJson(JsonShape):
    """One past week: rows that were finished in it, rows that were added in it."""

    first_day: date
    done: int
    added: int


class WorkJson(JsonShape):
    """What a delivery key result is forecast from, in items: any of the past weeks may come again, each as likely as another.

    `undated` rows are finished on a day that Jira does not tell; of `by_resolution` the day of the resolution stands for the finish;
    `not_achieved` ones can never be finished.
    """

    rows: int
    finished: int
    goal: int
    days_left: int
    undated: int
    by_resolution: int
    not_achieved: int
    weeks: list[WeekJson]


class TrendJson(JsonShape):
    """What a metric is forecast from: the line through its readings. The slope is a change a day; `…_low` to `…_high` holds it at 80 %."""

    readings: int
    first_reading: date
    last_reading: date
    days_left: int
    at_least: float | None
    at_most: float | None
    slope: float | None
    slope_low: float | None
    slope_high: float | None
    level: float | None = Field(description="Where the line stands now.")
    end: float | None = Field(description="Where the line ends, on the last day.")
    end_low: float | None
    end_high: float | None
    at_least_exact: str | None
    at_most_exact: str | None
    slope_exact: str
    slope_low_exact: str
    slope_high_exact: str
    level_exact: str
    end_exact: str
    end_low_exact: str
    end_high_exact: str


class KeyResultForecastJson(JsonShape):
    """One key result. `probability` null: nothing can be said, and `sentence` (with `missing`) says why.

    `likely_by` and `safe_by` are the days by which 50 % and 85 % of all courses of a delivery are there; of a metric `likely_by` is
    the day on which its line is.
    """

    id: str
    name: str
    title: str
    kind: str
    contributing: bool
    probability: float | None
    probability_exact: str | None
    level: Likelihood | None
    reached: bool
    sentence: str
    likely_by: date | None
    safe_by: date | None
    missing: list[LackJson]
    notes: list[str]
    work: WorkJson | None
    trend: TrendJson | None


class ForecastJson(JsonShape):
    """How likely an objective is to be reached: at most as likely as the least likely (`deciding`) of its contributing key results.

    `forecast` of its `contributing` key results have one. Null is unknown, never 0.
    """

    objective: ObjectiveNameJson
    day: date
    cycle: str | None
    last_day: date | None
    probability: float | None
    probability_exact: str | None
    level: Likelihood | None
    reached: bool
    sentence: str
    deciding: str | None
    forecast: int = Field(description="How many of its contributing key results have a forecast.")
    contributing: int
    key_results: list[KeyResultForecastJson]


class CalibrationJson(JsonShape):
    """All forecasts of one level in a cycle: how likely they were called on average, and which share came true.

    A forecast is that of one key result on one day; what was reached already is none.
    """

    level: Likelihood
    forecasts: int
    key_results: int
    called: float | None
    called_exact: str
    came_true: float | None
    came_true_exact: str


class CalibrationsJson(JsonShape):
    """How good the forecasts of a cycle were, the likeliest level first; empty until it has ended."""

    cycle: str
    levels: list[CalibrationJson]


@ROUTES.get(
    "/objectives/{objective}/forecast",
    "viewer",
    "How likely an objective is to be reached by the end of its cycle.",
)
def forecast(caller: Caller, path: ObjectiveAddress, query: SiteQuery) -> Reply[ForecastJson]:
    """Advice with what it was made from; no number of the objective depends on it."""
    site, saved = objective_of(caller, path, query)
    found = forecast_of(caller.connector, caller.actor, site, saved.state.id)
    if found is None:
        raise RequestRefusal(
            409, "No mapping", "No mapping rules this site.", "Activate one, and begin again."
        )
    named = ObjectiveNameJson(id=saved.state.id, key=saved.state.key, title=saved.state.title)
    return Reply(ForecastJson.model_validate({"objective": named, **forecast_values(found)}))


@ROUTES.get("/cycles/{cycle}/calibration", "viewer", "How good the forecasts of a cycle that has ended were.")
def calibration(caller: Caller, path: CycleAddress) -> Reply[CalibrationsJson]:
    """On all sites. What was forecast is held against what stood at the end of the cycle's last day."""
    found = calibration_of(caller.connector, caller.actor, path.cycle)
    levels = [calibration_values(one) for one in found]
    return Reply(CalibrationsJson.model_validate({"cycle": path.cycle, "levels": levels}))
