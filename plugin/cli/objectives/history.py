"""`jira-okr history backfill`: reconstruct past progress from Jira's changelogs."""

from __future__ import annotations

import click

from mappings.numbers import count_of
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli.terminal.connector import open_connector
from plugin.cli.terminal.output import json_option, progress_bar, say, show_json, site_option
from plugin.runtime.connector import Connector
from plugin.use_cases.objectives.backfill import BackfillResult, Outlook, foresee, reconstruct


@click.group("history")
def history_group() -> None:
    """Where objectives stood before."""


@history_group.command("backfill")
@click.option(
    "--days",
    type=click.IntRange(1, 400),
    help="How far to go back; to the start of the current cycle unless given.",
)
@click.option("--dry-run", is_flag=True, help="Only say what it would take.")
@click.option("--again", is_flag=True, help="Also where it was done under this mapping revision already.")
@site_option
@json_option
def backfill_command(days: int | None, dry_run: bool, again: bool, site: str, as_json: bool) -> None:
    """Work out where each objective stood at the end of past days, from the changelogs of its issues.

    Points made this way are marked, never mixed up with observed ones, and replaced when this runs again.
    """
    with open_connector(site=site) as connector:
        planned = foresee(connector, COMMAND_LINE, site, days)
        if not as_json:
            say(cost_text(planned))
        done = None if dry_run else backfill_site(connector, site, planned, again)
        if done is None and not dry_run and not as_json:
            say("It was done under this mapping revision already; --again does it anew.")
    if as_json:
        show_json(backfill_values(planned, done))
    elif done is not None:
        say(f"Kept {count_of(done.points, 'reconstructed point')}.")


def backfill_site(
    connector: Connector, site: str, planned: Outlook, again: bool = False
) -> BackfillResult | None:
    """A whole reconstruction with a progress bar; None where there was nothing to do."""
    with progress_bar("Reconstructing", "day") as report:
        return reconstruct(connector, COMMAND_LINE, site, planned, again, report)


def cost_text(planned: Outlook) -> str:
    """What it takes, before it begins."""
    return (
        f"{count_of(len(planned.moments), 'past moment')}, {count_of(planned.issues, 'issue')}, "
        f"{len(planned.changed)} of them changed since: at least {count_of(planned.calls, 'call')} to Jira."
    )


def backfill_values(planned: Outlook, done: BackfillResult | None) -> dict[str, object]:
    """The same for programs; `points` is null where nothing was done."""
    return {
        "moments": [at.isoformat() for at in planned.moments],
        "issues": planned.issues,
        "changed": len(planned.changed),
        "calls": planned.calls,
        "points": None if done is None else done.points,
    }
