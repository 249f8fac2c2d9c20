"""One's own second factor: set up with an authenticator app, its recovery codes, and taking it away."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from plugin.access.authorization.permission import needs
from plugin.access.authorization.person import current_actor
from plugin.access.authorization.refusal import AccessRefusal
from plugin.pages.frame.forms import LineField, PageForm, require_text
from plugin.pages.frame.page import render
from plugin.pages.views.accounts.qr_code import qr_code
from plugin.runtime.connector import Connector
from plugin.use_cases.accounts import second_factor
from plugin.use_cases.accounts.proof import MissingProof
from plugin.use_cases.accounts.second_factor import NewFactor, factor_state


class FirstCodeForm(PageForm):
    """The first code, which shows that the app has the secret."""

    code = LineField(
        "The code that the app shows now",
        [require_text("Type the code that the app shows.")],
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": 10},
    )


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes."""

    @blueprint.get("/account/second-factor", endpoint="second_factor")
    @needs("viewer", in_person=True, for_factor=True)
    def show() -> ResponseReturnValue:
        return factor_page(connector, FirstCodeForm())

    @blueprint.post("/account/second-factor", endpoint="begin_second_factor")
    @needs("viewer", in_person=True, for_factor=True)
    def begin() -> ResponseReturnValue:
        try:
            fresh = second_factor.begin(connector, current_actor())
        except AccessRefusal as error:
            return show_refusal(connector, error)
        return factor_page(connector, FirstCodeForm(), fresh=fresh)

    @blueprint.post("/account/second-factor/confirm", endpoint="confirm_second_factor")
    @needs("viewer", in_person=True, for_factor=True)
    def confirm() -> ResponseReturnValue:
        form = FirstCodeForm(request.form)
        address = request.remote_addr or "unknown"
        try:
            codes = second_factor.confirm(connector, current_actor(), form.code.data, address)
        except AccessRefusal as error:
            fresh = second_factor.factor_to_confirm(connector, current_actor())
            form.refuse_for(error)
            return factor_page(connector, form, fresh=fresh), 422
        return factor_page(connector, FirstCodeForm(), codes=codes)

    @blueprint.post("/account/second-factor/codes", endpoint="renew_recovery_codes")
    @needs("viewer", in_person=True)
    def renew() -> ResponseReturnValue:
        try:
            codes = second_factor.renew_codes(connector, current_actor())
        except AccessRefusal as error:
            return show_refusal(connector, error)
        return factor_page(connector, FirstCodeForm(), codes=codes)

    @blueprint.post("/account/second-factor/remove", endpoint="remove_second_factor")
    @needs("viewer", in_person=True)
    def remove() -> ResponseReturnValue:
        try:
            second_factor.remove(connector, current_actor())
        except AccessRefusal as error:
            return show_refusal(connector, error)
        flash("Signing in takes the password alone again.")
        return redirect(url_for("access.account"))


def show_refusal(connector: Connector, error: AccessRefusal) -> ResponseReturnValue:
    """The page with why it was not done."""
    if isinstance(error, MissingProof):
        raise error
    form = FirstCodeForm()
    form.refuse_for(error)
    return factor_page(connector, form), 422


def factor_page(
    connector: Connector,
    form: FirstCodeForm,
    fresh: NewFactor | None = None,
    codes: tuple[str, ...] = (),
) -> str:
    """The page; `fresh` is a secret that waits for its first code, `codes` are recovery codes just made."""
    return render(
        "second_factor.html",
        "account",
        form=form,
        fresh=fresh,
        codes=codes,
        picture="" if fresh is None else qr_code(fresh.address),
        state=factor_state(connector, current_actor()),
    )
