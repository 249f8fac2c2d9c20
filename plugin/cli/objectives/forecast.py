"""`jira-okr forecast KEY`: will we make it? How likely each key result is to be reached by the end of its cycle, and from what."""

from __future__ import annotations

import click

from mappings.forecast.answer import chance
from mappings.numbers import count_of
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli.terminal.connector import open_connector
from plugin.cli.terminal.output import json_option, say, show_json, show_table, site_option
from plugin.next_steps import OBJECTIVES
from plugin.runtime.connector import Refusal
from plugin.use_cases.forecasts.forecast_record import calibration_of, calibration_values
from plugin.use_cases.forecasts.forecast_words import basis, describe_date
from plugin.use_cases.forecasts.forecasts import (
    KeyResultForecast,
    ObjectiveForecast,
    forecast_of,
    forecast_values,
)
from plugin.use_cases.objectives.objectives import SavedObjective, objective


@click.command("forecast")
@click.argument("key", required=False)
@click.option("--cycle", metavar="ID", help="Instead: how good the forecasts were in a cycle that has ended.")
@site_option
@json_option
def forecast_command(key: str | None, cycle: str | None, site: str, as_json: bool) -> None:
    """Show how likely an objective is to be reached by the last day of its cycle, and what that was made from.

    With --cycle it shows instead which share came true of what was called likely, open and unlikely.
    """
    if (key is None) == (cycle is None):
        raise click.UsageError(
            "Name an objective (jira-okr forecast PLAT-1), or a cycle that has ended (--cycle 2026-Q3)."
        )
    if key is None:
        _show_calibration(cycle or "", site, as_json)
        return
    with open_connector(site=site) as connector:
        saved = objective(connector, COMMAND_LINE, site, key)
        found = None if saved is None else forecast_of(connector, COMMAND_LINE, site, saved.state.id)
    if saved is None:
        raise Refusal(f"{key} is no objective here.", step=OBJECTIVES)
    if found is None:
        raise Refusal("No mapping rules this site. Activate one: jira-okr mapping activate FILE.")
    if as_json:
        named = {"id": saved.state.id, "key": saved.state.key, "title": saved.state.title}
        show_json({"objective": named, **forecast_values(found)})
    else:
        show_forecast(saved, found)


def show_forecast(saved: SavedObjective, found: ObjectiveForecast) -> None:
    """The forecast for people."""
    by = "" if found.last is None else f" by {found.last}"
    say(f"{saved.state.key} {saved.state.title}".strip() + f"{by}: {found.sentence}")
    rows = [_row(one) for one in found.key_results]
    if rows:
        show_table("", ("Key result", "Title", "How likely", "By when", "From what"), rows)
    for one in found.key_results:
        for note in one.answer.notes:
            say(f"  {one.name}: {note}")


def _show_calibration(cycle: str, site: str, as_json: bool) -> None:
    with open_connector(site=site) as connector:
        found = calibration_of(connector, COMMAND_LINE, cycle)
    if as_json:
        show_json({"cycle": cycle, "levels": [calibration_values(one) for one in found]})
        return
    if not found:
        say(
            f"No forecast of {cycle} can be held against what came of it: it has not ended, or none was kept."
        )
    for one in found:
        told = f"{count_of(one.forecasts, 'forecast')} of {count_of(one.key_results, 'key result')}"
        shares = f"{chance(one.called)} on average: {chance(one.came_true)} came true"
        say(f"called {one.level.value}, {shares} ({told})")


def _row(one: KeyResultForecast) -> tuple[str, ...]:
    beside = "" if one.contributing else " (beside)"
    return one.name, one.title, one.answer.sentence + beside, describe_date(one.answer), basis(one.answer)
