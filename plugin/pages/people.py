"""Everybody who may sign in: adding people, roles, closing accounts. For admins."""

from __future__ import annotations

import secrets

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from connectors.store import accounts
from connectors.store.accounts import Account
from plugin.access import members
from plugin.access.permission import ROLES, needs
from plugin.access.person import present
from plugin.access.refusal import Refused
from plugin.connector import Connector
from plugin.pages.page import rendered
from plugin.pages.stored_sources import StoredSources
from plugin.pages.views.people import account_row
from plugin.pages.visit import SERIAL


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes."""

    @blueprint.get("/people", endpoint="people")
    @needs("admin")
    def show() -> ResponseReturnValue:
        return people_page(connector)

    @blueprint.post("/people", endpoint="add_person")
    @needs("admin", in_person=True)
    def add() -> ResponseReturnValue:
        return added_or_not(connector)

    @blueprint.post(f"/people/<{SERIAL}:account_id>/<act>", endpoint="change_person")
    @needs("admin", in_person=True)
    def change(account_id: int, act: str) -> ResponseReturnValue:
        return changed_or_not(connector, account_id, act)


def people_page(connector: Connector, error: str = "", fresh: tuple[str, str] | None = None) -> str:
    """The accounts as HTML; `fresh` is an address with the password just made for it."""
    now, zone, me = connector.clock(), StoredSources(connector).zone, present().account_id
    with connector.store.read() as conn:
        found = accounts.all(conn)
    rows = [account_row(one, me, now, zone) for one in found]
    return rendered("people.html", "people", people=rows, roles=ROLES, error=error, fresh=fresh)


def added_or_not(connector: Connector) -> ResponseReturnValue:
    """What comes of the form: an account with a password that is shown once, to be handed over."""
    form = request.form
    password = secrets.token_urlsafe(12)
    try:
        account = members.add(
            connector,
            form.get("email", ""),
            form.get("name", ""),
            form.get("role", ""),
            password,
            present().label,
        )
    except Refused as error:
        return people_page(connector, str(error)), 422
    return people_page(connector, fresh=(account.email, password))


def changed_or_not(connector: Connector, account_id: int, act: str) -> ResponseReturnValue:
    """What comes of a button beside an account."""
    with connector.store.read() as conn:
        account = accounts.get(conn, account_id)
    if account is None:
        abort(404, description="There is no such account.")
    try:
        fresh = _done(connector, account, act)
    except Refused as error:
        return people_page(connector, str(error)), 422
    if fresh is not None:
        return people_page(connector, fresh=(account.email, fresh))
    flash(f"Done: {account.email}.")
    return redirect(url_for("access.people"))


def _done(connector: Connector, account: Account, act: str) -> str | None:
    """Do it; the new password where one was asked for."""
    by = present().label
    if act == "role":
        members.change_role(connector, account, request.form.get("role", ""), by)
    elif act == "disable":
        members.disable(connector, account, by)
    elif act == "enable":
        members.enable(connector, account, by)
    elif act == "sign-out":
        members.end_sessions(connector, account, by)
    elif act == "remove":
        members.remove(connector, account, by)
    elif act == "password":
        password = secrets.token_urlsafe(12)
        members.set_password(connector, account, password, by)
        return password
    else:
        abort(404, description="There is nothing of this name to do with an account.")
    return None
