"""Sessions: a signed cookie that names an account and the generation of its sessions, and ends by itself.

The cookie is all there is, so signing in makes a new one (nothing from before is carried over), and one act ends all of an account.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import session

from connectors.store import accounts
from connectors.store.accounts import Account
from connectors.store.instant import from_ms, to_ms
from plugin.access.permission import Permission
from plugin.access.person import Person
from plugin.connector import Connector

IDLE = timedelta(hours=8)
LONGEST = timedelta(days=7)
SEEN_EVERY = timedelta(minutes=1)
"""How often the cookie is renewed; not on every request, so that answers that come in any order do no harm."""


def begin(account: Account, now: datetime) -> None:
    """Sign in: forget everything that was in the cookie, and name the account."""
    session.clear()
    at = to_ms(now)
    session.update(account=account.id, generation=account.generation, begun=at, seen=at)


def end() -> None:
    """Sign out here."""
    session.clear()


def person(connector: Connector) -> Person | None:
    """Whom the cookie of this request stands for."""
    claim = dict(session)
    now = connector.clock()
    if not isinstance(claim.get("account"), int):
        return None
    with connector.store.read() as conn:
        account = accounts.get(conn, claim["account"])
    if account is None or not holds(claim, account, now):
        return None
    if now - from_ms(claim["seen"]) >= SEEN_EVERY:
        session["seen"] = to_ms(now)
    return Person(account.id, account.email, account.name, Permission(account.role))


def holds(claim: Mapping[str, Any], account: Account, now: datetime) -> bool:
    """Whether a cookie's claim still stands: the account is open, the generation is this one, and neither time has run out."""
    if account.disabled_at is not None or claim.get("generation") != account.generation:
        return False
    begun, seen = claim.get("begun"), claim.get("seen")
    if not isinstance(begun, int) or not isinstance(seen, int):
        return False
    return now - from_ms(begun) < LONGEST and now - from_ms(seen) < IDLE
