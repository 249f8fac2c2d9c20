"""`jira-okr explain KEY`: the rows behind a number, to the last digit."""

from __future__ import annotations

from fractions import Fraction

import click

from mappings.rollup.health import ACHIEVED_AT
from mappings.rollup.rows.ledger import Ledger
from mappings.rollup.state import KeyResultState, ObjectiveState
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli.terminal.connector import open_connector
from plugin.cli.terminal.output import json_option, show_json, show_table, site_option
from plugin.runtime.connector import NotReady
from plugin.use_cases.objectives.objective_values import health_values, ledgers_of, percent_text
from plugin.use_cases.objectives.objectives import SavedObjective, objective


@click.command("explain")
@click.argument("key")
@site_option
@json_option
def explain_command(key: str, site: str, as_json: bool) -> None:
    """Show why an objective stands where it stands: every row, its weight, its share; the shares sum to the number."""
    with open_connector(site=site) as connector:
        saved = objective(connector, COMMAND_LINE, site, key)
    if saved is None:
        raise NotReady(
            f"{key} is no objective here. jira-okr status lists the objectives; jira-okr sync looks for new ones."
        )
    if as_json:
        show_json({**ledgers_of(saved.state), "health": health_values(saved.state.health)})
    else:
        show_explanation(saved)


def show_explanation(saved: SavedObjective) -> None:
    """The explanation for people."""
    state = saved.state
    click.echo(headline(state))
    click.echo(f"  {state.health.sentence}  [rule: {state.health.rule}]")
    for flag in state.flags:
        click.echo(f"  note: {flag}")
    bar = ACHIEVED_AT[state.commitment]
    number = percent_text(state.progress, 2, bar)
    show_ledger(f"{state.key or state.title}: {number}", state.ledger, bar)
    if state.beside.rows:
        number = percent_text(state.beside.total, 2, bar)
        show_ledger(f"Beside it, not in the number: {number}", state.beside, bar)
    for key_result in state.key_results:
        _show_key_result(key_result)


def headline(state: ObjectiveState) -> str:
    """One line: key, title, progress, health, expected."""
    name = f"{state.key} {state.title}".strip()
    return (
        f"{name}: {percent_text(state.progress, 0, ACHIEVED_AT[state.commitment])}, {state.health.level.value.replace('_', ' ')}, "
        f"expected today {percent_text(state.expected)}"
    )


def _show_key_result(key_result: KeyResultState) -> None:
    measured = key_result.measurement
    bar = ACHIEVED_AT[key_result.commitment]
    name = f"{key_result.key or key_result.rule_id} {key_result.title}"
    click.echo(
        f"\n{name}: {percent_text(measured.progress, 2, bar)} ({key_result.kind})\n  {measured.reason}"
    )
    if not measured.ledger.plain:
        show_ledger("", measured.ledger, bar)


def show_ledger(title: str, ledger: Ledger, bar: Fraction) -> None:
    """A ledger as a table, its sum below."""
    rows = [
        (
            row.key,
            row.title,
            row.status,
            "" if row.weight is None else str(row.weight),
            "" if row.progress is None else percent_text(row.progress, 2),
            str(row.share),
            percent_text(row.share, 4),
            row.disposition.value.replace("_", " ") + (f": {row.reason}" if row.reason else ""),
        )
        for row in ledger.rows
    ]
    columns = ("Key", "Title", "Status", "Weight", "Progress", "Share (exact)", "Share", "Why")
    show_table(title, columns, rows)
    total = "unknown" if ledger.total is None else ledger.total
    click.echo(f"sum of shares = {total} = {percent_text(ledger.total, 4, bar)}")
