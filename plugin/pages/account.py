"""One's own account: who one is here, another password, and signing out everywhere."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from connectors.store import accounts
from connectors.store.accounts import Account
from plugin.access import members, passwords, sessions, throttle
from plugin.access.permission import needs
from plugin.access.person import present
from plugin.access.refusal import Refused
from plugin.connector import Connector
from plugin.pages.page import rendered


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes."""

    @blueprint.get("/account", endpoint="account")
    @needs("viewer")
    def show() -> ResponseReturnValue:
        return account_page(mine(connector))

    @blueprint.post("/account/password", endpoint="change_password")
    @needs("viewer", in_person=True)
    def change_password() -> ResponseReturnValue:
        return changed_or_not(connector, mine(connector))

    @blueprint.post("/account/sign-out-everywhere", endpoint="sign_out_everywhere")
    @needs("viewer", in_person=True)
    def sign_out_everywhere() -> ResponseReturnValue:
        members.end_sessions(connector, mine(connector), present().label)
        sessions.end()
        return redirect(url_for("access.sign_in"))


def mine(connector: Connector) -> Account:
    """The account of the person who asks."""
    with connector.store.read() as conn:
        account = accounts.get(conn, present().account_id)
    if account is None:
        raise Refused("This account is gone.")
    return account


def account_page(account: Account, error: str = "") -> str:
    """The account as HTML."""
    return rendered("account.html", "account", account=account, error=error)


def changed_or_not(connector: Connector, account: Account) -> ResponseReturnValue:
    """What comes of the form for another password; this session goes on, all others end."""
    try:
        _refuse_wrong(connector, account)
        members.set_password(connector, account, request.form.get("password", ""), present().label)
    except Refused as error:
        return account_page(account, str(error)), 422
    sessions.begin(mine(connector), connector.clock())
    flash("The password is changed. Whoever else was signed in as you has to sign in again.")
    return redirect(url_for("access.account"))


def _refuse_wrong(connector: Connector, account: Account) -> None:
    """A session that somebody left open must not be a way to guess, or to change, the password."""
    if account.password_hash is None:
        raise Refused("You sign in at your provider; your password is changed there.")
    form, address = request.form, request.remote_addr or "unknown"
    if throttle.attempt(connector.store, account.email, address, connector.clock()):
        raise Refused("Too many attempts. Wait a quarter of an hour, then try again.")
    if not passwords.matches(account.password_hash, form.get("current", "")):
        raise Refused("The current password is not right.")
    if form.get("password") != form.get("again"):
        raise Refused("The two new passwords are not the same. Type both again.")
