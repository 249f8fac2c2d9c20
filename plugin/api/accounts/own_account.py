"""`/tokens` and what is below `/me`: one's own API tokens, password and sessions. Only who signed in may change them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from flask import request
from pydantic import Field

from mappings.json_value import PlainValues
from plugin.access.authentication import sessions
from plugin.access.authentication.tokens import DEFAULT_DAYS, LONGEST_DAYS, LONGEST_NAME
from plugin.api.protocol.addresses import TokenAddress
from plugin.api.protocol.operation import UNKEPT, Caller, Reply, Routes
from plugin.doors.cursor import cursor, list_name, position
from plugin.doors.model import Asked, Done, Given, ListQuery, Page, Word
from plugin.doors.refusal import not_found
from plugin.use_cases.accounts import own_account as own
from plugin.use_cases.accounts import tokens
from plugin.use_cases.accounts.own_account import own_account
from plugin.use_cases.accounts.tokens import ApiToken

ROUTES = Routes()

Scope = Literal["read", "write", "admin", "people"]


class TokenGiven(Given):
    """One token of yours. Its text is not kept, so it is not here."""

    id: int
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class TokenMade(TokenGiven):
    """A new token. `text` is given this once: null in an answer that is given again."""

    text: str | None


class MakeToken(Asked):
    """A token for a program. It never does more than you may."""

    name: Word = Field(max_length=LONGEST_NAME, description="What uses it, for example: nightly export.")
    scopes: list[Scope] = Field(min_length=1, max_length=4, description="What it may do.")
    days: int = Field(DEFAULT_DAYS, ge=1, le=LONGEST_DAYS, description="How long it lasts.")


class ChangePassword(Asked):
    """The present password, and the one to come."""

    current: Word = Field(max_length=1024)
    new: Word = Field(max_length=1024)


@ROUTES.get("/tokens", "viewer", "Your API tokens, without their text.")
def list_tokens(caller: Caller, query: ListQuery) -> Reply[Page[TokenGiven]]:
    """Yours alone, in the order in which they were made."""
    name = list_name("tokens", query)
    after = position(query.cursor, name, (int,))
    found = tokens.list_own(caller.connector, caller.actor)
    left = [one for one in found if after is None or one.id > int(after[0])]
    shown = left[: query.limit]
    return Reply(
        Page[TokenGiven](
            items=[TokenGiven.model_validate(_values(one)) for one in shown],
            next=cursor(name, shown[-1].id) if len(left) > len(shown) else None,
        )
    )


@ROUTES.post("/tokens", "viewer", "Make an API token, which is shown once.", status=201, in_person=True)
def make_token(caller: Caller, body: MakeToken) -> Reply[TokenMade]:
    """Its text is shown once; only a hash of it is kept."""
    account = own_account(caller.connector, caller.actor)
    text, made = tokens.make(caller.connector, caller.actor, account, body.name, body.scopes, body.days)
    values = _values(made)
    told, again = (TokenMade.model_validate({**values, "text": said}) for said in (text, None))
    return Reply(told, UNKEPT, again=again)


@ROUTES.delete("/tokens/{token}", "viewer", "Revoke a token of yours.", in_person=True)
def revoke_token(caller: Caller, path: TokenAddress) -> Reply[Done]:
    """What uses it is refused at once."""
    number = path.token
    found = tokens.revoke_own(caller.connector, caller.actor, number)
    if found is None:
        raise not_found("token", number, "GET /api/v1/tokens lists yours.")
    return Reply(Done(said=f"The token {found.name} is revoked."))


@ROUTES.post("/me/password", "viewer", "Change your password.", in_person=True)
def change_own_password(caller: Caller, body: ChangePassword) -> Reply[Done]:
    """This session goes on under a new cookie; all others end."""
    address = request.remote_addr or "unknown"
    own.change_password(caller.connector, caller.actor, body.current, body.new, address)
    sessions.begin(caller.connector, own_account(caller.connector, caller.actor))
    return Reply(
        Done(said="The password is changed. Whoever else was signed in as you has to sign in again.")
    )


@ROUTES.post("/me/sign-out-everywhere", "viewer", "End all your sessions.", in_person=True)
def sign_out_everywhere(caller: Caller) -> Reply[Done]:
    """This session ends too. Tokens go on working."""
    own.sign_out_everywhere(caller.connector, caller.actor)
    sessions.end(caller.connector)
    return Reply(Done(said="You are signed out everywhere."))


def _values(token: ApiToken) -> PlainValues:
    return {
        "id": token.id,
        "name": token.name,
        "scopes": sorted(token.scopes),
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "last_used_at": token.last_used_at,
    }
