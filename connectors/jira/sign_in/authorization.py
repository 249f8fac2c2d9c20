"""Atlassian's authorisation server: where a person is asked, and tokens for what the person said, for a refresh token, or for a service account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode

import msgspec

from connectors import typed_json
from connectors.jira.http.address import JiraAddress, TlsFiles
from connectors.jira.http.errors import AuthFailure, IncompleteRead, JiraError, JiraOutage, JiraRefusal
from connectors.jira.http.transport import Transport
from connectors.jira.sign_in.credentials import BearerCredentials, NoCredentials
from connectors.jira.sign_in.scopes import READ_ME, READ_ME_REMEDY, MissingScope
from mappings.facts.issue import User

AUDIENCE = "api.atlassian.com"
OFFLINE = "offline_access"
TIMEOUT_S = (5.0, 10.0)
MOST_RESOURCES = 200
LONGEST_ANSWER = 1 << 20
LONGEST_ID, LONGEST_NAME = 255, 100
"""Characters of who signed in. Ids of Cloud have 128 at most (its contract), user names of Data Center 255."""
GONE = frozenset({"invalid_grant"})
"""What is said of a code or refresh token that holds no more. Of the latter Atlassian has said `unauthorized_client` too, *refresh_token is invalid*."""
CLIENT_REFUSED = frozenset({"access_denied", "invalid_client", "unauthorized_client"})
"""What is said of a wrong id or secret of the app. Nobody is sent to consent for that."""


class LostConsent(AuthFailure):
    """What a person allowed holds no more: it was taken back, has run out, or its token was lost. Somebody has to allow it anew."""


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """The app, or the credential of a service account, as Atlassian knows it."""

    id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class GrantedTokens:
    """What was given: the token for Jira, until when it holds, what it may, and what gets the next one (empty where nothing does)."""

    access: str = field(repr=False)
    expires: datetime
    scopes: tuple[str, ...]
    refresh: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class AccessibleSite:
    """One site that a token is good for; `id` is its cloud id."""

    id: str
    url: str
    name: str
    scopes: tuple[str, ...] = ()


class _Tokens(msgspec.Struct):
    access_token: str
    expires_in: float
    scope: str = ""
    refresh_token: str = ""


class _Resource(msgspec.Struct):
    id: str
    url: str
    name: str = ""
    scopes: tuple[str, ...] = ()


class _Account(msgspec.Struct):
    account_id: str
    name: str = ""
    account_status: str = "active"


ACCOUNT = typed_json.decoder(_Account)
TOKENS = typed_json.decoder(_Tokens)
RESOURCES = typed_json.decoder(list[_Resource])


def challenge_fields(challenge: str) -> dict[str, str]:
    """What an authorization request says of PKCE (RFC 7636); nothing without a challenge."""
    return {"code_challenge": challenge, "code_challenge_method": "S256"} if challenge else {}


def code_fields(code: str, callback: str, verifier: str) -> dict[str, str]:
    """What is asked of a token endpoint for a code."""
    said = {"grant_type": "authorization_code", "code": code, "redirect_uri": callback}
    return {**said, "code_verifier": verifier} if verifier else said


def signed_in_user(id_: str, name: str) -> User:
    """Whom an answer names. IncompleteRead for what is no id of anybody: it is kept, shown, and asked for."""
    if not id_.strip() or not id_.isprintable() or len(id_) > LONGEST_ID:
        raise IncompleteRead("The answer names nobody.")
    return User(id_, name[:LONGEST_NAME] or id_)


class AuthorizationServer:
    """The server at `address`, and the gateway that says what a token is good for. Raises JiraError and its kinds; none holds a secret."""

    def __init__(self, address: str, gateway: str, authority: str | None = None) -> None:
        self._address = address.rstrip("/")
        self._gateway = gateway.rstrip("/")
        self._tls = TlsFiles(authority)

    def consent_address(
        self, client_id: str, scopes: Sequence[str], callback: str, state: str, challenge: str = ""
    ) -> str:
        """Where a browser goes to ask its person. `challenge` is of PKCE, which Atlassian does not document: who does not know it has to
        pass over it (RFC 6749, 3.1).
        """
        asked = {
            "audience": AUDIENCE,
            "client_id": client_id,
            "scope": " ".join(scopes),
            "redirect_uri": callback,
            "state": state,
            "response_type": "code",
            "prompt": "consent",
            **challenge_fields(challenge),
        }
        return f"{self._address}/authorize?{urlencode(asked)}"

    def by_code(
        self, client: OAuthClient, code: str, callback: str, now: datetime, verifier: str = ""
    ) -> GrantedTokens:
        """Tokens for what a person said. Raises LostConsent where the code holds no more."""
        return self._tokens(client, code_fields(code, callback, verifier), now)

    def by_refresh(self, client: OAuthClient, refresh: str, now: datetime) -> GrantedTokens:
        """The next tokens; the refresh token is used up by asking, whether the answer arrives or not. Raises LostConsent."""
        return self._tokens(client, {"grant_type": "refresh_token", "refresh_token": refresh}, now)

    def by_credential(self, client: OAuthClient, now: datetime) -> GrantedTokens:
        """A token of a service account."""
        return self._tokens(client, {"grant_type": "client_credentials"}, now)

    def accessible(self, access: str) -> tuple[AccessibleSite, ...]:
        """The sites that a token is good for."""
        transport = self._transport(self._gateway, BearerCredentials(access))
        try:
            found = transport.get("/oauth/token/accessible-resources").read(RESOURCES)
        finally:
            transport.close()
        return tuple(
            AccessibleSite(one.id, one.url.rstrip("/"), one.name or one.url, one.scopes)
            for one in found[:MOST_RESOURCES]
        )

    def account(self, access: str) -> User:
        """Whose token it is, by the User identity API: the account id is the same on all sites of Jira Cloud. Raises MissingScope too."""
        transport = self._transport(self._gateway, BearerCredentials(access))
        try:
            found = transport.get("/me").read(ACCOUNT)
        except MissingScope:
            raise MissingScope((READ_ME,), READ_ME_REMEDY) from None
        finally:
            transport.close()
        if found.account_status != "active":
            raise IncompleteRead("The answer of Atlassian names no account that is active.")
        return signed_in_user(found.account_id, found.name)

    def _tokens(self, client: OAuthClient, said: Mapping[str, str], now: datetime) -> GrantedTokens:
        body = {**said, "client_id": client.id, "client_secret": client.secret}
        gone = GONE | {"unauthorized_client"} if "refresh_token" in said else GONE
        transport = self._transport(self._address, NoCredentials())
        try:
            found = transport.post("/oauth/token", body).read(TOKENS)
        except (AuthFailure, JiraRefusal) as error:
            raise _refusal(error, gone) from None
        except IncompleteRead:
            raise
        except JiraOutage as error:
            raise JiraOutage(
                f"Atlassian's authorisation server cannot answer now: {error.message}",
                "A running connector tries again by itself.",
                error.status,
                error.retry_after,
            ) from None
        finally:
            transport.close()
        if not found.access_token.strip() or found.expires_in <= 0:
            raise IncompleteRead("The answer of Atlassian's authorisation server holds no token.")
        expires = now + timedelta(seconds=min(found.expires_in, 86_400.0))
        return GrantedTokens(found.access_token, expires, tuple(found.scope.split()), found.refresh_token)

    def _transport(self, base: str, credentials: BearerCredentials | NoCredentials) -> Transport:
        address = JiraAddress("atlassian", base, credentials, deployment="cloud", tls=self._tls)
        return Transport(address, timeout=TIMEOUT_S, body_limit=LONGEST_ANSWER)


def _refusal(error: AuthFailure | JiraRefusal, gone: frozenset[str]) -> JiraError:
    messages = error.messages if isinstance(error, JiraRefusal) else ()
    fault = messages[0] if messages else ""
    if fault in gone:
        return LostConsent(
            "Atlassian takes what was allowed no more: it was taken back, or has run out.",
            "Somebody has to allow it anew.",
            error.status,
        )
    if isinstance(error, AuthFailure) or fault in CLIENT_REFUSED:
        return AuthFailure(
            "Atlassian does not know this client id, or not with this secret.",
            "Copy both anew: of an app from developer.atlassian.com (Settings), of a service account from admin.atlassian.com, where a "
            "secret is shown once, when it is made.",
            error.status,
        )
    return JiraRefusal(
        error.status or 400,
        messages,
        remedy="Check what kind of app it is: JIRA_OKR_JIRA__GRANT is client_credentials for a service account, authorization_code for "
        "an OAuth 2.0 (3LO) app.",
    )
