"""`jira-okr plan` and the table it shares with `apply`: what would be written to Jira, and why."""

from __future__ import annotations

from collections.abc import Sequence

import click

from mappings.facts.raw_value import words
from mappings.write_back.plan import Change
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli.terminal.connector import open_connector
from plugin.cli.terminal.output import json_option, say, show_json, show_table, site_option
from plugin.use_cases.health.status import status
from plugin.use_cases.work.plans import objectives_in_order, plan


@click.command("plan")
@click.argument("keys", nargs=-1, metavar="[KEY]...")
@site_option
@json_option
def plan_command(keys: tuple[str, ...], site: str, as_json: bool) -> None:
    """Show what would be written to Jira, for all objectives or those named. Reads the local copy (mirror); writes nothing.

    Exit code 0 whether or not there is something to write.
    """
    with open_connector(site=site) as connector:
        found = plan(connector, COMMAND_LINE, site, objectives_in_order(connector, COMMAND_LINE, site, keys))
        read = status(connector, COMMAND_LINE, site).last_resync is not None
    changes = [change for one in found for change in one.plan.changes]
    held = [change for one in found for change in one.held]
    refused = [change for one in found for change in one.refused]
    if as_json:
        listed = (("", changes), ("held", held), ("refused", refused))
        show_json([{**change_values(change), "waits": why} for why, those in listed for change in those])
        return
    if changes:
        show_changes("Would be written", changes)
    show_untried(held, refused)
    if not (changes or held or refused):
        say(RIGHT if read else UNREAD)


RIGHT = "Nothing to write: every field in Jira is as it should be."
UNREAD = "Nothing was read from Jira yet, so nothing can be planned: run jira-okr sync."


def change_values(change: Change) -> dict[str, object]:
    """One change for programs."""
    return {
        "issue": change.issue_key,
        "field": change.field_id,
        "field_name": change.field_name,
        "before": change.before,
        "after": change.after,
        "reason": change.reason,
    }


def show_value(value: object) -> str:
    """A field value as a person reads it."""
    if isinstance(value, dict):
        named = value.get("value") or value.get("name") or value.get("id")
        return words(value) if named is None else str(named)
    return "(empty)" if value is None else str(value)


def show_untried(held: Sequence[Change], refused: Sequence[Change]) -> None:
    """The tables of changes that nothing is done about, unless somebody decides."""
    if held:
        show_changes("Held: waits for a person (jira-okr held list)", held)
    if refused:
        show_changes("Refused: Jira does not have our number (jira-okr dead-letters list)", refused)


def show_changes(title: str, changes: Sequence[Change]) -> None:
    """The table of changes."""
    rows = [
        (
            change.issue_key,
            change.field_name,
            show_value(change.before),
            show_value(change.after),
            change.reason,
        )
        for change in changes
    ]
    show_table(title, ("Issue", "Field", "Now", "Then", "Why"), rows)
