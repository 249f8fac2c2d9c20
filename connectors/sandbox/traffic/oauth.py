"""Atlassian's authorisation server: apps, consents, and the tokens they give. Stricter than Atlassian: a refresh token that is used twice ends its family."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]

from connectors.sandbox.site_state.scheme import Account

ACCESS = timedelta(hours=1)
IDLE = timedelta(days=90)
CODE = timedelta(minutes=5)
AUDIENCE = "api.atlassian.com"
OFFLINE = "offline_access"
READ_ME = "read:me"
PKCE = ("code_challenge", "code_challenge_method")
GONE = ("invalid_grant", "Unknown or invalid refresh token.")


class OAuthRefusal(Exception):
    """An answer other than success, in the words of OAuth."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(description)
        self.status, self.error, self.description = status, error, description

    def body(self) -> dict[str, str]:
        """The JSON of the answer."""
        return {"error": self.error, "error_description": self.description}


@dataclass(slots=True, eq=False)
class OAuthApp:
    """One app of the developer console, or a credential of a service account (`service`), which may do what its scopes say and nobody has to be asked."""

    client_id: str
    secret: str = field(repr=False)
    account: str
    scopes: frozenset[str]
    redirect_uri: str = ""
    service: bool = False
    owner: str = ""
    """The account in whose developer console it is."""
    public: bool = False
    """Whether others than its owner may be told by its webhooks."""


@dataclass(slots=True)
class TokenFamily:
    """What one consent gave: all tokens that follow from it live and die together."""

    app: OAuthApp
    scopes: frozenset[str]
    refresh: str = field(default="", repr=False)
    used_at: datetime | None = None
    revoked: bool = False
    person: str = ""

    @property
    def account(self) -> str:
        """The id of the account that said so: whoever was signed in there, or the one of the app."""
        return self.person or self.app.account


@dataclass(frozen=True, slots=True)
class _Access:
    family: TokenFamily
    until: datetime


@dataclass(frozen=True, slots=True)
class _Code:
    family: TokenFamily
    redirect_uri: str
    until: datetime
    challenge: str


class OAuthServer:
    """The state behind `/authorize`, `/oauth/token` and `/oauth/token/accessible-resources`, and of a Data Center's `/rest/oauth2/latest`."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self.apps: dict[str, OAuthApp] = {}
        self.refreshes = 0
        self.tokens = 0
        self.signed_in = ""
        """The id of the account that is signed in in every browser, empty for the one of each app."""
        self.lose_answer = False
        """The next tokens are given and the answer with them is lost on the way."""
        self._codes: dict[str, _Code] = {}
        self._access: dict[str, _Access] = {}
        self._refresh: dict[str, TokenFamily] = {}

    def asked(self, args: Mapping[str, str]) -> OAuthApp:
        """The app that asks a person for consent. Raises OAuthRefusal where the address is not as the documentation has it."""
        app = self.apps.get(args.get("client_id", ""))
        if app is None or app.service:
            raise OAuthRefusal(400, "invalid_client", "Unknown client_id.")
        if not app.redirect_uri or args.get("redirect_uri") != app.redirect_uri:
            raise OAuthRefusal(400, "invalid_request", "The redirect_uri is not registered for this app.")
        wanted = {"audience": AUDIENCE, "response_type": "code", "prompt": "consent"}
        self._held_to(args, app, wanted, app.scopes | {OFFLINE})
        return app

    def asked_by_link(self, args: Mapping[str, str]) -> OAuthApp:
        """The application link by which a Data Center is asked. Stricter than Jira: nobody comes without PKCE by S256."""
        app = self.apps.get(args.get("client_id", ""))
        if app is None:
            raise OAuthRefusal(400, "invalid_client", "Unknown client_id.")
        if not app.redirect_uri or args.get("redirect_uri") != app.redirect_uri:
            raise OAuthRefusal(400, "invalid_request", "The redirect_uri is not that of the link.")
        self._held_to(args, app, {"response_type": "code", "code_challenge_method": "S256"}, app.scopes)
        if len(args.get("code_challenge", "")) != 43:
            raise OAuthRefusal(400, "invalid_request", "code_challenge is missing.")
        return app

    def _held_to(
        self, args: Mapping[str, str], app: OAuthApp, wanted: Mapping[str, str], scopes: frozenset[str]
    ) -> None:
        for name, value in wanted.items():
            if args.get(name) != value:
                raise OAuthRefusal(400, "invalid_request", f"{name} has to be {value}.")
        if not args.get("state"):
            raise OAuthRefusal(400, "invalid_request", "state is missing.")
        unknown = set(args.get("scope", "").split()) - scopes
        if unknown or not args.get("scope"):
            raise OAuthRefusal(
                400, "invalid_scope", f"{app.client_id} has no such scope: {' '.join(sorted(unknown))}."
            )
        if any(args.get(name) for name in PKCE) and args.get("code_challenge_method") != "S256":
            raise OAuthRefusal(400, "invalid_request", "code_challenge_method has to be S256.")

    def consent(self, app: OAuthApp, args: Mapping[str, str], without: frozenset[str] = frozenset()) -> str:
        """A person allows what `app` asks by these, but for some scopes: the code that says so."""
        code = secrets.token_urlsafe(24)
        family = TokenFamily(app, frozenset(args["scope"].split()) - without, person=self.signed_in)
        until, challenge = self._clock() + CODE, args.get("code_challenge", "")
        self._codes[code] = _Code(family, args["redirect_uri"], until, challenge)
        return code

    def token(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Tokens for a code, a refresh token, or the credential of a service account. Raises OAuthRefusal."""
        app = self.apps.get(str(body.get("client_id")))
        if app is None or not secrets.compare_digest(app.secret, str(body.get("client_secret"))):
            raise OAuthRefusal(401, "access_denied", "Unauthorized")
        kind = body.get("grant_type")
        if kind == "client_credentials" and app.service:
            return self.given(TokenFamily(app, app.scopes))
        if kind == "authorization_code" and not app.service:
            return self.given(self._of_code(app, body))
        if kind == "refresh_token" and not app.service:
            return self.given(self._of_refresh(app, str(body.get("refresh_token"))))
        raise OAuthRefusal(400, "unsupported_grant_type", f"This app takes no {kind}.")

    def _of_code(self, app: OAuthApp, body: Mapping[str, Any]) -> TokenFamily:
        found = self._codes.pop(str(body.get("code")), None)
        if found is None or found.family.app is not app or found.until <= self._clock():
            raise OAuthRefusal(403, "invalid_grant", "Invalid authorization code")
        if found.redirect_uri != body.get("redirect_uri"):
            raise OAuthRefusal(
                403, "invalid_grant", "The redirect_uri is another than the code was given to."
            )
        verifier = str(body.get("code_verifier") or "")
        if (create_s256_code_challenge(verifier) if verifier else "") != found.challenge:
            raise OAuthRefusal(403, "invalid_grant", "The code_verifier does not fit the code_challenge.")
        return found.family

    def _of_refresh(self, app: OAuthApp, given: str) -> TokenFamily:
        self.refreshes += 1
        family = self._refresh.get(given)
        now = self._clock()
        if family is None or family.app is not app:
            raise OAuthRefusal(403, *GONE)
        if family.refresh != given or (family.used_at is not None and now - family.used_at > IDLE):
            family.revoked = True
        if family.revoked:
            raise OAuthRefusal(403, *GONE)
        return family

    def given(self, family: TokenFamily) -> dict[str, Any]:
        """Tokens for what a consent allows."""
        now, access = self._clock(), f"access-{secrets.token_urlsafe(32)}"
        self.tokens += 1
        self._access[access] = _Access(family, now + ACCESS)
        said: dict[str, Any] = {
            "access_token": access,
            "expires_in": int(ACCESS.total_seconds()),
            "token_type": "Bearer",
            "scope": " ".join(sorted(family.scopes)),
        }
        if OFFLINE in family.scopes and not family.app.service:
            family.refresh = said["refresh_token"] = f"refresh-{secrets.token_urlsafe(32)}"
            family.used_at = now
            self._refresh[family.refresh] = family
        return said

    def bearer(self, token: str) -> TokenFamily | None:
        """Whose access token it is; None for one that is over, revoked or made up."""
        found = self._access.get(token)
        if found is None or found.family.revoked or found.until <= self._clock():
            return None
        return found.family

    def revoke(self, client_id: str) -> None:
        """A person takes back every consent that was given to an app."""
        for family in [*self._refresh.values(), *(one.family for one in self._access.values())]:
            if family.app.client_id == client_id:
                family.revoked = True

    def expire(self) -> None:
        """Every access token is over; what refreshes them is not."""
        self._access.clear()


@dataclass(frozen=True, slots=True)
class ScopedCaller:
    """Who calls at the gateway, with what scopes, and by which app; None for a token that somebody made."""

    account: Account
    scopes: frozenset[str]
    app: OAuthApp | None = None


def scoped_by_consent(
    server: OAuthServer, accounts: Mapping[str, Account], token: str
) -> ScopedCaller | None:
    """Who is behind an access token at the gateway."""
    family = server.bearer(token)
    account = accounts.get(family.account) if family is not None else None
    return None if account is None or family is None else ScopedCaller(account, family.scopes, family.app)
