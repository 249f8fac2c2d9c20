"""The second factor of a local account: set up, confirmed by a code, taken away by its owner or, where it is lost, by an admin.

It is asked for after the password; who signs in at the provider has a second factor there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from urllib.parse import urlsplit

from sqlalchemy import Connection

from connectors.store.people import audit, second_factors
from connectors.store.people.accounts import Account
from plugin.access.authentication import second_factor, throttle
from plugin.access.authentication.tokens import hash_of
from plugin.access.authorization.actor import Actor
from plugin.access.authorization.refusal import AccessRefusal
from plugin.runtime.connector import Connector
from plugin.runtime.credentials_vault import vault
from plugin.use_cases.accounts.own_account import own_account
from plugin.use_cases.accounts.proof import require_proof
from plugin.use_cases.permission import ADMIN, VIEWER, act, question

Means = Literal["code", "recovery code"]
NONE_BEGUN = "Begin again: there is no second factor that waits for its first code."


@dataclass(frozen=True, slots=True)
class FactorState:
    """Whether signing in takes a code, and how many recovery codes are left."""

    asked: bool
    codes_left: int


@dataclass(frozen=True, slots=True)
class NewFactor:
    """What an authenticator app takes: the address as a QR code or a tap, or the secret by hand. Shown once."""

    secret: str
    address: str

    def __repr__(self) -> str:
        return "NewFactor(…)"


@question(VIEWER)
def factor_state(connector: Connector, actor: Actor) -> FactorState:
    """That of one's own account."""
    with connector.store.read() as conn:
        asked = second_factors.is_asked(conn, actor.account_id)
        return FactorState(asked, second_factors.codes_left(conn, actor.account_id))


@question(ADMIN)
def with_factor(connector: Connector, _actor: Actor) -> frozenset[int]:
    """The accounts whose sign-in takes a code."""
    with connector.store.read() as conn:
        return second_factors.holders(conn)


@act(VIEWER)
def begin(connector: Connector, actor: Actor) -> NewFactor:
    """A new secret for one's own account. It is asked for at sign-in once a code of it was right."""
    account = own_account(connector, actor)
    require_proof(actor, connector.clock())
    if account.password_hash is None:
        raise AccessRefusal("You sign in at your provider; a second factor is set up there.")
    secret = second_factor.new_secret()
    with connector.store.write() as conn:
        if second_factors.is_asked(conn, account.id):
            raise AccessRefusal("Signing in takes a code already. Take the second factor away first.")
        second_factors.put(conn, account.id, vault(connector.settings).seal({"secret": secret}))
    return _shown(connector, account, secret)


@question(VIEWER)
def factor_to_confirm(connector: Connector, actor: Actor) -> NewFactor | None:
    """The secret that waits for its first code, as it was shown; None where there is none, or signing in takes codes already."""
    with connector.store.read() as conn:
        kept = second_factors.get(conn, actor.account_id)
    if kept is None or kept.confirmed_at is not None:
        return None
    secret = vault(connector.settings).open(kept.sealed)["secret"]
    return _shown(connector, own_account(connector, actor), secret)


@act(VIEWER)
def confirm(connector: Connector, actor: Actor, code: str, address: str) -> tuple[str, ...]:
    """Show that the app makes the right codes; from now on signing in takes one. The recovery codes, which are seen this once."""
    account = own_account(connector, actor)
    with connector.store.read() as conn:
        kept = second_factors.get(conn, account.id)
    if kept is None or kept.confirmed_at is not None:
        raise AccessRefusal(NONE_BEGUN)
    tried_code = try_code(connector, account, code, address)
    if isinstance(tried_code, timedelta):
        raise AccessRefusal("Too many attempts. Wait a quarter of an hour, then begin again.")
    if tried_code != "code":
        raise AccessRefusal("That is not the code of now. Type the one that the app shows.", "code")
    codes = second_factor.recovery_codes()
    with connector.store.write() as conn:
        second_factors.confirm(conn, account.id, connector.clock())
        _keep(conn, account, codes)
        _note(connector, conn, actor, "second factor set up", account)
    return codes


@act(VIEWER)
def prove_by_code(connector: Connector, actor: Actor, code: str, address: str) -> None:
    """They say once more who they are, by a code where signing in takes one; Refused where it is not right, or asked too often."""
    account = own_account(connector, actor)
    if not factor_state(connector, actor).asked:
        return
    found = try_code(connector, account, code, address)
    if isinstance(found, timedelta):
        raise AccessRefusal("Too many attempts. Wait a quarter of an hour, then try again.", "code")
    if not found:
        raise AccessRefusal("That is not the code of now, nor a recovery code that is left.", "code")


@act(VIEWER)
def renew_codes(connector: Connector, actor: Actor) -> tuple[str, ...]:
    """Recovery codes in the place of those before, which work no more."""
    account = own_account(connector, actor)
    require_proof(actor, connector.clock())
    codes = second_factor.recovery_codes()
    with connector.store.write() as conn:
        if not second_factors.is_asked(conn, account.id):
            raise AccessRefusal("There is no second factor. Set one up first.")
        _keep(conn, account, codes)
        _note(connector, conn, actor, "recovery codes renewed", account)
    return codes


@act(VIEWER)
def remove(connector: Connector, actor: Actor) -> None:
    """Sign in by the password alone again."""
    account = own_account(connector, actor)
    require_proof(actor, connector.clock())
    _remove(connector, actor, account)


@act(ADMIN)
def remove_for(connector: Connector, actor: Actor, account: Account) -> None:
    """Take away the second factor of somebody who lost it; they set up another one. Refused where there is none."""
    _remove(connector, actor, account)


def try_code(
    connector: Connector, account: Account, code: str, address: str
) -> Means | Literal[""] | timedelta:
    """What was right, and is used up by that; nothing where nothing was, or how long to wait where it was tried too often."""
    now, counted = connector.clock(), f"code of {account.email}"
    wait = throttle.attempt(connector.store, counted, address, now)
    if wait:
        return wait
    with connector.store.read() as conn:
        kept = second_factors.get(conn, account.id)
    if kept is None:
        return ""
    secret = vault(connector.settings).open(kept.sealed)["secret"]
    step = second_factor.step_of(secret, code, now)
    with connector.store.write() as conn:
        found: Means | Literal[""] = ""
        if step is not None and second_factors.use_step(conn, account.id, step):
            found = "code"
        elif second_factors.use_code(conn, account.id, _hash(account, code)):
            found = "recovery code"
            detail = {"account": account.email, "left": second_factors.codes_left(conn, account.id)}
            audit.note(conn, account.email, "recovery code used", now, detail)
        if found:
            throttle.note_success(conn, counted, address)
    return found


def _shown(connector: Connector, account: Account, secret: str) -> NewFactor:
    place = urlsplit(connector.settings.public_url).hostname or ""
    return NewFactor(secret, second_factor.address(secret, account.email, place))


def _remove(connector: Connector, actor: Actor, account: Account) -> None:
    with connector.store.write() as conn:
        if not second_factors.remove(conn, account.id):
            raise AccessRefusal(f"{account.email} has no second factor.")
        _note(connector, conn, actor, "second factor removed", account)


def _keep(conn: Connection, account: Account, codes: Sequence[str]) -> None:
    second_factors.put_codes(conn, account.id, [_hash(account, code) for code in codes])


def _note(connector: Connector, conn: Connection, actor: Actor, what: str, account: Account) -> None:
    audit.note(conn, actor.label, what, connector.clock(), {"account": account.email})


def _hash(account: Account, code: str) -> str:
    """What is kept of a recovery code: 80 random bits cannot be guessed, so a slow hash would only slow us down."""
    return hash_of(f"{account.id}:{second_factor.bare(code)}")
