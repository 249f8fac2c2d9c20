"""API tokens: made once and shown once, kept as a hash, scoped, expiring. A token never does more than its account may."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from connectors.store import StoreError
from connectors.store.people import accounts, audit, tokens
from connectors.store.people.accounts import Account
from connectors.store.people.tokens import USE_IS_NOTED_EVERY, ApiToken
from plugin.access.authorization.permission import SCOPES, Permission, lesser
from plugin.access.authorization.person import Person
from plugin.access.authorization.refusal import AccessRefusal
from plugin.runtime.connector import Connector

PREFIX = "okr_"
"""Lets scanners of repositories and logs recognise a token that leaked."""

DEFAULT_DAYS = 90
LONGEST_DAYS = 366
LONGEST_NAME = 100
NOTE_PATIENCE = 0.2
"""Seconds that a request waits for others that write, to note that its token was used."""

log = structlog.get_logger("jira_okr.access")


def issue(
    connector: Connector, account: Account, name: str, scopes: Sequence[str], days: int, by: str
) -> str:
    """A new token; the only time its text is seen. Refused where scopes or days are not to be had."""
    label = name.strip()[:LONGEST_NAME]
    _refuse_unusable(account, label, scopes, days)
    text = PREFIX + secrets.token_urlsafe(32)
    now = connector.clock()
    expires = now + timedelta(days=days)
    with connector.store.write() as conn:
        tokens.add(conn, account.id, label, hash_of(text), scopes, now, expires)
        detail = {
            "account": account.email,
            "token": label,
            "scopes": sorted(scopes),
            "expires": expires.date().isoformat(),
        }
        audit.note(conn, by, "token created", now, detail)
    return text


def revoke(connector: Connector, token_id: int, by: str, account_id: int | None = None) -> ApiToken | None:
    """Take a token away at once; None where there is none, or none of this account."""
    with connector.store.write() as conn:
        found = next((one for one in tokens.load_all(conn, account_id) if one.id == token_id), None)
        if found is None:
            return None
        owner = accounts.get(conn, found.account_id)
        tokens.revoke(conn, token_id)
        detail = {"account": owner.email if owner else "", "token": found.name}
        audit.note(conn, by, "token revoked", connector.clock(), detail)
    return found


def bearer(connector: Connector, authorization: str) -> Person | None:
    """Whom an Authorization header stands for; None where its token is unknown, expired or revoked."""
    scheme, _, text = authorization.partition(" ")
    if scheme.lower() != "bearer" or not text.strip().startswith(PREFIX):
        return None
    now = connector.clock()
    with connector.store.read() as conn:
        token = tokens.valid(conn, hash_of(text.strip()), now)
        account = None if token is None else accounts.get(conn, token.account_id)
    if token is None or account is None:
        return None
    _note_use(connector, token, now)
    allowed = lesser(Permission(account.role), allowance(token.scopes))
    return Person(
        account_id=account.id,
        email=account.email,
        name=account.name,
        role=allowed,
        token=token.name,
        scopes=token.scopes,
    )


def allowance(scopes: frozenset[str]) -> Permission:
    """What these scopes allow: the most that one of them does."""
    allowed = Permission.PUBLIC
    for scope in scopes & SCOPES.keys():
        allowed = SCOPES[scope] if SCOPES[scope].includes(allowed) else allowed
    return allowed


def hash_of(text: str) -> str:
    """What is kept of a token. Its 256 random bits cannot be guessed, so a slow hash would only slow us down."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _refuse_unusable(account: Account, name: str, scopes: Sequence[str], days: int) -> None:
    unknown = sorted(set(scopes) - SCOPES.keys())
    if not name:
        raise AccessRefusal(
            "Give the token a name that says what uses it, for example: nightly export.", "name"
        )
    if unknown or not scopes:
        raise AccessRefusal(
            f"{', '.join(unknown) or 'Nothing'} is no scope. Choose one or more of: {', '.join(SCOPES)}.",
            "scope",
        )
    beyond = [scope for scope in scopes if not Permission(account.role).includes(SCOPES[scope])]
    if beyond:
        raise AccessRefusal(
            f"{account.email} is {account.role} and cannot give the scope {', '.join(beyond)} to a token. "
            "Choose a smaller scope, or let an admin change the role.",
            "scope",
        )
    if not 1 <= days <= LONGEST_DAYS:
        raise AccessRefusal(f"A token lasts 1 to {LONGEST_DAYS} days.", "days")


def _note_use(connector: Connector, token: ApiToken, now: datetime) -> None:
    """Where the database takes no writes the token opens what it opens all the same: a full disk must not keep anybody from reading."""
    if token.last_used_at is not None and now - token.last_used_at < USE_IS_NOTED_EVERY:
        return
    try:
        with connector.store.write(patience=NOTE_PATIENCE) as conn:
            tokens.note_use(conn, token, now)
    except StoreError as error:
        log.warning("that a token was used could not be noted", token=token.name, error=str(error))
