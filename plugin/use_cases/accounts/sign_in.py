"""Signing in with a password, and a code where the account has a second factor: throttled, in constant time, and in the audit log whether it works or not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from connectors.store.people import accounts, audit, second_factors
from connectors.store.people.accounts import Account
from plugin.access.authentication import passwords, throttle
from plugin.access.authorization import members
from plugin.access.authorization.actor import Actor
from plugin.runtime.connector import Connector
from plugin.use_cases.accounts import second_factor
from plugin.use_cases.permission import PUBLIC, act
from plugin.use_cases.record.refusals import note_refusal


@dataclass(frozen=True, slots=True)
class SignInResult:
    """What was asked for was right."""

    account: Account


@dataclass(frozen=True, slots=True)
class SecondFactorChallenge:
    """The password was right; the account has a second factor."""

    account: Account


@dataclass(frozen=True, slots=True)
class WrongSignIn:
    """No such account, a wrong password or a closed account: which of them is not said."""


@dataclass(frozen=True, slots=True)
class AttemptPause:
    """Nothing was looked at; wait this long."""

    wait: timedelta


@act(PUBLIC)
def sign_in(
    connector: Connector, actor: Actor, email: str, password: str, address: str
) -> SignInResult | SecondFactorChallenge | WrongSignIn | AttemptPause:
    """Try a password from an address of the network; Refused where passwords are off."""
    members.require_local(connector)
    now = connector.clock()
    wait = throttle.attempt(connector.store, email, address, now)
    if wait:
        note_refusal(connector, actor, "sign-in held off", address, {})
        return AttemptPause(wait)
    with connector.store.read() as conn:
        account = accounts.by_email(conn, email)
        factor = account is not None and second_factors.is_asked(conn, account.id)
    right = passwords.matches(None if account is None else account.password_hash, password)
    if account is None or not right or account.disabled_at is not None:
        _note_failure(connector, account, address, right)
        return WrongSignIn()
    _renew(connector, account, password, address)
    if factor:
        return SecondFactorChallenge(account)
    _note_success(connector, account, address, "password")
    return SignInResult(account)


@act(PUBLIC)
def sign_in_with_code(
    connector: Connector, _actor: Actor, account: Account, code: str, address: str
) -> SignInResult | WrongSignIn | AttemptPause:
    """Try a code for somebody whose password was right a moment ago: one of their app, or a recovery code."""
    outcome = second_factor.try_code(connector, account, code, address)
    if isinstance(outcome, timedelta):
        return AttemptPause(outcome)
    if not outcome:
        _note(connector, account.email, "sign-in failed", {"from": address, "reason": "wrong code"})
        return WrongSignIn()
    _note_success(connector, account, address, f"password and {outcome}")
    return SignInResult(account)


def _renew(connector: Connector, account: Account, password: str, address: str) -> None:
    stale = account.password_hash is not None and passwords.is_outdated(account.password_hash)
    renewed = passwords.hash_password(password) if stale else None
    with connector.store.write() as conn:
        throttle.note_success(conn, account.email, address)
        if renewed is not None:
            accounts.renew_hash(conn, account.id, renewed)


def _note_success(connector: Connector, account: Account, address: str, by: str) -> None:
    _note(connector, account.email, "signed in", {"from": address, "by": by})


def _note_failure(connector: Connector, account: Account | None, address: str, right: bool) -> None:
    # What was typed is not kept where it is no account: people type their password into the wrong field.
    who = "unknown account" if account is None else account.email
    reason = "no such account" if account is None else "account disabled" if right else "wrong password"
    _note(connector, who, "sign-in failed", {"from": address, "reason": reason})


def _note(connector: Connector, who: str, what: str, detail: dict[str, str]) -> None:
    with connector.store.write() as conn:
        audit.note(conn, who, what, connector.clock(), detail)
