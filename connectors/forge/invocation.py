"""The token by which Forge proves that it calls us, for which app, which installation and which person. Whatever does not hold is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

import msgspec
from joserfc import jws, jwt
from joserfc.errors import JoseError

from connectors import typed_json
from connectors.forge.signing_keys import SigningKeys

ISSUER = "forge/invocation-token"
ALGORITHM = "RS256"
SIGNED = jws.JWSRegistry(algorithms=[ALGORITHM], strict_check_header=False)
"""By this algorithm alone; a header that is new to us is no reason to refuse, unless it says that it is critical."""
LEEWAY_S = 10
LONGEST_TOKEN = 1 << 15
UNREADABLE = (JoseError, ValueError, TypeError, OverflowError, RecursionError)
"""What a token that a stranger made up can raise while it is read."""
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class TokenRefusal(Exception):
    """The token proves nothing; the reason is for the log, never for the caller."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """One call of Forge, as it is signed: nothing of it is taken from elsewhere.

    `module` is the key of the trigger or of the page that it comes from, `account_id` who looks at the page (None for events), `issue_id` the issue
    beside which the page stands.
    """

    app_id: str
    environment_id: str
    environment: str
    installation_id: str
    cloud_id: str
    api_base: str
    module: str
    account_id: str | None = None
    issue_id: str | None = None


class _Environment(msgspec.Struct):
    id: str
    type: str


class _Module(msgspec.Struct):
    key: str


class _App(msgspec.Struct, rename="camel"):
    id: str
    installation_id: str
    api_base_url: str
    environment: _Environment
    module: _Module


class _Issue(msgspec.Struct):
    id: str


class _Extension(msgspec.Struct):
    issue: _Issue | None = None


class _Context(msgspec.Struct, rename="camel"):
    cloud_id: str
    extension: _Extension | None = None


class _Claims(msgspec.Struct):
    app: _App
    context: _Context
    principal: str | None = None


def read_invocation(token: str, keys: SigningKeys, app_id: str, gateway: str, now: datetime) -> Invocation:
    """What a token says, once all of it holds. Raises TokenRefusal, and SigningKeysOutage where nobody can tell."""
    if not token or len(token) > LONGEST_TOKEN:
        raise TokenRefusal("there is no token, or one that is too long")
    try:
        claims = _verified(token, keys, app_id, now)
        _refuse_elsewhere(claims)
        return _read(typed_json.convert(claims, _Claims), app_id, gateway)
    except UNREADABLE as error:
        raise TokenRefusal(f"{type(error).__name__}: {error}"[:200]) from None


def _verified(token: str, keys: SigningKeys, app_id: str, now: datetime) -> dict[str, object]:
    header = jws.extract_compact(token.encode("ascii")).headers()
    kid = header.get("kid")
    if header.get("alg") != ALGORITHM or not isinstance(kid, str):
        raise TokenRefusal(f"it is signed by {str(header.get('alg'))[:20]}, or does not name its key")
    key = keys.key(kid, now)
    if key is None:
        raise TokenRefusal("its key is none that Atlassian publishes")
    found = jwt.decode(token, key, registry=SIGNED).claims
    jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=LEEWAY_S,
        iss={"essential": True, "value": ISSUER},
        aud={"essential": True, "value": app_id},
        exp={"essential": True},
        nbf={"essential": True},
        iat={"essential": True},
    ).validate(found)
    return found


def _refuse_elsewhere(claims: dict[str, object]) -> None:
    """Isolated clouds of Atlassian's have keys at other addresses, which a token would name itself: they are not known here."""
    parts = (claims, claims.get("app"), claims.get("context"))
    if any(isinstance(part, dict) and "icLabel" in part for part in parts):
        raise TokenRefusal("it is of an isolated cloud, which is not supported")


def _read(said: _Claims, app_id: str, gateway: str) -> Invocation:
    cloud_id = said.context.cloud_id.lower()
    if said.app.id != app_id:
        raise TokenRefusal("it is of another app than it is for")
    if not UUID.fullmatch(cloud_id):
        raise TokenRefusal("its cloud id is none")
    if said.app.api_base_url != f"{gateway}/ex/jira/{said.context.cloud_id}":
        raise TokenRefusal("the address of its API is not that of its site")
    issue = said.context.extension.issue if said.context.extension is not None else None
    if issue is not None and not (issue.id.isascii() and issue.id.isdigit() and len(issue.id) <= 18):
        raise TokenRefusal("its issue has no id")
    return Invocation(
        app_id=app_id,
        environment_id=said.app.environment.id,
        environment=said.app.environment.type,
        installation_id=said.app.installation_id,
        cloud_id=cloud_id,
        api_base=said.app.api_base_url,
        module=said.app.module.key,
        account_id=said.principal or None,
        issue_id=issue.id if issue is not None else None,
    )
