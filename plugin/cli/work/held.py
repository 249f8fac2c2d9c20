"""`jira-okr held`: changes that wait for a person instead of being written."""

from __future__ import annotations

import click

from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli.terminal.connector import open_connector
from plugin.cli.terminal.output import json_option, say, show_json, show_table, site_option
from plugin.cli.work.plan import show_value
from plugin.use_cases.work import held_writes
from plugin.use_cases.work.held_writes import Decision, HeldWrite, count_changes


@click.group("held")
def held_group() -> None:
    """Look after changes that wait for a person: too many at once that nothing in Jira explains, or a field something else writes too."""


@held_group.command("list")
@site_option
@json_option
def list_command(site: str, as_json: bool) -> None:
    """List what is held, and why. Exit code 1 where anything is."""
    with open_connector(site=site) as connector:
        found = held_writes.list_held(connector, COMMAND_LINE, site)
    if as_json:
        show_json([held_values(one) for one in found])
    elif not found:
        say("Nothing is held.")
    else:
        rows = [
            (one.name, one.issue_key, one.field_name, show_value(one.stands), show_value(one.wanted), one.why)
            for one in found
        ]
        show_table("Held", ("Objective", "Issue", "Field", "Now", "Then", "Why it waits"), rows)
    if found:
        raise SystemExit(1)


@held_group.command("release")
@click.argument("names", nargs=-1, metavar="[OBJECTIVE]...")
@click.option("--all", "everything", is_flag=True, help="All that is held.")
@site_option
@json_option
def release_command(names: tuple[str, ...], everything: bool, site: str, as_json: bool) -> None:
    """Let them be written: by the workers, or by the next jira-okr apply."""
    _decide(held_writes.release, "released", names, everything, site, as_json)


@held_group.command("drop")
@click.argument("names", nargs=-1, metavar="[OBJECTIVE]...")
@click.option("--all", "everything", is_flag=True, help="All that is held.")
@site_option
@json_option
def drop_command(names: tuple[str, ...], everything: bool, site: str, as_json: bool) -> None:
    """Leave in Jira what stands there, until another value is wanted."""
    _decide(held_writes.drop, "dropped", names, everything, site, as_json)


def _decide(
    decision: Decision, what: str, names: tuple[str, ...], everything: bool, site: str, as_json: bool
) -> None:
    if bool(names) == everything:
        raise click.UsageError("Name objectives, or say --all.")
    with open_connector(site=site) as connector:
        count = decision(connector, COMMAND_LINE, site, None if everything else names)
    if as_json:
        show_json({what: count})
    else:
        say(f"{count_changes(count)} {what}.")


def held_values(one: HeldWrite) -> dict[str, object]:
    """One held change for programs."""
    return {
        "objective": one.objective_id,
        "name": one.name,
        "issue": one.issue_key,
        "field": one.field_id,
        "field_name": one.field_name,
        "before": one.stands,
        "after": one.wanted,
        "reason": one.reason,
        "why": one.why,
        "since": one.since.isoformat(),
    }
