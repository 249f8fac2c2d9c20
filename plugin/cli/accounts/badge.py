"""`jira-okr badge`: numbers that are made public as images, and made public no more."""

from __future__ import annotations

import click

from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli.terminal.connector import open_connector
from plugin.cli.terminal.output import json_option, say, show_json, show_table, site_option
from plugin.use_cases.badges.badges import badge_values, list_badges, publish, revoke


@click.group("badge")
def badge_group() -> None:
    """Make the numbers of an objective or a cycle public as an image, and take that back."""


@badge_group.command("publish")
@click.argument("name", metavar="KEY|CYCLE")
@click.option("--cycle", "of_cycle", is_flag=True, help="It is a cycle, by its id.")
@click.option("--words", default="", help="What it is called there; the title of the objective is not shown.")
@site_option
@json_option
def publish_command(name: str, of_cycle: bool, words: str, site: str, as_json: bool) -> None:
    """Let whoever has the address see the number and the health, and nothing else."""
    with open_connector(site=site) as connector:
        one = publish(connector, COMMAND_LINE, site, "cycle" if of_cycle else "objective", name, words)
    if as_json:
        show_json(badge_values(one))
        return
    say(f"Public from now on:\n  badge {one.address}\n  card  {one.card}")
    say(f"jira-okr badge revoke {one.badge.token} takes it back.")


@badge_group.command("list")
@site_option
@json_option
def list_command(site: str, as_json: bool) -> None:
    """Everything that is public."""
    with open_connector(site=site) as connector:
        found = list_badges(connector, COMMAND_LINE, site)
    if as_json:
        show_json([badge_values(one) for one in found])
    elif not found:
        say("Nothing is public: jira-okr badge publish KEY makes the number of an objective so.")
    else:
        rows = [
            (one.token, one.kind, one.subject, one.words, one.by, f"{one.at:%Y-%m-%d}")
            for one in (shown.badge for shown in found)
        ]
        show_table("Public", ("Badge", "Of", "Id", "Called", "By", "Since"), rows)


@badge_group.command("revoke")
@click.argument("badge")
@site_option
def revoke_command(badge: str, site: str) -> None:
    """Make a badge public no more; its address shows nothing from now on."""
    with open_connector(site=site) as connector:
        if not revoke(connector, COMMAND_LINE, site, badge):
            raise click.ClickException(
                f"There is no badge {badge}: jira-okr badge list shows those there are."
            )
    say("It is public no more.")
