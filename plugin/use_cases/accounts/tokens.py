"""API tokens: one's own, and for operators those of everybody. A token is shown once and never does more than its account may."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from connectors.store.people import accounts
from connectors.store.people import tokens as store
from connectors.store.people.accounts import Account
from connectors.store.people.tokens import ApiToken
from plugin.access.authentication import tokens
from plugin.access.authorization.actor import Actor
from plugin.access.authorization.refusal import AccessRefusal
from plugin.next_steps import TOKEN_OF_ANOTHER
from plugin.runtime.connector import Connector
from plugin.use_cases.accounts.proof import require_proof
from plugin.use_cases.permission import ADMIN, VIEWER, act, question

__all__ = ["AccountToken", "ApiToken", "list_all", "list_own", "make", "make_for", "revoke", "revoke_own"]


DAYS_UNPROVED = 1


@dataclass(frozen=True, slots=True)
class AccountToken:
    """A token and the address of the account it belongs to."""

    token: ApiToken
    owner: str


@question(VIEWER)
def list_own(connector: Connector, actor: Actor) -> tuple[ApiToken, ...]:
    """One's own, without their text, which is not kept."""
    with connector.store.read() as conn:
        return tuple(store.load_all(conn, actor.account_id))


@act(VIEWER)
def make(
    connector: Connector, actor: Actor, account: Account, name: str, scopes: Sequence[str], days: int
) -> tuple[str, ApiToken]:
    """A token for one's own account: its text, which is seen this once, and what is kept of it.

    One that lasts longer than a day takes that they said of late who they are (MissingProof): it outlives the session.
    """
    if account.id != actor.account_id:
        raise AccessRefusal("A token is made for one's own account.", step=TOKEN_OF_ANOTHER)
    if days > DAYS_UNPROVED:
        require_proof(actor, connector.clock())
    text = tokens.issue(connector, account, name, scopes, days, actor.label)
    with connector.store.read() as conn:
        made = store.valid(conn, tokens.hash_of(text), connector.clock())
    if made is None:
        raise AccessRefusal("The token was revoked, or the account closed, at the same moment.")
    return text, made


@act(VIEWER)
def revoke_own(connector: Connector, actor: Actor, token_id: int) -> ApiToken | None:
    """Take one's own token away at once; None where there is none of this number."""
    return tokens.revoke(connector, token_id, actor.label, actor.account_id)


@question(ADMIN)
def list_all(connector: Connector, _actor: Actor) -> tuple[AccountToken, ...]:
    """Every token with whose it is."""
    with connector.store.read() as conn:
        owners = {one.id: one.email for one in accounts.load_all(conn)}
        return tuple(AccountToken(one, owners[one.account_id]) for one in store.load_all(conn))


@act(ADMIN)
def make_for(
    connector: Connector, actor: Actor, account: Account, name: str, scopes: Sequence[str], days: int
) -> str:
    """A token for somebody's account: its text, which is seen this once."""
    return tokens.issue(connector, account, name, scopes, days, actor.label)


@act(ADMIN)
def revoke(connector: Connector, actor: Actor, token_id: int) -> ApiToken | None:
    """Take any token away at once; None where there is none of this number."""
    return tokens.revoke(connector, token_id, actor.label)
