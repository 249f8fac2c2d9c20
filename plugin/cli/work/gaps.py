"""`jira-okr gaps`: issues that could not be read, what hangs on them, and that a person lets the numbers do without them."""

from __future__ import annotations

import click

from mappings.json_value import PlainValues
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli.terminal.connector import open_connector
from plugin.cli.terminal.output import json_option, say, show_json, show_table, site_option
from plugin.use_cases.work.gaps import GapRow, accept_gaps, list_gaps, reopen_gaps


@click.group("gaps")
def gaps_group() -> None:
    """Look after issues that could not be read: the numbers that need them stand as they were."""


@gaps_group.command("list")
@site_option
@json_option
def list_command(site: str, as_json: bool) -> None:
    """List gaps with the reason and what to do. Exit code 1 where one waits for a person; one that is accepted, or only doubted, does not."""
    with open_connector(site=site) as connector:
        found = list_gaps(connector, COMMAND_LINE, site)
    if as_json:
        show_json([gap_values(one) for one in found])
    elif not found:
        say("No gaps.")
    else:
        rows = [
            (
                one.name,
                one.field or "(whole)",
                one.reason,
                f"accepted by {one.accepted_by}" if one.accepted_by else one.remedy,
                ", ".join(one.objectives),
                one.since.isoformat(timespec="seconds"),
            )
            for one in found
        ]
        show_table("Gaps", ("Issue", "Field", "Reason", "To do", "Objectives", "Since"), rows)
    if any(one.waits for one in found):
        raise SystemExit(1)


@gaps_group.command("accept")
@click.argument("issues", nargs=-1, required=True, metavar="ISSUE...")
@site_option
@json_option
def accept_command(issues: tuple[str, ...], site: str, as_json: bool) -> None:
    """Let the numbers do without these issues (key or id): left out as unknown, with the reason, until they can be read."""
    with open_connector(site=site) as connector:
        _tell("accepted", accept_gaps(connector, COMMAND_LINE, site, issues), as_json)


@gaps_group.command("reopen")
@click.argument("issues", nargs=-1, required=True, metavar="ISSUE...")
@site_option
@json_option
def reopen_command(issues: tuple[str, ...], site: str, as_json: bool) -> None:
    """Take an acceptance back: the numbers that need these issues stand as they are until they can be read."""
    with open_connector(site=site) as connector:
        _tell("reopened", reopen_gaps(connector, COMMAND_LINE, site, issues), as_json)


def gap_values(one: GapRow) -> PlainValues:
    """One gap for programs."""
    return {
        "issue": one.key or None,
        "issue_id": one.issue_id or None,
        "field": one.field or None,
        "reason": one.reason,
        "remedy": one.remedy,
        "objectives": list(one.objectives),
        "since": one.since.isoformat(),
        "accepted_by": one.accepted_by or None,
        "accepted_at": one.accepted_at.isoformat() if one.accepted_at else None,
        "doubted": one.doubted,
    }


def _tell(what: str, found: tuple[GapRow, ...], as_json: bool) -> None:
    if as_json:
        show_json({what: [gap_values(one) for one in found]})
        return
    for one in found:
        say(f"{what}: {one.name}")
