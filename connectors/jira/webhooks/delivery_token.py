"""The token by which a dynamic webhook proves that it comes from Jira: signed with the secret of our app. It says nothing of the body, which is a hint anyway.

Which claims it has is documented nowhere; what it says of its time is held to, what it does not say is not asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

ALGORITHM = "HS256"
LEEWAY_S = 60
LONGEST = 1 << 13
UNREADABLE = (JoseError, ValueError, TypeError, OverflowError, RecursionError)
"""What a token that a stranger made up can raise while it is read."""


def token_in(headers: Mapping[str, str]) -> str:
    """The token of a delivery, empty where there is none that could be one. `headers` by names in lower case."""
    kind, _, token = headers.get("authorization", "").strip().partition(" ")
    token = token.strip()
    shaped = kind.lower() == "bearer" and token.count(".") == 2 and len(token) <= LONGEST
    return token if shaped else ""


def proves(secret: str, token: str, now: datetime) -> bool:
    """Whether it was signed with the app's secret, by HMAC alone, and is not over."""
    if not secret or not token:
        return False
    try:
        claims = jwt.decode(token, OctKey.import_key(secret), algorithms=[ALGORITHM]).claims
        times = {name: claims[name] for name in ("exp", "nbf") if claims.get(name) is not None}
        jwt.JWTClaimsRegistry(now=int(now.timestamp()), leeway=LEEWAY_S).validate(times)
    except UNREADABLE:
        return False
    return True
