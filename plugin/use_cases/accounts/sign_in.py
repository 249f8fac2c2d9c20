"""Signing in with a password: throttled, in constant time, and in the audit log whether it works or not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from connectors.store.people import accounts, audit
from connectors.store.people.accounts import Account
from plugin.access.authentication import passwords, throttle
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector
from plugin.use_cases.permission import PUBLIC, act


@dataclass(frozen=True, slots=True)
class RightPassword:
    """The password was right."""

    account: Account


@dataclass(frozen=True, slots=True)
class Wrong:
    """No such account, a wrong password or a closed account: which of them is not said."""


@dataclass(frozen=True, slots=True)
class TooOften:
    """Nothing was looked at; wait this long."""

    wait: timedelta


@act(PUBLIC)
def sign_in(
    connector: Connector, _actor: Actor, email: str, password: str, address: str
) -> RightPassword | Wrong | TooOften:
    """Try a password from an address of the network."""
    now = connector.clock()
    wait = throttle.attempt(connector.store, email, address, now)
    if wait:
        return TooOften(wait)
    with connector.store.read() as conn:
        account = accounts.by_email(conn, email)
    right = passwords.matches(None if account is None else account.password_hash, password)
    if account is None or not right or account.disabled_at is not None:
        _note_failure(connector, account, address, right)
        return Wrong()
    return RightPassword(_admit(connector, account, email, password, address))


def _admit(connector: Connector, account: Account, email: str, password: str, address: str) -> Account:
    now = connector.clock()
    stale = account.password_hash is not None and passwords.is_outdated(account.password_hash)
    renewed = passwords.hashed(password) if stale else None
    with connector.store.write() as conn:
        throttle.succeeded(conn, email, address)
        if renewed is not None:
            accounts.set_password(conn, account.id, renewed)
        audit.note(conn, account.email, "signed in", now, {"from": address, "by": "password"})
    return account


def _note_failure(connector: Connector, account: Account | None, address: str, right: bool) -> None:
    # What was typed is not kept where it is no account: people type their password into the wrong field.
    who = "unknown account" if account is None else account.email
    reason = "no such account" if account is None else "account disabled" if right else "wrong password"
    with connector.store.write() as conn:
        audit.note(conn, who, "sign-in failed", connector.clock(), {"from": address, "reason": reason})
