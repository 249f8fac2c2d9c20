"""One's own API tokens: made, shown once, revoked."""

from __future__ import annotations

import re

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import SelectField, SelectMultipleField

from plugin.access.authentication.tokens import DEFAULT_DAYS, LONGEST_NAME
from plugin.access.authorization.permission import SCOPES, needs
from plugin.access.authorization.person import current_actor, current_person
from plugin.access.authorization.refusal import AccessRefusal
from plugin.pages.frame.forms import LineField, PageForm, require_text
from plugin.pages.frame.page import render
from plugin.pages.frame.visit import SERIAL
from plugin.pages.stored_sources import StoredSources
from plugin.pages.views.accounts.people import token_row
from plugin.runtime.connector import Connector
from plugin.use_cases.accounts import tokens
from plugin.use_cases.accounts.own_account import own_account
from plugin.use_cases.accounts.proof import is_proved

DAYS = (1, 7, 30, 90, 180, 366)
GRANTS = {
    "read": "see objectives, ledgers and history",
    "write": "also check in, retry what failed and start a sync",
    "admin": "also change mappings and sites",
    "people": "what admin may, and change who else comes in",
}
"""What each scope lets a program do, for people."""


def days_of(value: object) -> int:
    """So many days; 0 for what is no number, which no token lasts."""
    return int(str(value)) if re.fullmatch("[0-9]{1,4}", str(value)) else 0


class TokenForm(PageForm):
    """A new token. Which scopes are offered depends on who asks."""

    name = LineField(
        "What uses it",
        [require_text("Give the token a name that says what uses it, for example: nightly export.")],
        render_kw={"maxlength": LONGEST_NAME},
    )
    scope = SelectMultipleField("It may", choices=GRANTS, default=["read"], validate_choice=False)
    days = SelectField(
        "It lasts",
        coerce=days_of,
        choices={str(count): f"{count} {'day' if count == 1 else 'days'}" for count in DAYS},
        default=DEFAULT_DAYS,
        validate_choice=False,
    )


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes."""

    @blueprint.get("/account/tokens", endpoint="tokens")
    @needs("viewer")
    def show() -> ResponseReturnValue:
        return tokens_page(connector, TokenForm())

    @blueprint.post("/account/tokens", endpoint="create_token")
    @needs("viewer", in_person=True)
    def create() -> ResponseReturnValue:
        return created_or_not(connector)

    @blueprint.post(f"/account/tokens/<{SERIAL}:token_id>/revoke", endpoint="revoke_token")
    @needs("viewer", in_person=True)
    def revoke(token_id: int) -> ResponseReturnValue:
        found = tokens.revoke_own(connector, current_actor(), token_id)
        if found is None:
            abort(404, description="There is no such token; it may have been revoked already.")
        flash(f"The token {found.name} is revoked. What used it is refused from now on.")
        return redirect(url_for("access.tokens"))

    @blueprint.get("/people/tokens", endpoint="everybodys_tokens")
    @needs("admin")
    def show_all() -> ResponseReturnValue:
        now, zone = connector.clock(), StoredSources(connector).zone
        found = tokens.list_all(connector, current_actor())
        rows = [(token_row(one.token, now, zone), one.owner) for one in found]
        return render("people_tokens.html", "people", tokens=rows)

    @blueprint.post(f"/people/tokens/<{SERIAL}:token_id>/revoke", endpoint="revoke_token_of_somebody")
    @needs("admin", in_person=True)
    def revoke_any(token_id: int) -> ResponseReturnValue:
        found = tokens.revoke(connector, current_actor(), token_id)
        if found is None:
            abort(404, description="There is no such token; it may have been revoked already.")
        flash(f"The token {found.name} is revoked. What used it is refused from now on.")
        return redirect(url_for("access.everybodys_tokens"))


def tokens_page(connector: Connector, form: TokenForm, fresh: str = "") -> str:
    """The tokens as HTML; `fresh` is the text of one just made."""
    person, now, zone = current_person(), connector.clock(), StoredSources(connector).zone
    found = tokens.list_own(connector, current_actor())
    form.scope.choices = {
        scope: GRANTS[scope] for scope, permission in SCOPES.items() if person.role.includes(permission)
    }
    return render(
        "tokens.html",
        "tokens",
        tokens=[token_row(one, now, zone) for one in found],
        form=form,
        fresh=fresh,
        proved=is_proved(current_actor(), now),
    )


def created_or_not(connector: Connector) -> ResponseReturnValue:
    """What comes of the form."""
    form = TokenForm(request.form)
    if not form.validate():
        return tokens_page(connector, form), 422
    account = own_account(connector, current_actor())
    scopes: list[str] = form.scope.data or []
    days: int = form.days.data or 0
    try:
        text, _ = tokens.make(connector, current_actor(), account, form.name.data, scopes, days)
    except AccessRefusal as error:
        form.refuse_for(error)
        return tokens_page(connector, form), 422
    return tokens_page(connector, TokenForm(), fresh=text)
