"""One's own account: who one is here, another password, and signing out everywhere."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from plugin.access import sessions
from plugin.access.permission import needs
from plugin.access.person import acting
from plugin.access.refusal import Refused
from plugin.pages.page import rendered
from plugin.runtime.connector import Connector
from plugin.use_cases.accounts import own_account as own
from plugin.use_cases.accounts.own_account import Account, own_account


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes."""

    @blueprint.get("/account", endpoint="account")
    @needs("viewer")
    def show() -> ResponseReturnValue:
        return account_page(own_account(connector, acting()))

    @blueprint.post("/account/password", endpoint="change_password")
    @needs("viewer", in_person=True)
    def change_password() -> ResponseReturnValue:
        return changed_or_not(connector, own_account(connector, acting()))

    @blueprint.post("/account/sign-out-everywhere", endpoint="sign_out_everywhere")
    @needs("viewer", in_person=True)
    def sign_out_everywhere() -> ResponseReturnValue:
        own.sign_out_everywhere(connector, acting())
        sessions.end(connector)
        return redirect(url_for("access.sign_in"))


def account_page(account: Account, error: str = "") -> str:
    """The account as HTML."""
    return rendered("account.html", "account", account=account, error=error)


def changed_or_not(connector: Connector, account: Account) -> ResponseReturnValue:
    """What comes of the form for another password; this session goes on, all others end."""
    try:
        _change(connector)
    except Refused as error:
        return account_page(account, str(error)), 422
    sessions.begin(connector, own_account(connector, acting()))
    flash("The password is changed. Whoever else was signed in as you has to sign in again.")
    return redirect(url_for("access.account"))


def _change(connector: Connector) -> None:
    form, address = request.form, request.remote_addr or "unknown"
    if form.get("password") != form.get("again"):
        raise Refused("The two new passwords are not the same. Type both again.")
    own.change_password(connector, acting(), form.get("current", ""), form.get("password", ""), address)
