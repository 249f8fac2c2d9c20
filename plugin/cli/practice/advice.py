"""`jira-okr advice`: what the craft of OKRs lets one advise on the objectives as they stand."""

from __future__ import annotations

import click

from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli.terminal.connector import open_connector
from plugin.cli.terminal.output import json_option, say, show_json, show_table, site_option
from plugin.use_cases.practice.advice import advice_values, list_advice


@click.command("advice")
@click.option("--cycle", help="Of the objectives of this cycle; of those that run where it is left out.")
@site_option
@json_option
def advice_command(cycle: str | None, site: str, as_json: bool) -> None:
    """Advise on the objectives: too many or too few, nobody's, without an end or a measure, only outputs. Never an error."""
    with open_connector(site=site) as connector:
        found = list_advice(connector, COMMAND_LINE, site, cycle)
    if as_json:
        show_json([advice_values(one) for one in found])
    elif not found:
        say("Nothing to advise.")
    else:
        rows = [(one.path, one.message, one.remedy, one.code) for one in found]
        show_table("Advice", ("About", "What", "To do", "Code"), rows)
