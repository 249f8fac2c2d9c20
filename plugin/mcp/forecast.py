"""`okr_forecast`: how likely an objective is to be reached by the end of its cycle."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from mappings.forecast.objective import KeyResultForecast
from plugin.mcp.protocol.lookup import objective_of, site_of
from plugin.mcp.protocol.provenance import page_of_objective, provenance
from plugin.mcp.protocol.quotation import Quoted
from plugin.mcp.protocol.shapes import Answer, Name, Number, PageArguments, RowCount, Shape, exactly, page_of
from plugin.mcp.protocol.tool import Tool, ToolAsker, UnanswerableQuestion
from plugin.use_cases.forecasts.forecast_words import basis
from plugin.use_cases.forecasts.forecasts import forecast_of


class KeyResultChance(Shape):
    """One key result. A probability that is null: nothing can be said, and `why` says why."""

    id: str
    title: Quoted
    kind: str
    contributing: bool
    probability: Number
    level: str | None
    reached: bool
    why: Quoted
    likely_by: date | None = Field(
        description="50 % of all courses are there; of a metric the day of its line."
    )
    safe_by: date | None = Field(description="85 % of all courses are there.")
    made_from: Quoted
    missing: list[str]


class Forecast(Answer):
    """Advice: no number of the objective depends on it. `counted` is of the key results."""

    objective: str
    title: Quoted
    day: date
    cycle: str | None
    last_day: date | None
    probability: Number
    level: str | None
    reached: bool
    why: Quoted
    deciding: str | None = Field(description="The id of the least likely key result that contributes.")
    counted: RowCount
    key_results: list[KeyResultChance]


class ForecastArguments(PageArguments):
    """Of which objective."""

    objective_key: Name = Field(description="Jira key (a former one too), issue id or objective id.")


def okr_forecast(asking: ToolAsker, arguments: ForecastArguments) -> Forecast:
    """What is likely, and what that was made from."""
    site = site_of(asking, arguments)
    saved = objective_of(asking, site, arguments.objective_key)
    found = forecast_of(asking.connector, asking.actor, site, saved.state.id)
    if found is None:
        raise UnanswerableQuestion(
            "No mapping rules this site, so nothing can be forecast. An admin activates one."
        )
    every = found.key_results
    shown, counted = page_of(
        f"okr_forecast:{site}:{saved.state.id}", arguments, every, (one.id for one in every)
    )
    return Forecast(
        provenance=provenance(asking, site, Forecast, page_of_objective(asking, site, saved), [saved]),
        objective=saved.state.key or saved.state.id,
        title=saved.state.title,
        day=found.today,
        cycle=found.cycle_id,
        last_day=found.last,
        probability=exactly(found.probability),
        level=found.level,
        reached=found.reached,
        why=found.sentence,
        deciding=None if found.deciding is None else found.deciding.id,
        counted=counted,
        key_results=[_key_result(one) for one in shown],
    )


def _key_result(one: KeyResultForecast) -> KeyResultChance:
    answer = one.answer
    return KeyResultChance(
        id=one.id,
        title=one.title,
        kind=one.kind,
        contributing=one.contributing,
        probability=exactly(answer.probability),
        level=answer.level,
        reached=answer.reached,
        why=answer.sentence,
        likely_by=answer.likely_by,
        safe_by=answer.safe_by,
        made_from=basis(answer),
        missing=[lack.sentence for lack in answer.lacks],
    )


FORECAST = Tool(
    name="okr_forecast",
    title="Will it be reached",
    description="How likely an objective is to be reached by the end of its cycle, and what that was made from. Advice only.",
    takes=ForecastArguments,
    gives=Forecast,
    function=okr_forecast,
)
