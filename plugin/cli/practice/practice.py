"""`jira-okr practice`: how healthy the practice of OKRs is, team by team."""

from __future__ import annotations

import click

from mappings.numbers import count_of
from mappings.practice.practice import COUNSEL
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli.terminal.connector import open_connector
from plugin.cli.terminal.output import json_option, say, show_json, show_table, site_option
from plugin.use_cases.objectives.objective_values import percent_text
from plugin.use_cases.practice.practice import Coverage, PracticeMeasure, assess_practice, assessed_values

SHOWN = 5


@click.command("practice")
@click.option(
    "--cycle",
    help="Of this cycle; of the one that objectives run in now and that ends first where it is left out.",
)
@click.option("--team", help="Of one team alone, in any case; a project where the mapping knows no teams.")
@site_option
@json_option
def practice_command(cycle: str | None, team: str | None, site: str, as_json: bool) -> None:
    """Tell how healthy the practice is: measurable, owned, outcomes, fresh, few, aligned, counted once, served by work. Never an error."""
    with open_connector(site=site) as connector:
        found = assess_practice(connector, COMMAND_LINE, site, cycle, team)
    if as_json:
        show_json(assessed_values(found))
        return
    if not found.teams:
        say(f"No objective of {found.cycle} belongs to anybody of that name.")
    for one in found.teams:
        rows = [_row(measure) for measure in one.practice.measures]
        if one.coverage is not None:
            rows.append(_covered(one.coverage))
        title = f"{one.practice.team or 'No team'} in {found.cycle}: {count_of(one.practice.objectives, 'objective')}"
        show_table(title, ("Aspect", "Share", "Behind it", "To do", "Source"), rows)
    if found.coverage is not None:
        for orphans in found.coverage.orphans:
            say(f"{orphans.project}: {orphans.count} without an objective: {orphans.jql}")


def _row(one: PracticeMeasure) -> tuple[str, ...]:
    counsel = COUNSEL[one.aspect]
    names = ", ".join(each.key or each.id for each in one.behind[:SHOWN])
    more = f" and {len(one.behind) - SHOWN} more" if len(one.behind) > SHOWN else ""
    share = f"{percent_text(one.share)} ({one.met} of {one.of})" if one.of else "nothing to look at"
    kept = one.kept
    return (
        counsel.label,
        share,
        f"{names}{more}",
        "" if kept else counsel.advice,
        "" if kept else counsel.source,
    )


def _covered(one: Coverage) -> tuple[str, ...]:
    share = f"{percent_text(one.share)} ({one.serving} of {one.candidates})" if one.candidates else "no work"
    by_weight = "" if one.weighed is None else f", {percent_text(one.weighed)} by weight"
    return "Coverage", f"{share}{by_weight}", "", "", ""
