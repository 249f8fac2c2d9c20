"""`jira-okr subscription`: programs that are told what happens."""

from __future__ import annotations

from datetime import UTC, datetime

import click

from mappings.numbers import count_of
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli.terminal.connector import open_connector
from plugin.cli.terminal.output import json_option, say, show_json, show_table, site_option
from plugin.use_cases.subscriptions import subscriptions
from plugin.use_cases.subscriptions.events import EVENTS
from plugin.use_cases.subscriptions.subscriptions import SubscriptionSecret, subscription_values, tried_values


@click.group("subscription")
def subscription_group() -> None:
    """Tell programs what happens: each event is posted, signed, until it is acknowledged."""


@subscription_group.command("add")
@click.argument("url")
@click.option(
    "--event",
    "events",
    multiple=True,
    type=click.Choice(list(EVENTS)),
    help="A type of event; may be given again. All of them where none is named.",
)
@site_option
@json_option
def add_command(url: str, events: tuple[str, ...], site: str, as_json: bool) -> None:
    """Post what happens from now on to URL. The secret that signs it is printed this once."""
    with open_connector(site=site) as connector:
        made = subscriptions.subscribe(connector, COMMAND_LINE, site, url, events)
    _show_secret(made, as_json=as_json)


@subscription_group.command("list")
@site_option
@json_option
def list_command(site: str, as_json: bool) -> None:
    """Show who is told what, and whether it arrives. Ends with 1 where one is dead."""
    with open_connector(site=site) as connector:
        found = subscriptions.list_subscriptions(connector, COMMAND_LINE, site)
    if as_json:
        show_json([subscription_values(one) for one in found])
    elif not found:
        say("Nobody subscribed: jira-okr subscription add URL posts what happens.")
    else:
        rows = [
            (
                one.id,
                one.host,
                ", ".join(one.events),
                one.state.value,
                str(one.sent),
                str(one.waiting),
                str(one.given_up),
                one.note,
            )
            for one in found
        ]
        heads = ("Id", "Host", "Events", "State", "Sent", "Waiting", "Given up", "Why")
        show_table("Subscriptions", heads, rows)
    if any(one.state == "dead" for one in found):
        raise SystemExit(1)


@subscription_group.command("test")
@click.argument("id_", metavar="ID")
@site_option
@json_option
def test_command(id_: str, site: str, as_json: bool) -> None:
    """Post a signed event of type `test` now, and show the answer. Ends with 1 where it was not taken."""
    with open_connector(site=site) as connector:
        one = subscriptions.send_test(connector, COMMAND_LINE, site, id_)
    if as_json:
        show_json(tried_values(one))
    else:
        say(f"{'Taken' if one.taken else 'Not taken'}: {one.answer.rstrip('.')}.", err=not one.taken)
    if not one.taken:
        raise SystemExit(1)


@subscription_group.command("pause")
@click.argument("id_", metavar="ID")
@site_option
def pause_command(id_: str, site: str) -> None:
    """Post nothing to it until it is resumed; what happens meanwhile waits."""
    with open_connector(site=site) as connector:
        one = subscriptions.pause(connector, COMMAND_LINE, site, id_)
    say(f"Paused: jira-okr subscription resume {one.id} posts what waits.")


@subscription_group.command("resume")
@click.argument("id_", metavar="ID")
@site_option
def resume_command(id_: str, site: str) -> None:
    """Post again to one that is dead or paused, what waited too."""
    with open_connector(site=site) as connector:
        one = subscriptions.resume(connector, COMMAND_LINE, site, id_)
    say(f"Active again; {count_of(one.waiting, 'event waits', 'events wait')}.")


@subscription_group.command("replay")
@click.argument("id_", metavar="ID")
@click.option(
    "--since",
    required=True,
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"]),
    help="From this day or minute on (UTC).",
)
@site_option
def replay_command(id_: str, since: datetime, site: str) -> None:
    """Post every event once more that was made since then, with the same ids."""
    with open_connector(site=site) as connector:
        number = subscriptions.replay(connector, COMMAND_LINE, site, id_, since.replace(tzinfo=UTC))
    say(f"{count_of(number, 'event is', 'events are')} posted once more.")


@subscription_group.command("secret")
@click.argument("id_", metavar="ID")
@site_option
@json_option
def secret_command(id_: str, site: str, as_json: bool) -> None:
    """Sign with another secret from now on. It is printed this once."""
    with open_connector(site=site) as connector:
        made = subscriptions.renew_secret(connector, COMMAND_LINE, site, id_)
    _show_secret(made, as_json=as_json)


@subscription_group.command("remove")
@click.argument("id_", metavar="ID")
@site_option
def remove_command(id_: str, site: str) -> None:
    """Post nothing to it any more; what waits is dropped."""
    with open_connector(site=site) as connector:
        subscriptions.unsubscribe(connector, COMMAND_LINE, site, id_)
    say("Removed.")


def _show_secret(made: SubscriptionSecret, *, as_json: bool) -> None:
    if as_json:
        show_json({**subscription_values(made.subscription), "secret": made.secret})
        return
    say(f"Subscription {made.subscription.id}. Copy its secret now, it is shown this once:", err=True)
    say(made.secret)
