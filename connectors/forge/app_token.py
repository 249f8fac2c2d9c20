"""Tokens that Forge sends along, for calls to Jira as the app or as the person who looks: opaque, but for when they end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
from joserfc.errors import JoseError
from joserfc.jws import extract_compact

from connectors import typed_json
from connectors.jira import BearerCredentials, Jira, JiraAddress, connect
from connectors.jira.http.address import TlsFiles

LONGEST = 1 << 14
USUAL = timedelta(minutes=55)
"""How long one lasts at least that does not say when it ends."""
MARGIN = timedelta(seconds=60)
"""It is not used any more so long before its end."""
TIMEOUT_S = (3.0, 10.0)
"""Somebody waits at a page."""
UNREADABLE = (JoseError, ValueError, TypeError, OverflowError, OSError, RecursionError)


class _Ends(msgspec.Struct):
    exp: float


def expiry_of(token: str, now: datetime) -> datetime | None:
    """When a token ends; None for none, one that is over, or what cannot be one."""
    if not token or len(token) > LONGEST or not token.isascii() or not token.isprintable() or " " in token:
        return None
    try:
        said = typed_json.decode(extract_compact(token.encode()).payload, _Ends)
        found = datetime.fromtimestamp(said.exp, UTC)
    except UNREADABLE:
        return now + USUAL
    return found if found > now + MARGIN else None


def jira_as(token: str, api_base: str, authority: str | None = None) -> Jira:
    """Jira as the app or the person that a token is of. The address is the one that Forge signed; `authority` is whose certificates are trusted."""
    address = JiraAddress(
        "forge", api_base, BearerCredentials(token), deployment="cloud", tls=TlsFiles(authority)
    )
    return connect(address, timeout=TIMEOUT_S)
