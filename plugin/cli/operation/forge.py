"""`jira-okr forge`: pairing the Forge app inside Jira with a site."""

from __future__ import annotations

import click

from mappings.json_value import PlainValues
from mappings.numbers import count_of
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli.terminal.connector import open_connector
from plugin.cli.terminal.output import json_option, say, show_json, show_table, site_option
from plugin.use_cases.forge.pairing import PairedInstallation, list_installations, make_code, unpair


@click.group("forge")
def forge_group() -> None:
    """Pair the Forge app inside Jira with a site. Needs JIRA_OKR_FORGE__APP_ID."""


@forge_group.command("code")
@site_option
@json_option
def code_command(site: str, as_json: bool) -> None:
    """Make the one-time code that a Jira admin types into the app's page in Jira. It holds for fifteen minutes."""
    with open_connector(site=site) as connector:
        made = make_code(connector, COMMAND_LINE, site)
    if as_json:
        show_json({"code": made.shown, "until": made.until.isoformat()})
    else:
        say(f"{made.shown}, until {made.until:%H:%M} UTC. In Jira: Settings, Apps, OKR connector.")


@forge_group.command("list")
@site_option
@json_option
def list_command(site: str, as_json: bool) -> None:
    """List the installations of the app that belong to a site, when each called last, and until when its token holds."""
    with open_connector(site=site) as connector:
        found = list_installations(connector, COMMAND_LINE, site)
    if as_json:
        show_json([_values(one) for one in found])
    elif not found:
        say("No installation of the Forge app is paired. jira-okr forge code makes a code for one.")
    else:
        columns = ("Environment", "Jira", "Paired", "Called last", "Hourly call", "Token until", "Taken out")
        show_table("Forge app", columns, [_row(one) for one in found])


@forge_group.command("unpair")
@click.option("--yes", is_flag=True, help="Do not ask first.")
@site_option
def unpair_command(yes: bool, site: str) -> None:
    """Believe no installation of the app any more that belongs to a site. The app stays in Jira."""
    with open_connector(site=site) as connector:
        if not yes:
            click.confirm(f"Unpair the Forge app from {site}?", abort=True)
        count = unpair(connector, COMMAND_LINE, site)
    say(f"{count_of(count, 'installation is', 'installations are')} no longer paired with {site}.")


def _values(one: PairedInstallation) -> PlainValues:
    moments = {
        "paired_at": one.paired_at,
        "heard_at": one.heard_at,
        "heartbeat_at": one.heartbeat_at,
        "uninstalled_at": one.uninstalled_at,
        "token_expires": one.token_expires,
    }
    told = {name: None if at is None else at.isoformat() for name, at in moments.items()}
    return {"environment": one.environment, "cloud_id": one.cloud_id, **told}


def _row(one: PairedInstallation) -> tuple[str, ...]:
    moments = (one.paired_at, one.heard_at, one.heartbeat_at, one.token_expires, one.uninstalled_at)
    return (one.environment, one.cloud_id, *("–" if at is None else f"{at:%Y-%m-%d %H:%M}" for at in moments))
