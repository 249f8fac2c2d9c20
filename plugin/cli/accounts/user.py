"""`jira-okr user`: who may sign in, and as what. Passwords are asked without echo, or read from standard input."""

from __future__ import annotations

import sys

import click

from mappings.json_value import PlainValues
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.access.authorization.members import ways_in
from plugin.access.authorization.permission import ROLES
from plugin.cli.terminal.connector import open_connector
from plugin.cli.terminal.output import json_option, say, show_json, show_table
from plugin.use_cases.accounts import people
from plugin.use_cases.accounts.people import Account

role_choice = click.Choice([str(role) for role in ROLES])


@click.group("user")
def user_group() -> None:
    """Look after the accounts that may sign in."""


@user_group.command("add")
@click.argument("email")
@click.option("--name", default="", help="The person's name; the address where it is not said.")
@click.option("--role", type=role_choice, default="viewer", show_default=True)
@click.option("--no-password", is_flag=True, help="For somebody who signs in by OIDC alone.")
def add_command(email: str, name: str, role: str, no_password: bool) -> None:
    """Add an account."""
    with open_connector() as connector:
        password = None if no_password else asked_password()
        account = people.add(connector, COMMAND_LINE, email, name, role, password)
    say(f"Added {account.email} as {account.role}.")


@user_group.command("list")
@json_option
def list_command(as_json: bool) -> None:
    """Show every account."""
    with open_connector() as connector:
        found = [account_values(one) for one in people.list_people(connector, COMMAND_LINE)]
    if as_json:
        show_json(found)
        return
    if not found:
        say("Nobody has an account yet. Run jira-okr user add you@example.com --role admin")
        return
    columns = ("email", "name", "role", "signs_in_by", "disabled_at")
    rows = [tuple(str(one[column] or "") for column in columns) for one in found]
    show_table("Accounts", ("E-mail", "Name", "Role", "Signs in by", "Closed"), rows)


@user_group.command("role")
@click.argument("email")
@click.argument("role", type=role_choice)
def role_command(email: str, role: str) -> None:
    """Give another role; it counts from the next click on."""
    with open_connector() as connector:
        account = people.person_called(connector, COMMAND_LINE, email)
        people.change_role(connector, COMMAND_LINE, account, role)
    say(f"{account.email} is {role} now (was {account.role}).")


@user_group.command("disable")
@click.argument("email")
def disable_command(email: str) -> None:
    """Close an account: its sessions end and its tokens stop working at once."""
    with open_connector() as connector:
        account = people.person_called(connector, COMMAND_LINE, email)
        people.disable(connector, COMMAND_LINE, account)
    say(f"{account.email} can sign in no more. jira-okr user enable {account.email} opens it again.")


@user_group.command("enable")
@click.argument("email")
def enable_command(email: str) -> None:
    """Open a closed account again."""
    with open_connector() as connector:
        account = people.person_called(connector, COMMAND_LINE, email)
        people.enable(connector, COMMAND_LINE, account)
    say(f"{account.email} can sign in again.")


@user_group.command("remove")
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask first.")
def remove_command(email: str, yes: bool) -> None:
    """Remove an account and its tokens; what it did stays in the audit log under its address."""
    with open_connector() as connector:
        account = people.person_called(connector, COMMAND_LINE, email)
        if not yes:
            click.confirm(f"Remove the account {account.email} and its tokens?", abort=True)
        people.remove(connector, COMMAND_LINE, account)
    say(f"{account.email} is removed.")


@user_group.command("sign-out")
@click.argument("email")
def sign_out_command(email: str) -> None:
    """End every session of an account; its tokens go on working."""
    with open_connector() as connector:
        account = people.person_called(connector, COMMAND_LINE, email)
        people.sign_out(connector, COMMAND_LINE, account)
    say(f"{account.email} is signed out everywhere.")


@user_group.command("password")
@click.argument("email")
def password_command(email: str) -> None:
    """Set another password; whoever is signed in as this account has to sign in anew."""
    with open_connector() as connector:
        account = people.person_called(connector, COMMAND_LINE, email)
        people.set_password(connector, COMMAND_LINE, account, asked_password())
    say(f"The password of {account.email} is changed, and all its sessions have ended.")


def asked_password() -> str:
    """A password typed twice without echo; or the first line of standard input, where that is no terminal."""
    if sys.stdin.isatty():
        typed: str = click.prompt("Password", hide_input=True, confirmation_prompt="The password again")
        return typed
    return sys.stdin.readline().rstrip("\r\n")


def account_values(account: Account) -> PlainValues:
    """An account without anything secret."""
    return {
        "email": account.email,
        "name": account.name,
        "role": account.role,
        "signs_in_by": ", ".join(ways_in(account)),
        "created_at": account.created_at.isoformat(),
        "disabled_at": None if account.disabled_at is None else account.disabled_at.isoformat(),
    }
