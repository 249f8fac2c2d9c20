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
from plugin.access.authorization.person import current_actor
from plugin.access.authorization.refusal import AccessRefusal
from plugin.pages.frame.forms import LineField, PageForm, Secret, require_text
from plugin.pages.frame.page import flash_refusal, render
from plugin.runtime.connector import Connector
from plugin.use_cases.accounts import provider_sign_in, set_up
from plugin.use_cases.accounts.sign_in import (
    AttemptPause,
    SecondFactorChallenge,
    SignInResult,
    sign_in,
    sign_in_with_code,
)
from plugin.use_cases.visibility.account_people import tie_by_address

WRONG_CODE = "That is not the code of now, nor a recovery code that is left. Try again."
WRONG = (
    "That e-mail address and password do not go together here. Try again, or ask an admin for a new password."
)
_NEXT = "next"


class SignInForm(PageForm):
    """Signing in with a password, and where to go then."""

    email = LineField(
        "E-mail address",
        [require_text("Type your e-mail address.")],
        widget=EmailInput(),
        render_kw={"autocomplete": "username"},
    )
    password = Secret(
        "Password", [require_text("Type your password.")], render_kw={"autocomplete": "current-password"}
    )
    next = HiddenField()


class CodeForm(PageForm):
    """The code of the second factor, and where to go then."""

    code = LineField(
        "Code",
        [require_text("Type the code that your app shows, or a recovery code.")],
        description="Six digits of your authenticator app, or one of your recovery codes.",
        render_kw={"autocomplete": "one-time-code", "autofocus": True, "maxlength": 40},
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

    @blueprint.get("/sign-in/code", endpoint="sign_in_code")
    @needs("public")
    def ask_code() -> ResponseReturnValue:
        if sessions.awaiting_code(connector) is None:
            return redirect(url_for("access.sign_in"))
        return code_page(CodeForm())

    @blueprint.post("/sign-in/code", endpoint="sign_in_code_submitted")
    @needs("public")
    def answer_code() -> ResponseReturnValue:
        return signed_in_by_code_or_not(connector)

    @blueprint.post("/sign-out", endpoint="sign_out")
    @needs("viewer", in_person=True, unsettled=True)
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
        once_more = "again" in request.args
        here = sessions.person(connector)
        if here is not None and not once_more:
            # a link from elsewhere must not sign anybody out
            return redirect(safe_destination(request.args.get(_NEXT)))
        if here is None:
            sessions.end(connector)
        session[_NEXT] = safe_destination(request.args.get(_NEXT))
        try:
            return provider.redirect(callback_address(connector), once_more=here is not None)
        except ProviderError as error:
            return show_failure(connector, provider, error)

    @blueprint.get("/sign-in/oidc/callback", endpoint="signed_in_elsewhere")
    @needs("public", lane="provider")
    def come_back() -> ResponseReturnValue:
        here = sessions.person(connector)
        if here is not None and _NEXT not in session:
            return redirect(HOME)
        try:
            identity = provider.identity()
            if here is not None:
                provider_sign_in.prove(connector, here.actor, identity)
                sessions.prove(connector)
                return redirect(safe_destination(session.pop(_NEXT, None)))
            account = provider_sign_in.sign_in_by_provider(
                connector, current_actor(), provider.settings, identity, _address()
            )
        except AccessRefusal as error:
            return show_failure(connector, provider, error)
        if identity.email_verified and identity.email:
            tie_by_address(connector, current_actor(), account, identity.email)
        wanted = safe_destination(session.get(_NEXT))
        sessions.begin(connector, account, "provider")
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
    return render(
        "sign_in.html",
        "",
        navigation=(),
        form=form,
        provider=provider,
        by_password=connector.settings.local_accounts == "on",
        set_up_needed=set_up.is_needed(connector, current_actor()),
    )


def code_page(form: CodeForm) -> str:
    """The form for the code of the second factor."""
    form.next.data = safe_destination(request.values.get(_NEXT))
    return render("sign_in_code.html", "", navigation=(), form=form)


def signed_in_by_code_or_not(connector: Connector) -> ResponseReturnValue:
    """What comes of a code."""
    account, form = sessions.awaiting_code(connector), CodeForm(request.form)
    if account is None:
        return redirect(url_for("access.sign_in"))
    result = sign_in_with_code(connector, current_actor(), account, form.code.data, _address())
    if isinstance(result, SignInResult):
        sessions.begin(connector, result.account)
        return redirect(safe_destination(form.next.data))
    if isinstance(result, AttemptPause):
        form.refuse(_too_often(result))
        return _held(code_page(form), result)
    form.refuse(WRONG_CODE, "code")
    return code_page(form), 401


def signed_in_or_not(connector: Connector, provider: str | None) -> ResponseReturnValue:
    """What comes of a filled form. What is wrong with it is never said in part."""
    form = SignInForm(request.form)
    try:
        result = sign_in(connector, current_actor(), form.email.data, form.password.data, _address())
    except AccessRefusal as error:
        form.refuse_for(error)
        return sign_in_page(connector, provider, form), 403
    wanted = safe_destination(form.next.data)
    if isinstance(result, SignInResult):
        sessions.begin(connector, result.account)
        return redirect(wanted)
    if isinstance(result, SecondFactorChallenge):
        sessions.await_code(connector, result.account)
        return redirect(url_for("access.sign_in_code", next=wanted))
    if isinstance(result, AttemptPause):
        form.refuse(_too_often(result))
        return _held(sign_in_page(connector, provider, form), result)
    form.refuse(WRONG)
    return sign_in_page(connector, provider, form), 401


def show_failure(connector: Connector, provider: Provider, error: AccessRefusal) -> Response:
    """The form again, with what went wrong at the provider; the log has the cause."""
    cause = error.cause if isinstance(error, ProviderError) else str(error)
    provider_sign_in.note_failure(connector, current_actor(), _address(), cause)
    here = sessions.person(connector)
    if here is not None:
        flash_refusal(str(error))
        return make_response(redirect(url_for("access.account")))
    session.clear()
    form = SignInForm()
    form.refuse_for(error)
    return make_response(sign_in_page(connector, provider.settings.label, form), 403)


def _too_often(result: AttemptPause) -> str:
    minutes = math.ceil(result.wait.total_seconds() / 60)
    return f"Too many attempts. Wait {minutes} {'minute' if minutes == 1 else 'minutes'}, then try again."


def _held(page: str, result: AttemptPause) -> Response:
    answer = make_response(page, 429)
    answer.headers["Retry-After"] = str(math.ceil(result.wait.total_seconds()))
    return answer


def _address() -> str:
    return request.remote_addr or "unknown"
