"""One's own account: who one is here and in Jira, another password, the digests one gets, and signing out everywhere."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField
from wtforms.validators import EqualTo

from plugin.access.authentication import sessions
from plugin.access.authentication.destination import safe_destination
from plugin.access.authorization.permission import needs
from plugin.access.authorization.person import current_actor, current_person
from plugin.access.authorization.refusal import AccessRefusal
from plugin.doors.address import public_address
from plugin.pages.frame.forms import LONG_ENOUGH, LineField, PageForm, Secret, require_text
from plugin.pages.frame.page import flash_refusal, flash_result, render
from plugin.pages.frame.visit import known_site, show_moment
from plugin.pages.stored_sources import StoredSources
from plugin.pages.views.accounts.people import session_row
from plugin.pages.views.words.moments import MomentText
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.accounts import own_account as own
from plugin.use_cases.accounts.own_account import Account, own_account
from plugin.use_cases.accounts.proof import MissingProof
from plugin.use_cases.accounts.second_factor import factor_state, prove_by_code
from plugin.use_cases.digests import recipients
from plugin.use_cases.digests.digests import DigestRefusal
from plugin.use_cases.health.faults import JiraError
from plugin.use_cases.visibility import jira_sign_in
from plugin.use_cases.visibility.account_people import leave
from plugin.use_cases.visibility.jira_sign_in import BegunSignIn, JiraSignIn, SignInReturn

_VERIFIER = "jira_sign_in"
"""In the session: what goes with the code that somebody comes back with (PKCE)."""


class PasswordForm(PageForm):
    """Another password for one's own account."""

    current = Secret(
        "Current password",
        [require_text("Type the password that you have now.")],
        render_kw={"autocomplete": "current-password"},
    )
    password = Secret(
        "New password",
        [require_text("Type the new password.")],
        description=LONG_ENOUGH,
        render_kw={"autocomplete": "new-password"},
    )
    again = Secret(
        "The new password again",
        [EqualTo("password", "The two new passwords are not the same. Type both again.")],
        render_kw={"autocomplete": "new-password", "required": True},
    )


class IdentityForm(PageForm):
    """Saying once more who one is."""

    current = Secret(
        "Your password",
        [require_text("Type the password that you have now.")],
        render_kw={"autocomplete": "current-password"},
    )
    code = LineField(
        "Code of your second factor", render_kw={"autocomplete": "one-time-code", "maxlength": 40}
    )
    next = HiddenField()


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes."""

    @blueprint.get("/account", endpoint="account")
    @needs("viewer", unsettled=True)
    def show() -> ResponseReturnValue:
        return account_page(connector, own_account(connector, current_actor()), PasswordForm())

    @blueprint.post("/account/password", endpoint="change_password")
    @needs("viewer", in_person=True, unsettled=True)
    def change_password() -> ResponseReturnValue:
        return changed_or_not(connector, own_account(connector, current_actor()))

    @blueprint.get("/account/identity", endpoint="identity")
    @needs("viewer", in_person=True, for_factor=True)
    def ask_identity() -> ResponseReturnValue:
        return identity_page(connector, IdentityForm())

    @blueprint.post("/account/identity", endpoint="confirm_identity")
    @needs("viewer", in_person=True, for_factor=True)
    def confirm_identity() -> ResponseReturnValue:
        return proved_or_not(connector)

    @blueprint.post("/account/sessions/<name>/end", endpoint="end_session")
    @needs("viewer", in_person=True)
    def end_session(name: str) -> ResponseReturnValue:
        if not own.end_session(connector, current_actor(), name):
            abort(404, description="There is no such session; it may have ended already.")
        flash("That session has ended.")
        return redirect(url_for("access.account"))

    @blueprint.post("/account/jira/<site>/sign-in", endpoint="begin_jira_sign_in")
    @needs("viewer", in_person=True)
    def sign_in_with_jira(site: str) -> ResponseReturnValue:
        return on_the_way(connector, known_site(connector, site).name)

    @blueprint.get(jira_sign_in.CALLBACK, endpoint="signed_in_with_jira")
    @needs("public", lane="provider")
    def came_from_atlassian() -> ResponseReturnValue:
        return proved_in_jira_or_not(connector)

    @blueprint.get(f"{jira_sign_in.CALLBACK}/<site>", endpoint="signed_in_with_link")
    @needs("public", lane="provider")
    def came_from_jira(site: str) -> ResponseReturnValue:  # noqa: ARG001 - the whole address is held against where they were sent from
        return proved_in_jira_or_not(connector)

    @blueprint.post("/account/jira/<site>/leave", endpoint="leave_jira")
    @needs("viewer", in_person=True)
    def leave_jira(site: str) -> ResponseReturnValue:
        name = known_site(connector, site).name
        flash_result(
            leave(connector, current_actor(), name),
            f"You are nobody in the Jira of {name} any more, and see there what a stranger sees.",
            f"You were nobody in the Jira of {name}.",
        )
        return redirect(url_for("access.account"))

    @blueprint.post("/account/digests/<act>", endpoint="change_digest")
    @needs("viewer", in_person=True)
    def change_digest(act: str) -> ResponseReturnValue:
        return told_or_not(connector, act)

    @blueprint.post("/account/sign-out-everywhere", endpoint="sign_out_everywhere")
    @needs("viewer", in_person=True)
    def sign_out_everywhere() -> ResponseReturnValue:
        own.sign_out_everywhere(connector, current_actor())
        sessions.end(connector)
        return redirect(url_for("access.sign_in"))


def account_page(
    connector: Connector, account: Account, form: PasswordForm, asked: BegunSignIn | None = None
) -> str:
    """The account as HTML, with the digests that go to its address; `asked` is where they go to sign in with Jira."""
    here, now, zone = current_person(), connector.clock(), StoredSources(connector).zone
    digests = [] if here.password_given else recipients.own_digests(connector, current_actor())
    sessions_ = own.list_sessions(connector, current_actor(), here.session_id)
    return render(
        "account.html",
        "account",
        account=account,
        form=form,
        digests=digests,
        by_password=connector.settings.local_accounts == "on",
        factor=factor_state(connector, current_actor()),
        jira=() if here.password_given else jira_rows(connector),
        asked=asked,
        sessions=[session_row(one, now, zone) for one in sessions_],
    )


def jira_rows(connector: Connector) -> list[tuple[JiraSignIn, MomentText | None]]:
    """Who they are in each Jira, with until when it counts; sites of which nothing can be said are left out."""
    ways = jira_sign_in.own_ways(connector, current_actor())
    return [
        (one, show_moment(connector, ends) if (ends := one.person.ends if one.person else None) else None)
        for one in ways
        if one.person is not None or one.ready
    ]


def on_the_way(connector: Connector, site: str) -> ResponseReturnValue:
    """The page of the account with the way to Atlassian, or to that Jira: a form may not lead there, a link may."""
    path = jira_sign_in.sign_in_standing(connector, current_actor(), site).callback
    try:
        asked = jira_sign_in.begin(
            connector, current_actor(), site, current_person().session_id, _address_of(connector, path)
        )
    except MissingProof:
        raise
    except Refusal as error:
        flash_refusal(str(error))
        return redirect(url_for("access.account"))
    session[_VERIFIER] = asked.verifier
    account = own_account(connector, current_actor())
    return account_page(connector, account, PasswordForm(), asked)


def proved_in_jira_or_not(connector: Connector) -> ResponseReturnValue:
    """What comes of the way back. Who they are is read from the cookie here: what nobody began is noted, whoever brings it."""
    here, said, address = sessions.person(connector), request.args, request.remote_addr or "unknown"
    if here is None or here.password_given or here.factor_missing:
        jira_sign_in.note_stray(connector, current_actor(), address)
        flash_refusal("Nobody is signed in here, so nothing was changed. Sign in, and begin it again.")
        return redirect(url_for("access.sign_in"))
    back = SignInReturn(
        callback=_address_of(connector, request.path),
        session=here.session_id,
        verifier=str(session.get(_VERIFIER) or ""),
        state=said.get("state", ""),
        code=said.get("code", ""),
        error=said.get("error", ""),
        address=address,
    )
    try:
        found = jira_sign_in.finish(connector, here.actor, back)
    except Refusal as error:
        flash_refusal(str(error))
    except JiraError:
        flash_refusal(
            "Nothing was changed: what should say who you are cannot be reached, or does not answer as it should. Try again in a minute."
        )
    else:
        session.pop(_VERIFIER, None)
        flash(f"You are {found.name} in the Jira of {found.site}, as you signed in there.")
    return redirect(url_for("access.account", _anchor="jira"))


def _address_of(connector: Connector, path: str) -> str:
    return public_address(connector, f"{connector.settings.public_url}{path}")


def identity_page(connector: Connector, form: IdentityForm) -> str:
    """The form by which one says once more who one is."""
    account, oidc = own_account(connector, current_actor()), connector.settings.oidc
    form.next.data = safe_destination(request.values.get("next"))
    return render(
        "identity.html",
        "account",
        account=account,
        form=form,
        factor=factor_state(connector, current_actor()).asked,
        by_password=account.password_hash is not None and connector.settings.local_accounts == "on",
        provider=None if oidc is None else oidc.label,
    )


def proved_or_not(connector: Connector) -> ResponseReturnValue:
    """What comes of the form by which one says once more who one is."""
    form = IdentityForm(request.form)
    address = request.remote_addr or "unknown"
    try:
        own.prove_by_password(connector, current_actor(), form.current.data, address)
        prove_by_code(connector, current_actor(), form.code.data, address)
    except AccessRefusal as error:
        form.refuse_for(error)
        return identity_page(connector, form), 422
    sessions.prove(connector)
    return redirect(safe_destination(form.next.data))


def told_or_not(connector: Connector, act: str) -> ResponseReturnValue:
    """What comes of the button beside a digest of one's own."""
    site, digest = request.form.get("site", ""), request.form.get("digest", "")
    decide = {"stop": recipients.stop_own_digest, "resume": recipients.resume_own_digest}.get(act)
    if decide is None:
        abort(404, description="There is nothing of this name to do with a digest.")
    try:
        decide(connector, current_actor(), site, digest)
    except DigestRefusal as error:
        flash_refusal(str(error))
    else:
        flash(f"You get {digest} no more." if act == "stop" else f"You get {digest} again.")
    return redirect(url_for("access.account"))


def changed_or_not(connector: Connector, account: Account) -> ResponseReturnValue:
    """What comes of the form for another password; this session goes on, all others end."""
    form = PasswordForm(request.form)
    if not form.validate() or not _changed(connector, form):
        return account_page(connector, account, form), 422
    sessions.begin(connector, own_account(connector, current_actor()))
    flash("The password is changed. Whoever else was signed in as you has to sign in again.")
    return redirect(url_for("access.account"))


def _changed(connector: Connector, form: PasswordForm) -> bool:
    address = request.remote_addr or "unknown"
    try:
        own.change_password(connector, current_actor(), form.current.data, form.password.data, address)
    except AccessRefusal as error:
        form.refuse_for(error)
        return False
    return True
