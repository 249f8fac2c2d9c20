"""Sessions: a signed cookie that names itself, an account and the generation of its sessions, and ends by itself.

Nothing is stored of those that are open: signing in makes a new cookie (nothing from before is carried over), signing out notes
in the store that this one has ended, wherever a copy of it may be, and one act ends all of an account.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from flask import session

from connectors.store.database.instant import from_ms, to_ms
from connectors.store.people import accounts, ended_sessions
from connectors.store.people.accounts import Account
from plugin.access.authorization.permission import Permission
from plugin.access.authorization.person import Person
from plugin.runtime.connector import Connector

IDLE = timedelta(hours=8)
LONGEST = timedelta(days=7)
SEEN_EVERY = timedelta(minutes=1)
"""How often the cookie is renewed; not on every request, so that answers that come in any order do no harm."""
AHEAD = timedelta(minutes=5)
"""By so much the clocks of two processes may differ. A session that was begun later than that, while a clock was wrong, would not end for as long."""


def begin(connector: Connector, account: Account) -> None:
    """Sign in: end the session that was in the cookie, forget everything else in it, and name the account."""
    end(connector)
    at = to_ms(connector.clock())
    session.update(id=secrets.token_urlsafe(18), begun=at, seen=at, **_named(account))


def end(connector: Connector) -> None:
    """Sign out here: this session is over for every copy of its cookie; others of the account go on."""
    claim = dict(session)
    session.clear()
    if isinstance(claim.get("id"), str) and isinstance(claim.get("begun"), int):
        with connector.store.write() as conn:
            ended_sessions.end(conn, claim["id"], from_ms(claim["begun"]) + LONGEST, connector.clock())


def person(connector: Connector) -> Person | None:
    """Whom the cookie of this request stands for."""
    claim = dict(session)
    now = connector.clock()
    if not isinstance(claim.get("account"), int) or not isinstance(claim.get("id"), str):
        return None
    with connector.store.read() as conn:
        account = None if ended_sessions.has(conn, claim["id"]) else accounts.get(conn, claim["account"])
    if account is None or not holds(claim, account, now):
        return None
    if now - from_ms(claim["seen"]) >= SEEN_EVERY:
        session["seen"] = to_ms(now)
    return Person(account.id, account.email, account.name, Permission(account.role))


def carry(passed: timedelta) -> None:
    """The demo let time pass: nobody was away for that, so this session is as young as before."""
    for name in ("begun", "seen"):
        if isinstance(session.get(name), int):
            session[name] += int(passed / timedelta(milliseconds=1))


def holds(claim: Mapping[str, object], account: Account, now: datetime) -> bool:
    """Whether a cookie's claim still stands: the account is open, the generation is this one, and neither time has run out."""
    if account.disabled_at is not None or any(claim.get(k) != v for k, v in _named(account).items()):
        return False
    begun, seen = claim.get("begun"), claim.get("seen")
    if not isinstance(begun, int) or not isinstance(seen, int):
        return False
    if max(from_ms(begun), from_ms(seen)) > now + AHEAD:
        return False
    return now - from_ms(begun) < LONGEST and now - from_ms(seen) < IDLE


def _named(account: Account) -> dict[str, int]:
    """How a cookie names an account. The id alone would do for another one that got it after this one was removed."""
    return {"account": account.id, "generation": account.generation, "since": to_ms(account.created_at)}
