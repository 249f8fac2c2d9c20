"""Sessions: a signed cookie that names itself, an account and the generation of its sessions, and ends by itself.

Of each that is open a row is stored: signing in makes a new cookie (nothing from before is carried over) and its row; where the row
is gone the session has ended, wherever a copy of the cookie may be, and so it does in a database that was restored.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

import structlog
from flask import request, session

from connectors.store import StoreError
from connectors.store.database.instant import from_ms, to_ms
from connectors.store.people import accounts, open_sessions, second_factors
from connectors.store.people.accounts import Account
from connectors.store.people.open_sessions import OpenSession
from plugin.access.authorization.permission import Permission
from plugin.access.authorization.person import Person
from plugin.runtime.connector import Connector

Way = Literal["password", "provider", "link"]
"""How somebody proved who they are: a password here, the provider, or an operator's one-time link."""

IDLE = timedelta(hours=8)
LONGEST = timedelta(days=7)
SEEN_EVERY = timedelta(minutes=1)
"""How often the cookie is renewed; not on every request, so that answers that come in any order do no harm."""
AHEAD = timedelta(minutes=5)
"""By so much the clocks of two processes may differ. A session that was begun later than that, while a clock was wrong, would not end for as long."""
NOTE_PATIENCE = 0.2
"""Seconds that a request waits for others that write, to note that its session was used."""
CODE_WITHIN = timedelta(minutes=5)
"""So long after the password the code of the second factor is taken."""
_HALF = "half"

log = structlog.get_logger("jira_okr.access")


def begin(connector: Connector, account: Account, way: Way = "password") -> None:
    """Sign in: end the session that was in the cookie, forget everything else in it, and name the account."""
    end(connector)
    now = connector.clock()
    opened = OpenSession(
        id=secrets.token_urlsafe(18),
        account_id=account.id,
        begun=now,
        seen=now,
        address=request.remote_addr or "unknown",
        browser=request.headers.get("User-Agent", ""),
    )
    with connector.store.write() as conn:
        open_sessions.begin(conn, opened, now - LONGEST)
    at = to_ms(now)
    session.update(id=opened.id, way=way, begun=at, seen=at, proved=at, **_named(account))


def end(connector: Connector) -> None:
    """Sign out here: this session is over for every copy of its cookie; others of the account go on."""
    claim = dict(session)
    session.clear()
    if isinstance(claim.get("id"), str):
        with connector.store.write() as conn:
            open_sessions.end(conn, claim["id"])


def person(connector: Connector) -> Person | None:
    """Whom the cookie of this request stands for."""
    claim = dict(session)
    now = connector.clock()
    if not isinstance(claim.get("account"), int) or not isinstance(claim.get("id"), str):
        return None
    with connector.store.read() as conn:
        opened = open_sessions.get(conn, claim["id"])
        account = None if opened is None else accounts.get(conn, claim["account"])
        lacks = (
            account is not None
            and connector.settings.second_factor == "required"
            and claim.get("way") == "password"
            and not second_factors.is_asked(conn, account.id)
        )
    if opened is None or account is None or opened.account_id != account.id or not holds(claim, account, now):
        return None
    if claim.get("way") == "password" and connector.settings.local_accounts == "off":
        return None
    if now - from_ms(claim["seen"]) >= SEEN_EVERY:
        session["seen"] = to_ms(now)
        if now - opened.seen >= SEEN_EVERY:  # a program may go on sending the cookie that it was given first
            _note_use(connector, opened, now)
    return Person(
        account.id,
        account.email,
        account.name,
        Permission(account.role),
        session_id=opened.id,
        proved_at=from_ms(claim["proved"]) if isinstance(claim.get("proved"), int) else None,
        password_given=account.password_given_at is not None and claim.get("way") == "password",
        factor_missing=lacks,
    )


def prove(connector: Connector) -> None:
    """They said once more who they are, in this session."""
    session["proved"] = to_ms(connector.clock())


def await_code(connector: Connector, account: Account) -> None:
    """The password was right; nobody is signed in before the code of the second factor is right too."""
    end(connector)
    session[_HALF] = {"at": to_ms(connector.clock()), **_named(account)}


def awaiting_code(connector: Connector) -> Account | None:
    """Whose password was right a moment ago in this browser; None where nobody's was, or too long ago."""
    claim, now = session.get(_HALF), connector.clock()
    if not isinstance(claim, dict) or not isinstance(claim.get("at"), int):
        return None
    if not timedelta(0) <= now - from_ms(claim["at"]) < CODE_WITHIN:
        return None
    with connector.store.read() as conn:
        account = accounts.get(conn, claim["account"]) if isinstance(claim.get("account"), int) else None
    if account is None or account.disabled_at is not None:
        return None
    return account if all(claim.get(name) == value for name, value in _named(account).items()) else None


def carry(connector: Connector, passed: timedelta) -> None:
    """The demo let time pass: nobody was away for that, so this session is as young as before."""
    for name in ("begun", "seen", "proved"):
        if isinstance(session.get(name), int):
            session[name] += int(passed / timedelta(milliseconds=1))
    if isinstance(session.get("id"), str):
        with connector.store.write() as conn:
            open_sessions.carry(conn, session["id"], passed)


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


def _note_use(connector: Connector, opened: OpenSession, now: datetime) -> None:
    """Where the database takes no writes the session goes on all the same: it is shown as used a little earlier."""
    try:
        with connector.store.write(patience=NOTE_PATIENCE) as conn:
            open_sessions.note_use(conn, opened.id, now)
    except StoreError as error:
        log.warning("that a session was used could not be noted", error=str(error))


def _named(account: Account) -> dict[str, int]:
    """How a cookie names an account. The id alone would do for another one that got it after this one was removed."""
    return {"account": account.id, "generation": account.generation, "since": to_ms(account.created_at)}
