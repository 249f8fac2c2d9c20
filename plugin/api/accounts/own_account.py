"""`/tokens` and what is below `/me`: one's own API tokens, password and sessions. Only who signed in may change them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from flask import request
from pydantic import Field, StringConstraints

from mappings.json_value import PlainValues
from plugin.access.authentication import passwords, sessions
from plugin.access.authentication.tokens import DEFAULT_DAYS, LONGEST_DAYS, LONGEST_NAME
from plugin.access.authorization.person import current_person
from plugin.api.protocol.addresses import SessionAddress, TokenAddress
from plugin.api.protocol.operation import UNKEPT, Caller, Reply, Routes
from plugin.doors.cursor import cursor, list_name, position
from plugin.doors.model import JsonShape, ListQuery, OutcomeJson, Page, RequestPart, Word
from plugin.doors.refusal import not_found
from plugin.next_steps import OWN_TOKENS, SESSIONS
from plugin.use_cases.accounts import own_account as own
from plugin.use_cases.accounts import second_factor, tokens
from plugin.use_cases.accounts.own_account import SessionSummary, own_account
from plugin.use_cases.accounts.tokens import ApiToken

ROUTES = Routes()

Scope = Literal["read", "write", "admin", "people"]
PasswordText = Annotated[
    str,
    StringConstraints(min_length=1, max_length=passwords.LONGEST, pattern=r"^[^\x00]*$"),
    Field(strict=True),
]


class TokenJson(JsonShape):
    """One token of yours. Its text is not kept, so it is not here."""

    id: int
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class NewTokenJson(TokenJson):
    """A new token. `text` is given this once: null in an answer that is given again."""

    text: str | None


class TokenBody(RequestPart):
    """A token for a program. It never does more than you may."""

    name: Annotated[Word, Field(max_length=LONGEST_NAME)] = Field(
        description="What uses it, for example: nightly export."
    )
    scopes: list[Scope] = Field(min_length=1, max_length=4, description="What it may do.")
    days: int = Field(DEFAULT_DAYS, ge=1, le=LONGEST_DAYS, description="How long it lasts.")


class SessionJson(JsonShape):
    """One place where you are signed in; `this`: the session that asks."""

    name: str = Field(description="What stands for the session; it opens nothing.")
    begun: datetime
    seen: datetime = Field(description="When it was used last, to the minute.")
    address: str
    browser: str
    this: bool


class SecondFactorJson(JsonShape):
    """Whether signing in takes a code of a second factor, and how many recovery codes are left."""

    asked: bool
    codes_left: int


class NewFactorJson(JsonShape):
    """A second factor that waits for its first code. Both are given this once: null in an answer that is given again."""

    secret: str | None
    address: str | None = Field(description="What an authenticator app takes: otpauth://…")


class RecoveryCodesJson(JsonShape):
    """Recovery codes. They are given this once: null in an answer that is given again."""

    codes: list[str] | None


class CodeBody(RequestPart):
    """The code that the app shows now."""

    code: Annotated[Word, Field(max_length=40)] = Field(description="Six digits of the app.")


class PasswordBody(RequestPart):
    """The present password, and the one to come."""

    current: PasswordText
    new: PasswordText


@ROUTES.get("/tokens", "viewer", "Your API tokens, without their text.")
def list_tokens(caller: Caller, query: ListQuery) -> Reply[Page[TokenJson]]:
    """Yours alone, in the order in which they were made."""
    name = list_name("tokens", query)
    after = position(query.cursor, name, (int,))
    found = tokens.list_own(caller.connector, caller.actor)
    left = [one for one in found if after is None or one.id > int(after[0])]
    shown = left[: query.limit]
    return Reply(
        Page[TokenJson](
            items=[TokenJson.model_validate(_values(one)) for one in shown],
            next=cursor(name, shown[-1].id) if len(left) > len(shown) else None,
        )
    )


@ROUTES.post(
    "/tokens",
    "viewer",
    "Make an API token, which is shown once.",
    status=201,
    in_person=True,
    links={"revoke_token": {"token": "$response.body#/id"}},
)
def make_token(caller: Caller, body: TokenBody) -> Reply[NewTokenJson]:
    """Its text is shown once; only a hash of it is kept. One that lasts longer than a day takes that you said of late who you are."""
    account = own_account(caller.connector, caller.actor)
    text, made = tokens.make(caller.connector, caller.actor, account, body.name, body.scopes, body.days)
    values = _values(made)
    told, again = (NewTokenJson.model_validate({**values, "text": said}) for said in (text, None))
    return Reply(told, UNKEPT, again=again)


@ROUTES.delete("/tokens/{token}", "viewer", "Revoke a token of yours.", in_person=True)
def revoke_token(caller: Caller, path: TokenAddress) -> Reply[OutcomeJson]:
    """What uses it is refused at once."""
    number = path.token
    found = tokens.revoke_own(caller.connector, caller.actor, number)
    if found is None:
        raise not_found("token", number, OWN_TOKENS)
    return Reply(OutcomeJson(said=f"The token {found.name} is revoked."))


@ROUTES.post("/me/password", "viewer", "Change your password.", in_person=True, unsettled=True)
def change_own_password(caller: Caller, body: PasswordBody) -> Reply[OutcomeJson]:
    """This session goes on under a new cookie; all others end."""
    address = request.remote_addr or "unknown"
    own.change_password(caller.connector, caller.actor, body.current, body.new, address)
    sessions.begin(caller.connector, own_account(caller.connector, caller.actor))
    return Reply(
        OutcomeJson(said="The password is changed. Whoever else was signed in as you has to sign in again.")
    )


@ROUTES.post("/me/sign-out-everywhere", "viewer", "End all your sessions.", in_person=True)
def sign_out_everywhere(caller: Caller) -> Reply[OutcomeJson]:
    """This session ends too. Tokens go on working."""
    own.sign_out_everywhere(caller.connector, caller.actor)
    sessions.end(caller.connector)
    return Reply(OutcomeJson(said="You are signed out everywhere."))


@ROUTES.get("/me/sessions", "viewer", "Where you are signed in.")
def list_sessions(caller: Caller, query: ListQuery) -> Reply[Page[SessionJson]]:
    """The one that was used last first."""
    name = list_name("sessions", query)
    start = position(query.cursor, name, (int,))
    found = own.list_sessions(caller.connector, caller.actor, current_person().session_id)
    at = 0 if start is None else int(start[0])
    shown, end = found[at : at + query.limit], at + query.limit
    return Reply(
        Page[SessionJson](
            items=[_session(one) for one in shown], next=cursor(name, end) if len(found) > end else None
        )
    )


@ROUTES.delete("/me/sessions/{session}", "viewer", "End one of your sessions.", in_person=True)
def end_session(caller: Caller, path: SessionAddress) -> Reply[OutcomeJson]:
    """Whoever uses it has to sign in anew."""
    if not own.end_session(caller.connector, caller.actor, path.session):
        raise not_found("session", path.session, SESSIONS)
    return Reply(OutcomeJson(said="That session has ended."))


@ROUTES.get("/me/second-factor", "viewer", "Whether your sign-in takes a code.")
def own_factor(caller: Caller) -> Reply[SecondFactorJson]:
    """Of a local account; who signs in at a provider has a second factor there."""
    state = second_factor.factor_state(caller.connector, caller.actor)
    return Reply(SecondFactorJson(asked=state.asked, codes_left=state.codes_left))


@ROUTES.post(
    "/me/second-factor", "viewer", "Begin a second factor.", status=201, in_person=True, for_factor=True
)
def begin_factor(caller: Caller) -> Reply[NewFactorJson]:
    """It is asked for once a first code of it was right."""
    made = second_factor.begin(caller.connector, caller.actor)
    return Reply(
        NewFactorJson(secret=made.secret, address=made.address),
        UNKEPT,
        again=NewFactorJson(secret=None, address=None),
    )


@ROUTES.post(
    "/me/second-factor/confirm",
    "viewer",
    "Have codes asked for from now on.",
    in_person=True,
    for_factor=True,
)
def confirm_factor(caller: Caller, body: CodeBody) -> Reply[RecoveryCodesJson]:
    """By a first code of the app; the recovery codes are shown once."""
    address = request.remote_addr or "unknown"
    codes = second_factor.confirm(caller.connector, caller.actor, body.code, address)
    return Reply(RecoveryCodesJson(codes=list(codes)), UNKEPT, again=RecoveryCodesJson(codes=None))


@ROUTES.post("/me/second-factor/codes", "viewer", "Make new recovery codes.", in_person=True)
def renew_codes(caller: Caller) -> Reply[RecoveryCodesJson]:
    """Those before work no more."""
    codes = second_factor.renew_codes(caller.connector, caller.actor)
    return Reply(RecoveryCodesJson(codes=list(codes)), UNKEPT, again=RecoveryCodesJson(codes=None))


@ROUTES.delete("/me/second-factor", "viewer", "Take your second factor away.", in_person=True)
def remove_factor(caller: Caller) -> Reply[OutcomeJson]:
    """Signing in takes the password alone again."""
    second_factor.remove(caller.connector, caller.actor)
    return Reply(OutcomeJson(said="Signing in takes the password alone again."))


def _session(one: SessionSummary) -> SessionJson:
    return SessionJson(
        name=one.name,
        begun=one.begun,
        seen=one.seen,
        address=one.address,
        browser=one.browser,
        this=one.is_this,
    )


def _values(token: ApiToken) -> PlainValues:
    return {
        "id": token.id,
        "name": token.name,
        "scopes": sorted(token.scopes),
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "last_used_at": token.last_used_at,
    }
