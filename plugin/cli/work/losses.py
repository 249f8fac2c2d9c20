"""`jira-okr losses`: issues that Jira shows no more without saying that they are deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import click

from mappings.json_value import PlainValues
from mappings.numbers import count_of
from plugin.access.authorization.actor import COMMAND_LINE, Actor
from plugin.cli.terminal.connector import open_connector
from plugin.cli.terminal.output import json_option, say, show_json, show_table, site_option
from plugin.runtime.connector import Connector
from plugin.use_cases.work import losses
from plugin.use_cases.work.losses import Loss

ACCEPTED = "accepted: the numbers are computed without them"
DISMISSED = "dismissed: they go on counting as they were read last"

Act = Callable[[Connector, Actor, str, Iterable[str] | None], tuple[Loss, ...]]


@click.group("losses")
def losses_group() -> None:
    """Look after issues that Jira shows no more without saying that they are deleted. Until you decide they count as before."""


@losses_group.command("list")
@click.option(
    "--all", "everything", is_flag=True, help="Also those that left by themselves or were decided on."
)
@site_option
@json_option
def list_command(everything: bool, site: str, as_json: bool) -> None:
    """List what waits, with the reason. Exit code 1 where anything does."""
    with open_connector(site=site) as connector:
        found = (losses.list_losses if everything else losses.list_held)(connector, COMMAND_LINE, site)
    if as_json:
        show_json([loss_values(one) for one in found])
    elif not found:
        say("Nothing is missing.")
    else:
        rows = [
            (one.issue_key, one.title, one.state, one.at.isoformat(timespec="minutes"), one.reason)
            for one in found
        ]
        show_table("No longer shown by Jira", ("Issue", "Title", "State", "Since", "Why"), rows)
    if any(one.state == "held" for one in found):
        raise SystemExit(1)


@losses_group.command("accept")
@click.argument("names", nargs=-1, metavar="[ISSUE|PROJECT]...")
@click.option("--all", "everything", is_flag=True, help="All that is held.")
@site_option
@json_option
def accept_command(names: tuple[str, ...], everything: bool, site: str, as_json: bool) -> None:
    """They are gone: compute without them. Name issues or whole projects."""
    _decide(losses.accept, names, everything, site, as_json, ACCEPTED)


@losses_group.command("dismiss")
@click.argument("names", nargs=-1, metavar="[ISSUE|PROJECT]...")
@click.option("--all", "everything", is_flag=True, help="All that is held.")
@site_option
@json_option
def dismiss_command(names: tuple[str, ...], everything: bool, site: str, as_json: bool) -> None:
    """They are not gone, only out of sight: go on counting them as they were read last. Name issues or whole projects."""
    _decide(losses.dismiss, names, everything, site, as_json, DISMISSED)


def _decide(act: Act, names: tuple[str, ...], everything: bool, site: str, as_json: bool, said: str) -> None:
    if bool(names) == everything:
        raise click.UsageError("Name issues or projects, or say --all.")
    with open_connector(site=site) as connector:
        done = act(connector, COMMAND_LINE, site, None if everything else names)
    if as_json:
        show_json([loss_values(one) for one in done])
    else:
        say(f"{count_of(len(done), 'issue')} {said}.")


def loss_values(one: Loss) -> PlainValues:
    """One loss for programs."""
    return {
        "issue": one.issue_key,
        "issue_id": one.issue_id,
        "title": one.title,
        "project": one.project_key,
        "state": one.state,
        "reason": one.reason,
        "since": one.at.isoformat(),
        "by": one.by,
    }
