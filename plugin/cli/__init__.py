"""The command line `jira-okr`. One file per command; a new command is one file and one line in `COMMANDS`."""

from __future__ import annotations

import sys

import click

from mappings.diagnostic import MappingError
from plugin.cli.accounts.token import token_group
from plugin.cli.accounts.user import user_group
from plugin.cli.mappings.check import check_command
from plugin.cli.mappings.mapping import mapping_group
from plugin.cli.objectives.check_in import check_in_group
from plugin.cli.objectives.cycle import cycle_group
from plugin.cli.objectives.explain import explain_command
from plugin.cli.objectives.export import export_group
from plugin.cli.objectives.forecast import forecast_command
from plugin.cli.objectives.history import history_group
from plugin.cli.objectives.kpi import kpi_group
from plugin.cli.objectives.movement import moved_command
from plugin.cli.operation.db import db_group
from plugin.cli.operation.demo import demo_command
from plugin.cli.operation.mcp import mcp_command
from plugin.cli.operation.sandbox import sandbox_command
from plugin.cli.operation.serve import serve_command
from plugin.cli.operation.site import site_group
from plugin.cli.operation.webhook import webhook_group
from plugin.cli.operation.worker import worker_command
from plugin.cli.work.apply import apply_command
from plugin.cli.work.dead_letters import dead_letters_group
from plugin.cli.work.gaps import gaps_group
from plugin.cli.work.held import held_group
from plugin.cli.work.losses import losses_group
from plugin.cli.work.plan import plan_command
from plugin.cli.work.status import status_command
from plugin.cli.work.sync import sync_command
from plugin.runtime.connector import NotReady
from plugin.runtime.settings import SettingsError
from plugin.use_cases.health.faults import JiraError, StoreError
from plugin.use_cases.permission import NotAllowed

COMMANDS: tuple[click.Command, ...] = (
    demo_command,
    serve_command,
    worker_command,
    mcp_command,
    sandbox_command,
    check_command,
    sync_command,
    plan_command,
    apply_command,
    explain_command,
    forecast_command,
    moved_command,
    check_in_group,
    cycle_group,
    kpi_group,
    history_group,
    status_command,
    mapping_group,
    site_group,
    webhook_group,
    dead_letters_group,
    held_group,
    gaps_group,
    losses_group,
    export_group,
    user_group,
    token_group,
    db_group,
)

EXPLAINED = (SettingsError, NotAllowed, NotReady, StoreError, MappingError, JiraError)
"""Errors that say everything a person needs; they are printed without a traceback."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="jira-okr-connector", prog_name="jira-okr")
def cli() -> None:
    """Turns Jira epics and issues into objectives and key results, and writes the rollups back into Jira fields.

    Settings come from the environment or from .env, prefix JIRA_OKR_. Exit codes: 0 done, 1 found something wrong,
    2 wrong usage.
    """


for command in COMMANDS:
    cli.add_command(command)


def explained(error: Exception) -> str:
    """An error with what to do about it, which many say already."""
    said, remedy = str(error), str(getattr(error, "remedy", ""))
    return said if remedy in said else f"{said}\n{remedy}"


def main() -> None:
    """Entry point of the `jira-okr` command."""
    try:
        cli(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2 if isinstance(error, click.UsageError) else 1)
    except EXPLAINED as error:
        click.echo(explained(error), err=True)
        sys.exit(1)
