"""`jira-okr scorecard`: objectives and KPIs by the perspective from which they look."""

from __future__ import annotations

import click

from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli.terminal.connector import open_connector
from plugin.cli.terminal.output import json_option, say, show_json, show_table, site_option
from plugin.use_cases.kpis.kpi_words import level_word, value_words
from plugin.use_cases.objectives.objective_values import progress_text
from plugin.use_cases.practice.scorecard import scorecard_values, show_scorecard


@click.command("scorecard")
@click.option(
    "--cycle", help="Only objectives of this cycle; all whose cycle has not ended where it is left out."
)
@site_option
@json_option
def scorecard_command(cycle: str | None, site: str, as_json: bool) -> None:
    """Show objectives and KPIs by perspective: finance, customer, process, learning, or words of your own."""
    with open_connector(site=site) as connector:
        found = show_scorecard(connector, COMMAND_LINE, site, cycle)
    if as_json:
        show_json(scorecard_values(found))
        return
    for one in found.perspectives:
        rows = [
            (
                head.key or head.id,
                head.title,
                progress_text(head),
                head.health.level.value.replace("_", " "),
            )
            for head in one.objectives
        ]
        rows += [
            (
                kpi.part.id,
                kpi.part.name,
                value_words(kpi.latest_value, kpi.part.unit),
                level_word(kpi.standing.level),
            )
            for kpi in one.kpis
        ]
        title = one.name.capitalize() if one.name is not None else "No perspective"
        if rows:
            show_table(title, ("Objective or KPI", "Name", "Stands at", "Health or level"), rows)
        else:
            say(f"{title}: nothing looks from here.")
