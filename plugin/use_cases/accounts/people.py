"""People: who may sign in, and as what. Every change is in the audit log; the last admin stays one."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from connectors.store.people import accounts
from connectors.store.people.accounts import Account
from plugin.access.authorization import members
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector
from plugin.use_cases.permission import ADMIN, VIEWER, act, question

__all__ = [
    "Account",
    "add",
    "change_role",
    "disable",
    "enable",
    "generated_password",
    "list_people",
    "names",
    "person",
    "person_called",
    "remove",
    "require_new",
    "set_password",
    "sign_out",
]


def generated_password() -> str:
    """A password to be handed over, and changed by whoever gets it."""
    return secrets.token_urlsafe(12)


@question(ADMIN)
def list_people(connector: Connector, _actor: Actor) -> tuple[Account, ...]:
    """Every account."""
    with connector.store.read() as conn:
        return tuple(accounts.load_all(conn))


@question(VIEWER)
def names(connector: Connector, _actor: Actor) -> Mapping[str, str]:
    """How people are called, by the address of their account."""
    with connector.store.read() as conn:
        return {one.email: one.name for one in accounts.load_all(conn) if one.name}


@question(ADMIN)
def person(connector: Connector, _actor: Actor, account_id: int) -> Account | None:
    """One of them, None where there is none of this number."""
    with connector.store.read() as conn:
        return accounts.get(conn, account_id)


@question(ADMIN)
def person_called(connector: Connector, _actor: Actor, email: str) -> Account:
    """The account of an address; raises AccessRefusal where there is none."""
    return members.find(connector, email)


@question(ADMIN)
def require_new(connector: Connector, _actor: Actor, email: str) -> None:
    """Refused where `add` would refuse the address whatever the password is."""
    members.require_new(connector, email)


@act(ADMIN)
def add(
    connector: Connector,
    actor: Actor,
    email: str,
    name: str,
    role: str,
    password: str | None,
    *,
    own: bool = False,
) -> Account:
    """Add an account; without a password it can sign in by OIDC alone. They have to change the password unless it is their own choice."""
    return members.add(connector, email, name, role, password, actor.label, given=not own)


@act(ADMIN)
def change_role(connector: Connector, actor: Actor, account: Account, role: str) -> None:
    """Give another role; it counts from the next request on."""
    members.change_role(connector, account, role, actor.label)


@act(ADMIN)
def disable(connector: Connector, actor: Actor, account: Account) -> None:
    """Let the account in no more: its sessions end and its tokens stop working at once."""
    members.disable(connector, account, actor.label)


@act(ADMIN)
def enable(connector: Connector, actor: Actor, account: Account) -> None:
    """Let the account in again."""
    members.enable(connector, account, actor.label)


@act(ADMIN)
def set_password(
    connector: Connector, actor: Actor, account: Account, password: str, *, own: bool = False
) -> None:
    """Another password, which they have to change unless it is their own choice; whoever is signed in as them has to sign in anew."""
    members.set_password(connector, account, password, actor.label, given=not own)


@act(ADMIN)
def sign_out(connector: Connector, actor: Actor, account: Account) -> None:
    """Sign the account out everywhere; its tokens go on working."""
    members.end_sessions(connector, account, actor.label)


@act(ADMIN)
def remove(connector: Connector, actor: Actor, account: Account) -> None:
    """Take the account away with its tokens; what it did stays in the audit log under its address."""
    members.remove(connector, account, actor.label)
