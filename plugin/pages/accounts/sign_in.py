"""Signing in and out, with a password or at the OIDC provider."""

from __future__ import annotations

import math

from flask import Blueprint, Response, make_response, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField
from wtforms.widgets import EmailInput

from plugin.access.authentication import sessions
from plugin.access.authentication.destination import HOME, safe_destination
from plugin.access.authentication.provider import Provider, ProviderError
from plugin.access.authorization.permission import needs
from plugin.access.authorization.person import acting
from plugin.access.authorization.refusal import NotPermitted
from plugin.pages.frame.forms import LineField, PageForm, Secret, needed
from plugin.pages.frame.page import rendered
from plugin.runtime.connector import Connector
from plugin.use_cases.accounts import provider_sign_in, set_up
from plugin.use_cases.accounts.sign_in import RightPassword, TooOften, sign_in

WRONG = (
    "That e-mail address and password do not go together here. Try again, or ask an admin for a new password."
)
_NEXT = "next"


class SignInForm(PageForm):
    """Signing in with a password, and where to go then."""

    email = LineField(
        "E-mail address",
        [needed("Type your e-mail address.")],
        widget=EmailInput(),
        render_kw={"autocomplete": "username"},
    )
    password = Secret(
        "Password", [needed("Type your password.")], render_kw={"autocomplete": "current-password"}
    )
    next = HiddenField()


def register(blueprint: Blueprint, connector: Connector, provider: Provider | None) -> None:
    """Add the routes; those of the provider only where there is one."""
    label = None if provider is None else provider.settings.label

    @blueprint.get("/sign-in", endpoint="sign_in")
    @needs("public")
    def ask() -> ResponseReturnValue:
        if sessions.person(connector) is not None:
            return redirect(safe_destination(request.args.get(_NEXT)))
        return sign_in_page(connector, label, SignInForm())

    @blueprint.post("/sign-in", endpoint="sign_in_submitted")
    @needs("public")
    def answer() -> ResponseReturnValue:
        return signed_in_or_not(connector, label)

    @blueprint.post("/sign-out", endpoint="sign_out")
    @needs("viewer", in_person=True)
    def sign_out() -> ResponseReturnValue:
        sessions.end(connector)
        left = redirect(url_for("access.sign_in"))
        left.headers["Clear-Site-Data"] = '"cache"'
        return left

    if provider is not None:
        _register_provider(blueprint, connector, provider)


def _register_provider(blueprint: Blueprint, connector: Connector, provider: Provider) -> None:
    @blueprint.get("/sign-in/oidc", endpoint="sign_in_elsewhere")
    @needs("public", lane="provider")
    def leave() -> ResponseReturnValue:
        if sessions.person(connector) is not None:
            # a link from elsewhere must not sign anybody out
            return redirect(safe_destination(request.args.get(_NEXT)))
        sessions.end(connector)
        session[_NEXT] = safe_destination(request.args.get(_NEXT))
        try:
            return provider.redirect(callback_address(connector))
        except ProviderError as error:
            return failed(connector, provider, error)

    @blueprint.get("/sign-in/oidc/callback", endpoint="signed_in_elsewhere")
    @needs("public", lane="provider")
    def come_back() -> ResponseReturnValue:
        if sessions.person(connector) is not None:
            return redirect(HOME)
        try:
            identity = provider.identity()
            account = provider_sign_in.account_for(
                connector, acting(), provider.settings, identity, _address()
            )
        except NotPermitted as error:
            return failed(connector, provider, error)
        wanted = safe_destination(session.get(_NEXT))
        sessions.begin(connector, account)
        return redirect(wanted)


def callback_address(connector: Connector) -> str:
    """Where the provider sends people back to: BASE_URL decides where it is set, never the host a request claims."""
    path = url_for("access.signed_in_elsewhere")
    if connector.settings.base_url:
        return connector.settings.public_url + path
    return url_for("access.signed_in_elsewhere", _external=True)


def sign_in_page(connector: Connector, provider: str | None, form: SignInForm) -> str:
    """The form."""
    form.next.data = safe_destination(request.values.get(_NEXT))
    return rendered(
        "sign_in.html",
        "",
        navigation=(),
        form=form,
        provider=provider,
        set_up_needed=set_up.is_needed(connector, acting()),
    )


def signed_in_or_not(connector: Connector, provider: str | None) -> ResponseReturnValue:
    """What comes of a filled form. What is wrong with it is never said in part."""
    form = SignInForm(request.form)
    result = sign_in(connector, acting(), form.email.data, form.password.data, _address())
    if isinstance(result, RightPassword):
        sessions.begin(connector, result.account)
        return redirect(safe_destination(form.next.data))
    if isinstance(result, TooOften):
        minutes = math.ceil(result.wait.total_seconds() / 60)
        form.refuse(
            f"Too many attempts. Wait {minutes} {'minute' if minutes == 1 else 'minutes'}, then try again."
        )
        answer = make_response(sign_in_page(connector, provider, form), 429)
        answer.headers["Retry-After"] = str(math.ceil(result.wait.total_seconds()))
        return answer
    form.refuse(WRONG)
    return sign_in_page(connector, provider, form), 401


def failed(connector: Connector, provider: Provider, error: NotPermitted) -> Response:
    """The form again, with what went wrong at the provider; the log has the cause."""
    cause = error.cause if isinstance(error, ProviderError) else str(error)
    provider_sign_in.note_failure(connector, acting(), _address(), cause)
    session.clear()
    form = SignInForm()
    form.refuse_for(error)
    return make_response(sign_in_page(connector, provider.settings.label, form), 403)


def _address() -> str:
    return request.remote_addr or "unknown"
