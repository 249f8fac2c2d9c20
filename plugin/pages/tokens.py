"""One's own API tokens: made, shown once, revoked."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from plugin.access.permission import SCOPES, needs
from plugin.access.person import acting, present
from plugin.access.refusal import Refused
from plugin.access.tokens import DEFAULT_DAYS
from plugin.pages.page import rendered
from plugin.pages.stored_sources import StoredSources
from plugin.pages.views.people import token_row
from plugin.pages.visit import SERIAL
from plugin.runtime.connector import Connector
from plugin.use_cases.accounts import tokens
from plugin.use_cases.accounts.own_account import own_account

DAYS = (7, 30, 90, 180, 366)


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes."""

    @blueprint.get("/account/tokens", endpoint="tokens")
    @needs("viewer")
    def show() -> ResponseReturnValue:
        return tokens_page(connector)

    @blueprint.post("/account/tokens", endpoint="create_token")
    @needs("viewer", in_person=True)
    def create() -> ResponseReturnValue:
        return created_or_not(connector)

    @blueprint.post(f"/account/tokens/<{SERIAL}:token_id>/revoke", endpoint="revoke_token")
    @needs("viewer", in_person=True)
    def revoke(token_id: int) -> ResponseReturnValue:
        found = tokens.revoke_own(connector, acting(), token_id)
        if found is None:
            abort(404, description="There is no such token; it may have been revoked already.")
        flash(f"The token {found.name} is revoked. What used it is refused from now on.")
        return redirect(url_for("access.tokens"))


def tokens_page(connector: Connector, error: str = "", fresh: str = "") -> str:
    """The tokens as HTML; `fresh` is the text of one just made."""
    person, now, zone = present(), connector.clock(), StoredSources(connector).zone
    found = tokens.list_own(connector, acting())
    return rendered(
        "tokens.html",
        "tokens",
        tokens=[token_row(one, now, zone) for one in found],
        error=error,
        fresh=fresh,
        scopes=[scope for scope, permission in SCOPES.items() if person.role.includes(permission)],
        days=DAYS,
        default_days=DEFAULT_DAYS,
    )


def created_or_not(connector: Connector) -> ResponseReturnValue:
    """What comes of the form."""
    form = request.form
    try:
        days = form.get("days", default=0, type=int)
        account = own_account(connector, acting())
        text, _ = tokens.make(connector, acting(), account, form.get("name", ""), form.getlist("scope"), days)
    except Refused as error:
        return tokens_page(connector, error=str(error)), 422
    return tokens_page(connector, fresh=text)
