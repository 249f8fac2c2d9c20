"""Who somebody is in Jira, by one round of OAuth 2.0 in their browser: the account comes back, and the token that told it is dropped."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol
from urllib.parse import urlencode

import msgspec
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]

from connectors import typed_json
from connectors.jira.http.errors import AuthFailure, IncompleteRead, JiraRefusal
from connectors.jira.http.transport import Transport
from connectors.jira.sign_in.authorization import (
    CLIENT_REFUSED,
    GONE,
    LONGEST_ANSWER,
    TIMEOUT_S,
    AuthorizationServer,
    LostConsent,
    OAuthClient,
    challenge_fields,
    code_fields,
    signed_in_user,
)
from connectors.jira.sign_in.credentials import BearerCredentials, Credentials, NoCredentials
from connectors.jira.sign_in.scopes import READ_ME
from mappings.facts.issue import User

LINK_PATH = "/rest/oauth2/latest"
LINK_SCOPE = "READ"
"""The least that a Data Center has: to see what the person sees, for as long as we ask who they are."""


@dataclass(frozen=True, slots=True)
class SignInTrip:
    """What goes with a browser there and back. Of the `verifier` (PKCE, RFC 7636) only what was made of it travels."""

    callback: str
    state: str = field(repr=False)
    verifier: str = field(repr=False)

    @property
    def challenge(self) -> str:
        """What the server holds the verifier against."""
        return str(create_s256_code_challenge(self.verifier))


class IdentityServer(Protocol):
    """Where people sign in to a Jira."""

    def sign_in_address(self, client_id: str, trip: SignInTrip) -> str:
        """Where a browser goes."""

    def account(self, client: OAuthClient, code: str, trip: SignInTrip, now: datetime) -> User:
        """Who came back with this code. Raises JiraError and its kinds, LostConsent where the code holds no more."""


class AtlassianIdentity:
    """Jira Cloud: people sign in at Atlassian, for all sites alike. No refresh token is asked for."""

    def __init__(self, server: AuthorizationServer) -> None:
        self._server = server

    def sign_in_address(self, client_id: str, trip: SignInTrip) -> str:
        """Atlassian asks each time (`prompt=consent`), and says as whom."""
        return self._server.consent_address(
            client_id, (READ_ME.name,), trip.callback, trip.state, trip.challenge
        )

    def account(self, client: OAuthClient, code: str, trip: SignInTrip, now: datetime) -> User:
        """By the account id."""
        given = self._server.by_code(client, code, trip.callback, now, trip.verifier)
        return self._server.account(given.access)


class _LinkTokens(msgspec.Struct):
    access_token: str


class _LinkAccount(msgspec.Struct):
    name: str
    displayName: str = ""  # noqa: N815 - Jira's own spelling


LINK_TOKENS = typed_json.decoder(_LinkTokens)
LINK_ACCOUNT = typed_json.decoder(_LinkAccount)


class LinkIdentity:
    """A Data Center, which is its own authorisation server by an application link (incoming, OAuth 2.0; Jira 8.22 and later)."""

    def __init__(self, site: Transport) -> None:
        self._site = site

    def sign_in_address(self, client_id: str, trip: SignInTrip) -> str:
        """At the address by which people browse it."""
        asked = {
            "client_id": client_id,
            "redirect_uri": trip.callback,
            "response_type": "code",
            "state": trip.state,
            "scope": LINK_SCOPE,
            **challenge_fields(trip.challenge),
        }
        return f"{self._site.address.browse_url}{LINK_PATH}/authorize?{urlencode(asked)}"

    def account(self, client: OAuthClient, code: str, trip: SignInTrip, now: datetime) -> User:  # noqa: ARG002
        """By the user name, as that Jira itself says it of the token. Its refresh token, which nobody asked for, is not looked at."""
        said = {"client_id": client.id, "client_secret": client.secret}
        transport = self._transport(NoCredentials())
        try:
            found = transport.post_form(
                f"{LINK_PATH}/token", {**code_fields(code, trip.callback, trip.verifier), **said}
            ).read(LINK_TOKENS)
        except (AuthFailure, JiraRefusal) as error:
            raise _refusal(error) from None
        finally:
            transport.close()
        if not found.access_token.strip():
            raise IncompleteRead("The answer of Jira holds no token.")
        return self._owner(found.access_token)

    def _owner(self, access: str) -> User:
        transport = self._transport(BearerCredentials(access))
        try:
            found = transport.get("/rest/api/2/myself").read(LINK_ACCOUNT)
        finally:
            transport.close()
        return signed_in_user(found.name, found.displayName)

    def _transport(self, credentials: Credentials) -> Transport:
        address = replace(self._site.address, credentials=credentials, goals=None)
        return Transport(address, timeout=TIMEOUT_S, governor=self._site.governor, body_limit=LONGEST_ANSWER)


def _refusal(error: AuthFailure | JiraRefusal) -> AuthFailure | JiraRefusal:
    fault = next(iter(error.messages), "") if isinstance(error, JiraRefusal) else ""
    if fault in GONE:
        return LostConsent("Jira takes this code no more.", "Sign in there once more.", error.status)
    if isinstance(error, AuthFailure) or fault in CLIENT_REFUSED:
        return AuthFailure(
            "Jira does not know this client id, or not with this secret.",
            "Copy both anew from the application link: Administration, Applications, Application links.",
            error.status,
        )
    return error
