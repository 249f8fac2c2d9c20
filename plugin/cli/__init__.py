"""The command line `jira-okr`. One file per command; a new command is one file and one line in `COMMANDS`.

A command is imported when it is asked for: `--version` and the completion of a name need none of them.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

import click
from click.shell_completion import CompletionItem

from plugin.cli.completion import is_completing, stand_in

COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "demo": "plugin.cli.operation.demo:demo_command",
        "setup": "plugin.cli.operation.setup:setup_command",
        "serve": "plugin.cli.operation.serve:serve_command",
        "worker": "plugin.cli.operation.worker:worker_command",
        "mcp": "plugin.cli.operation.mcp:mcp_command",
        "sandbox": "plugin.cli.operation.sandbox:sandbox_command",
        "check": "plugin.cli.mappings.check:check_command",
        "sync": "plugin.cli.work.sync:sync_command",
        "plan": "plugin.cli.work.plan:plan_command",
        "apply": "plugin.cli.work.apply:apply_command",
        "explain": "plugin.cli.objectives.explain:explain_command",
        "advice": "plugin.cli.practice.advice:advice_command",
        "practice": "plugin.cli.practice.practice:practice_command",
        "scorecard": "plugin.cli.practice.scorecard:scorecard_command",
        "brief": "plugin.cli.practice.brief:brief_command",
        "forecast": "plugin.cli.objectives.forecast:forecast_command",
        "moved": "plugin.cli.objectives.movement:moved_command",
        "check-in": "plugin.cli.objectives.check_in:check_in_group",
        "cycle": "plugin.cli.objectives.cycle:cycle_group",
        "digest": "plugin.cli.objectives.digest:digest_group",
        "kpi": "plugin.cli.objectives.kpi:kpi_group",
        "goals": "plugin.cli.objectives.goals:goals_group",
        "history": "plugin.cli.objectives.history:history_group",
        "status": "plugin.cli.work.status:status_command",
        "mapping": "plugin.cli.mappings.mapping:mapping_group",
        "site": "plugin.cli.operation.site:site_group",
        "webhook": "plugin.cli.operation.webhook:webhook_group",
        "forge": "plugin.cli.operation.forge:forge_group",
        "dead-letters": "plugin.cli.work.dead_letters:dead_letters_group",
        "held": "plugin.cli.work.held:held_group",
        "gaps": "plugin.cli.work.gaps:gaps_group",
        "losses": "plugin.cli.work.losses:losses_group",
        "import": "plugin.cli.objectives.okr_import:import_command",
        "export": "plugin.cli.objectives.export:export_group",
        "user": "plugin.cli.accounts.user:user_group",
        "token": "plugin.cli.accounts.token:token_group",
        "subscription": "plugin.cli.accounts.subscription:subscription_group",
        "badge": "plugin.cli.accounts.badge:badge_group",
        "diagnostics": "plugin.cli.operation.diagnostics:diagnostics_command",
        "audit": "plugin.cli.accounts.audit:audit_group",
        "erase": "plugin.cli.accounts.erase:erase_command",
        "db": "plugin.cli.operation.db:db_group",
    }
)
"""Where each command is defined: `module:name`."""


class Commands(click.Group):
    """The commands by name, each imported when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Their names, as help lists them."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of a name, None where there is none."""
        if cmd_name not in COMMANDS:
            return None
        known = stand_in(cmd_name) if is_completing() else None
        if known is not None:
            return known
        from plugin.runtime.processes.garbage_collector import (
            collector_resting,
        )  # below what `--version` takes

        module, name = COMMANDS[cmd_name].split(":")
        with (
            collector_resting()
        ):  # what is imported lives on: looking for garbage in it was a fifth of a command's start
            found: click.Command = getattr(import_module(module), name)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command of the first word; the refusal of one that there is not names those that are near."""
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as error:
            raise click.exceptions.NoSuchCommand(
                error.command_name, possibilities=COMMANDS, ctx=ctx
            ) from None

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Names that begin so, and options; what a command does would have to be imported, and a shell does not wait."""
        names = [CompletionItem(name) for name in self.list_commands(ctx) if name.startswith(incomplete)]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="jira-okr-connector", prog_name="jira-okr")
def cli() -> None:
    """Turns Jira epics and issues into objectives and key results, and writes the results back into Jira fields.

    Settings come from the environment or from .env, prefix JIRA_OKR_. Exit codes: 0 done, 1 found something wrong,
    2 wrong usage.
    """


def explained_errors() -> tuple[type[Exception], ...]:
    """Errors that say everything a person needs; they are printed without a traceback."""
    from mappings.diagnostic import MappingError
    from plugin.runtime.connector import Refusal
    from plugin.runtime.settings import SettingsError
    from plugin.use_cases.health.faults import JiraError, StoreError
    from plugin.use_cases.permission import PermissionRefusal

    return SettingsError, PermissionRefusal, Refusal, StoreError, MappingError, JiraError


def explain_error(error: Exception) -> str:
    """An error with what to do about it, which many say already."""
    from plugin import next_steps
    from plugin.next_steps import Door
    from plugin.runtime.connector import Refusal

    said = error.said_at(Door.COMMAND) if isinstance(error, Refusal) else str(error)
    remedy, asked = str(getattr(error, "remedy", "")), str(getattr(error, "asked", ""))
    said, remedy = next_steps.said_at(said, Door.COMMAND), next_steps.said_at(remedy, Door.COMMAND)
    whole = said if remedy in said else f"{said}\n{remedy}"
    return f"{whole}\nThe call was {asked}." if asked else whole


def main() -> None:
    """Entry point of the `jira-okr` command."""
    try:
        cli(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2 if isinstance(error, click.UsageError) else 1)
    except Exception as error:
        if not isinstance(error, explained_errors()):
            raise
        from plugin.cli.terminal.output import say  # only what went wrong needs it, and it takes its time

        say(explain_error(error), err=True)
        sys.exit(1)
