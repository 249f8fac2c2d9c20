"""One's own account: who one is, another password, where one is signed in, and saying once more who one is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from connectors.store.people import accounts, audit, open_sessions
from connectors.store.people.accounts import Account
from connectors.store.people.open_sessions import OpenSession
from plugin.access.authentication import own_password
from plugin.access.authentication.sessions import IDLE, LONGEST
from plugin.access.authentication.tokens import hash_of
from plugin.access.authorization import members
from plugin.access.authorization.actor import Actor
from plugin.access.authorization.refusal import AccessRefusal
from plugin.runtime.connector import Connector
from plugin.use_cases.permission import ADMIN, VIEWER, act, question

__all__ = [
    "Account",
    "SessionSummary",
    "change_password",
    "end_session",
    "list_sessions",
    "own_account",
    "prove_by_password",
    "sessions_of",
    "sign_out_everywhere",
]

SHORT = 12


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """One place where somebody is signed in. `name` stands for it; what opens it is not shown."""

    name: str
    begun: datetime
    seen: datetime
    address: str
    browser: str
    is_this: bool = False


@question(VIEWER)
def own_account(connector: Connector, actor: Actor) -> Account:
    """The account of who asks; raises AccessRefusal where it went meanwhile."""
    with connector.store.read() as conn:
        account = accounts.get(conn, actor.account_id)
    if account is None:
        raise AccessRefusal("This account is gone.")
    return account


@act(VIEWER)
def change_password(connector: Connector, actor: Actor, current: str, new: str, address: str) -> None:
    """Another password for who knows the present one; all sessions end. Raises AccessRefusal where it is not right, or asked too often."""
    own_password.change(connector, own_account(connector, actor), current, new, address)


@act(VIEWER)
def prove_by_password(connector: Connector, actor: Actor, current: str, address: str) -> None:
    """They say once more who they are, by their present password; Refused where it is not right, or asked too often."""
    account = own_account(connector, actor)
    own_password.require(connector, account, current, address, "confirmation refused")


@act(VIEWER)
def sign_out_everywhere(connector: Connector, actor: Actor) -> None:
    """End all one's sessions; tokens go on working."""
    members.end_sessions(connector, own_account(connector, actor), actor.label)


@question(VIEWER)
def list_sessions(connector: Connector, actor: Actor, this: str = "") -> tuple[SessionSummary, ...]:
    """Where one is signed in, the last used first; `this` is the id of the session that asks."""
    return _sessions(connector, actor.account_id, this)


@question(ADMIN)
def sessions_of(connector: Connector, _actor: Actor, account: Account) -> tuple[SessionSummary, ...]:
    """Where somebody is signed in."""
    return _sessions(connector, account.id, "")


@act(VIEWER)
def end_session(connector: Connector, actor: Actor, name: str) -> bool:
    """End one of one's own sessions; False where there is none of this name."""
    with connector.store.write() as conn:
        found = [one for one in open_sessions.load_sessions(conn, actor.account_id) if _name(one) == name]
        for one in found:
            open_sessions.end(conn, one.id)
            audit.note(conn, actor.label, "session ended", connector.clock(), {"from": one.address})
    return bool(found)


def _sessions(connector: Connector, account_id: int, this: str) -> tuple[SessionSummary, ...]:
    now = connector.clock()
    with connector.store.read() as conn:
        found = open_sessions.load_sessions(conn, account_id)
    return tuple(
        SessionSummary(
            name=_name(one),
            begun=one.begun,
            seen=one.seen,
            address=one.address,
            browser=one.browser,
            is_this=one.id == this,
        )
        for one in found
        if now - one.begun < LONGEST and now - one.seen < IDLE
    )


def _name(one: OpenSession) -> str:
    return hash_of(one.id)[:SHORT]
