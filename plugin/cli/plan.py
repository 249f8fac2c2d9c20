"""`jira-okr plan` and the table it shares with `apply`: what would be written to Jira, and why."""

from __future__ import annotations

from typing import Any

import click

from mappings.fields.entity_property import words
from mappings.planning import Change
from plugin.access.actor import COMMAND_LINE
from plugin.cli.opening import open_connector
from plugin.cli.output import json_option, show_json, show_table, site_option
from plugin.connector import Connector
from plugin.finding import objective_ids
from plugin.use_cases.plans import plan


@click.command("plan")
@click.argument("keys", nargs=-1, metavar="[KEY]...")
@site_option
@json_option
def plan_command(keys: tuple[str, ...], site: str, as_json: bool) -> None:
    """Show what would be written to Jira, for all objectives or those named. Reads the mirror; writes nothing.

    Exit code 0 whether or not there is something to write.
    """
    with open_connector(site=site) as connector:
        changes = planned_changes(connector, site, keys)
    if as_json:
        show_json([change_values(change) for change in changes])
    elif not changes:
        click.echo("Nothing to write: every field in Jira is as it should be.")
    else:
        show_changes("Would be written", changes)


def planned_changes(connector: Connector, site: str, keys: tuple[str, ...]) -> list[Change]:
    """The changes of a dry run."""
    found = plan(connector, COMMAND_LINE, site, objective_ids(connector, site, keys))
    return [change for one in found for change in one.plan.changes]


def change_values(change: Change) -> dict[str, Any]:
    """One change for programs."""
    return {
        "issue": change.issue_key,
        "field": change.field_id,
        "field_name": change.field_name,
        "before": change.before,
        "after": change.after,
        "reason": change.reason,
    }


def shown(value: object) -> str:
    """A field value as a person reads it."""
    if isinstance(value, dict):
        named = value.get("value") or value.get("name") or value.get("id")
        return words(value) if named is None else str(named)
    return "(empty)" if value is None else str(value)


def show_changes(title: str, changes: list[Change]) -> None:
    """The table of changes."""
    rows = [
        (change.issue_key, change.field_name, shown(change.before), shown(change.after), change.reason)
        for change in changes
    ]
    show_table(title, ("Issue", "Field", "Now", "Then", "Why"), rows)
