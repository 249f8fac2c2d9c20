"""`/tokens` and what is below `/me`: one's own API tokens, password and sessions. Only who signed in may change them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from flask import request
from pydantic import Field

from connectors.store import accounts
from connectors.store import tokens as store
from connectors.store.accounts import Account
from connectors.store.tokens import Token
from plugin.access import members, own_password, sessions, tokens
from plugin.access.person import present
from plugin.access.refusal import Refused
from plugin.api.cursor import cursor, list_name, position
from plugin.api.failures import not_found
from plugin.api.model import Asked, Done, Given, ListQuery, Page, Word
from plugin.api.operation import JSON, UNKEPT, Call, Operation, Reply

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

    name: Word = Field(
        max_length=tokens.LONGEST_NAME, description="What uses it, for example: nightly export."
    )
    scopes: list[Scope] = Field(min_length=1, max_length=4, description="What it may do.")
    days: int = Field(tokens.DEFAULT_DAYS, ge=1, le=tokens.LONGEST_DAYS, description="How long it lasts.")


class ChangePassword(Asked):
    """The present password, and the one to come."""

    current: Word = Field(max_length=1024)
    new: Word = Field(max_length=1024)


def list_tokens(call: Call) -> Reply:
    """Yours alone, in the order in which they were made."""
    name = list_name("tokens", call.query)
    after = position(call.query.cursor, name, (int,))
    with call.connector.store.read() as conn:
        found = store.all(conn, present().account_id)
    left = [one for one in found if after is None or one.id > int(after[0])]
    shown = left[: call.query.limit]
    return Reply(
        Page[TokenGiven](
            items=[TokenGiven(**_values(one)) for one in shown],
            next=cursor(name, shown[-1].id) if len(left) > len(shown) else None,
        )
    )


def make_token(call: Call) -> Reply:
    """Its text is shown once; only a hash of it is kept."""
    asked = call.body
    text = tokens.issue(call.connector, own_account(call), asked.name, asked.scopes, asked.days, call.by)
    with call.connector.store.read() as conn:
        made = store.valid(conn, tokens.hash_of(text), call.connector.clock())
    if made is None:
        raise Refused("The token was revoked, or the account closed, at the same moment.")
    values = _values(made)
    return Reply(TokenMade(**values, text=text), UNKEPT, again=TokenMade(**values, text=None))


def revoke_token(call: Call) -> Reply:
    """What uses it is refused at once."""
    number = call.path["token"]
    found = tokens.revoke(call.connector, number, call.by, present().account_id)
    if found is None:
        raise not_found("token", number, "GET /api/v1/tokens lists yours.")
    return Reply(Done(said=f"The token {found.name} is revoked."))


def change_password(call: Call) -> Reply:
    """This session goes on under a new cookie; all others end."""
    address = request.remote_addr or "unknown"
    own_password.change(call.connector, own_account(call), call.body.current, call.body.new, address)
    sessions.begin(call.connector, own_account(call))
    return Reply(
        Done(said="The password is changed. Whoever else was signed in as you has to sign in again.")
    )


def sign_out_everywhere(call: Call) -> Reply:
    """This session ends too. Tokens go on working."""
    members.end_sessions(call.connector, own_account(call), call.by)
    sessions.end(call.connector)
    return Reply(Done(said="You are signed out everywhere."))


def own_account(call: Call) -> Account:
    """The account of who asks."""
    with call.connector.store.read() as conn:
        account = accounts.get(conn, present().account_id)
    if account is None:
        raise Refused("This account is gone.")
    return account


def _values(token: Token) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "scopes": sorted(token.scopes),
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "last_used_at": token.last_used_at,
    }


OPERATIONS = (
    Operation(
        "list_tokens",
        "GET",
        "/tokens",
        "viewer",
        "Your API tokens, without their text.",
        list_tokens,
        {JSON: Page[TokenGiven]},
        ListQuery,
    ),
    Operation(
        "make_token",
        "POST",
        "/tokens",
        "viewer",
        "Make an API token, which is shown once.",
        make_token,
        {JSON: TokenMade},
        body=MakeToken,
        status=201,
        in_person=True,
    ),
    Operation(
        "revoke_token",
        "DELETE",
        "/tokens/{token}",
        "viewer",
        "Revoke a token of yours.",
        revoke_token,
        {JSON: Done},
        in_person=True,
    ),
    Operation(
        "change_own_password",
        "POST",
        "/me/password",
        "viewer",
        "Change your password.",
        change_password,
        {JSON: Done},
        body=ChangePassword,
        in_person=True,
    ),
    Operation(
        "sign_out_everywhere",
        "POST",
        "/me/sign-out-everywhere",
        "viewer",
        "End all your sessions.",
        sign_out_everywhere,
        {JSON: Done},
        in_person=True,
    ),
)
