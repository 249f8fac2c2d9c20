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
from plugin.use_cases.accounts import own_account, people, second_factor, sign_in_link
from plugin.use_cases.accounts.own_account import SessionSummary
from plugin.use_cases.accounts.people import Account
from plugin.use_cases.visibility import account_people

own_option = click.option(
    "--own", is_flag=True, help="It is the password of whoever types it, so it need not be changed."
)
role_choice = click.Choice([str(role) for role in ROLES])


@click.group("user")
def user_group() -> None:
    """Look after the accounts that may sign in."""


@user_group.command("add")
@click.argument("email")
@click.option("--name", default="", help="The person's name; the address where it is not said.")
@click.option("--role", type=role_choice, default="viewer", show_default=True)
@click.option("--no-password", is_flag=True, help="For somebody who signs in by OIDC alone.")
@own_option
def add_command(email: str, name: str, role: str, no_password: bool, own: bool) -> None:
    """Add an account. They choose another password at the first sign-in, unless it is their own."""
    with open_connector() as connector:
        people.require_new(connector, COMMAND_LINE, email)
        password = None if no_password else asked_password()
        account = people.add(connector, COMMAND_LINE, email, name, role, password, own=own)
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
@own_option
def password_command(email: str, own: bool) -> None:
    """Set another password, which they change at the next sign-in unless it is their own; all their sessions end."""
    with open_connector() as connector:
        account = people.person_called(connector, COMMAND_LINE, email)
        people.set_password(connector, COMMAND_LINE, account, asked_password(), own=own)
    say(f"The password of {account.email} is changed, and all its sessions have ended.")


@user_group.command("let-in")
@click.argument("email")
def let_in_command(email: str) -> None:
    """Print an address that signs in as this account once, within 15 minutes, also where passwords are off or forgotten."""
    with open_connector() as connector:
        account = people.person_called(connector, COMMAND_LINE, email)
        address = sign_in_link.make_link(connector, COMMAND_LINE, account)
    say(f"Whoever opens this within 15 minutes is signed in as {account.email}, once:", err=True)
    say(address)


@user_group.command("sessions")
@click.argument("email")
@json_option
def sessions_command(email: str, as_json: bool) -> None:
    """Show where somebody is signed in. jira-okr user sign-out ends all of it."""
    with open_connector() as connector:
        account = people.person_called(connector, COMMAND_LINE, email)
        found = own_account.sessions_of(connector, COMMAND_LINE, account)
    if as_json:
        show_json([_session_values(one) for one in found])
        return
    if not found:
        say(f"{account.email} is signed in nowhere.")
        return
    rows = [
        (f"{one.begun:%Y-%m-%d %H:%M}", f"{one.seen:%Y-%m-%d %H:%M}", one.address, one.browser)
        for one in found
    ]
    show_table("Sessions, in UTC", ("Since", "Last used", "From", "Browser"), rows)


@user_group.command("second-factor")
@click.argument("email")
@click.option("--remove", is_flag=True, help="Take it away, for somebody who lost it.")
def second_factor_command(email: str, remove: bool) -> None:
    """Say whether somebody's sign-in takes a code, or take their second factor away."""
    with open_connector() as connector:
        account = people.person_called(connector, COMMAND_LINE, email)
        if remove:
            second_factor.remove_for(connector, COMMAND_LINE, account)
        asked = account.id in second_factor.with_factor(connector, COMMAND_LINE)
    say(f"{account.email} signs in by {'the password and a code' if asked else 'the password alone'}.")


@user_group.command("jira")
@click.argument("email")
@click.argument("person", required=False)
@click.option("--site", default="main", show_default=True, help="Of which Jira.")
@click.option("--remove", is_flag=True, help="They are nobody there any more, and see what a stranger sees.")
@json_option
def jira_command(email: str, person: str | None, site: str, remove: bool, as_json: bool) -> None:
    """Say who somebody is in Jira: by e-mail address, account id or user name (PERSON). Without one, show it."""
    with open_connector(site=site) as connector:
        account = people.person_called(connector, COMMAND_LINE, email)
        if remove:
            account_people.untie(connector, COMMAND_LINE, account, site)
        elif person is not None:
            account_people.tie(connector, COMMAND_LINE, account, site, person)
        found = account_people.people_of(connector, COMMAND_LINE, account)
    if as_json:
        show_json([account_people.person_values(one) for one in found])
    elif not found:
        say(f"{account.email} is nobody in Jira, and sees there what a stranger sees.")
    else:
        rows = [
            (one.site, one.name, one.person, one.proof.value, f"{one.proven_at:%Y-%m-%d}") for one in found
        ]
        show_table(f"{account.email} in Jira", ("Site", "Name", "Account", "By", "Since"), rows)


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
        "password_given": account.password_given_at is not None,
        "created_at": account.created_at.isoformat(),
        "disabled_at": None if account.disabled_at is None else account.disabled_at.isoformat(),
    }


def _session_values(one: SessionSummary) -> PlainValues:
    return {
        "name": one.name,
        "begun": one.begun.isoformat(),
        "seen": one.seen.isoformat(),
        "address": one.address,
        "browser": one.browser,
    }
