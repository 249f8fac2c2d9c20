"""`jira-okr token`: API tokens of accounts."""

from __future__ import annotations

import click

from mappings.json_value import PlainValues
from plugin.access.authentication.tokens import DEFAULT_DAYS
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.access.authorization.permission import SCOPES
from plugin.access.authorization.refusal import AccessRefusal
from plugin.cli.terminal.connector import open_connector
from plugin.cli.terminal.output import json_option, say, show_json, show_table
from plugin.use_cases.accounts import tokens
from plugin.use_cases.accounts.people import person_called
from plugin.use_cases.accounts.tokens import ApiToken


@click.group("token")
def token_group() -> None:
    """Look after API tokens: Authorization: Bearer okr_…"""


@token_group.command("create")
@click.argument("email")
@click.option("--name", required=True, help="What uses it, for example: nightly export.")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice(list(SCOPES)),
    multiple=True,
    default=("read",),
    show_default=True,
    help="What it may do; may be given several times. Never more than the account's role.",
)
@click.option("--days", default=DEFAULT_DAYS, show_default=True, help="How long it lasts.")
@json_option
def create_command(email: str, name: str, scopes: tuple[str, ...], days: int, as_json: bool) -> None:
    """Make a token for an account. It is printed this once."""
    with open_connector() as connector:
        account = person_called(connector, COMMAND_LINE, email)
        text = tokens.make_for(connector, COMMAND_LINE, account, name, scopes, days)
    if as_json:
        show_json({"token": text, "name": name, "scopes": sorted(scopes), "days": days})
        return
    say("Copy it now, it is shown this once:", err=True)
    say(text)


@token_group.command("list")
@json_option
def list_command(as_json: bool) -> None:
    """Show every token, without its text, which is not kept."""
    with open_connector() as connector:
        found = [_values(one.token, one.owner) for one in tokens.list_all(connector, COMMAND_LINE)]
    if as_json:
        show_json(found)
        return
    if not found:
        say("No tokens yet. Run jira-okr token create you@example.com --name export")
        return
    columns = ("id", "account", "name", "scopes", "expires_at", "last_used_at")
    rows = [tuple(_cell(one[column]) for column in columns) for one in found]
    show_table("API tokens", ("Id", "Account", "Name", "Scopes", "Expires", "Last used"), rows)


@token_group.command("revoke")
@click.argument("token_id", type=int)
def revoke_command(token_id: int) -> None:
    """Take a token away, by its id; what uses it is refused at once."""
    with open_connector() as connector:
        found = tokens.revoke(connector, COMMAND_LINE, token_id)
    if found is None:
        raise AccessRefusal(f"There is no token {token_id}. jira-okr token list shows all of them.")
    say(f"Revoked {found.name}.")


def _values(token: ApiToken, owner: str) -> PlainValues:
    return {
        "id": token.id,
        "account": owner,
        "name": token.name,
        "scopes": sorted(token.scopes),
        "created_at": token.created_at.isoformat(),
        "expires_at": None if token.expires_at is None else token.expires_at.isoformat(),
        "last_used_at": None if token.last_used_at is None else token.last_used_at.isoformat(),
    }


def _cell(value: object) -> str:
    return ", ".join(value) if isinstance(value, list) else str("" if value is None else value)
