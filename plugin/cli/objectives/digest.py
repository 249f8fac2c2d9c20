"""`jira-okr digest`: what digests would tell, telling one now, and what was told."""

from __future__ import annotations

import click

from mappings.digest.words import subject, text
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.cli.terminal.connector import open_connector
from plugin.cli.terminal.output import json_option, say, show_json, show_table, site_option
from plugin.use_cases.digests import digests, recipients
from plugin.use_cases.digests.digests import OutgoingMessage


@click.group("digest")
def digest_group() -> None:
    """Look at digests and alerts before they are told, tell one now, and see what was told."""


@digest_group.command("plan")
@site_option
@json_option
def plan_command(site: str, as_json: bool) -> None:
    """Show which digests and alerts there are, when they are told next, and to whom."""
    with open_connector(site=site) as connector:
        found = recipients.list_digests(connector, COMMAND_LINE, site)
    if as_json:
        show_json([recipients.planned_values(one) for one in found])
        return
    rows = [
        (
            one.id,
            one.next_at.strftime("%Y-%m-%d %H:%M UTC") if one.next_at else "when something changes",
            who.recipient,
            who.last.state.value if who.last else "",
            "stopped" if who.stopped_at else "",
        )
        for one in found
        for who in one.recipients
    ]
    show_table("Digests", ("Digest", "Next", "To", "Last", ""), rows)


@digest_group.command("list")
@site_option
@json_option
def list_command(site: str, as_json: bool) -> None:
    """List what was told of late, and what is still on its way."""
    with open_connector(site=site) as connector:
        found = digests.list_outbox(connector, COMMAND_LINE, site)
    _show(found, as_json)


@digest_group.command("preview")
@click.argument("digest_id", metavar="DIGEST")
@site_option
@json_option
def preview_command(digest_id: str, site: str, as_json: bool) -> None:
    """Show what a digest or alert would tell now, to whom, and why not the rest. Sends nothing."""
    with open_connector(site=site) as connector:
        found = digests.preview_digest(connector, COMMAND_LINE, site, digest_id)
    if as_json:
        show_json([digests.prepared_values(one) for one in found])
        return
    for one in found:
        say(f"To {one.recipient}: " + (f"not sent, {one.why_not}" if one.why_not else "would be sent"))
        say(f"{subject(one.message)}\n\n{text(one.message)}")


@digest_group.command("send")
@click.argument("digest_id", metavar="DIGEST")
@site_option
@json_option
def send_command(digest_id: str, site: str, as_json: bool) -> None:
    """Tell a digest of this week now, to all who did not get it yet, or what an alert waits to tell."""
    with open_connector(site=site) as connector:
        found = digests.send_digest(connector, COMMAND_LINE, site, digest_id)
    _show(found.messages, as_json)
    if not as_json:
        say(found.said)


@digest_group.command("retry")
@click.argument("key")
@site_option
@json_option
def retry_command(key: str, site: str, as_json: bool) -> None:
    """Send a message anew that was given up, or that waits for a later attempt."""
    with open_connector(site=site) as connector:
        found = digests.retry_message(connector, COMMAND_LINE, site, key)
    _show((found,), as_json)


@digest_group.command("suspend")
@click.argument("digest_id", metavar="DIGEST")
@click.argument("recipient")
@site_option
def suspend_command(digest_id: str, recipient: str, site: str) -> None:
    """Tell a recipient no more of a digest."""
    with open_connector(site=site) as connector:
        recipients.suspend_digest(connector, COMMAND_LINE, site, digest_id, recipient)
    say(f"{recipient} gets {digest_id} no more.")


@digest_group.command("resume")
@click.argument("digest_id", metavar="DIGEST")
@click.argument("recipient")
@site_option
def resume_command(digest_id: str, recipient: str, site: str) -> None:
    """Let somebody who stopped a digest get it again."""
    with open_connector(site=site) as connector:
        recipients.resume_digest(connector, COMMAND_LINE, site, digest_id, recipient)
    say(f"{recipient} gets {digest_id} again.")


def _show(found: tuple[OutgoingMessage, ...], as_json: bool) -> None:
    if as_json:
        show_json([digests.outgoing_values(one) for one in found])
        return
    rows = [
        (
            one.digest,
            one.recipient,
            one.made_at.strftime("%Y-%m-%d %H:%M"),
            one.state.value,
            one.note,
            one.key,
        )
        for one in found
    ]
    show_table("Digests", ("Digest", "To", "Made", "State", "Note", "Key"), rows)
