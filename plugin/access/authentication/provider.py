"""The OIDC provider, by Authlib: authorization code with PKCE, state and nonce. What comes back is believed only when all holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from authlib.common.errors import AuthlibBaseError  # type: ignore[import-untyped]
from authlib.integrations.flask_client import FlaskOAuth2App, OAuth  # type: ignore[import-untyped]
from authlib.integrations.requests_client import OAuth2Session  # type: ignore[import-untyped]
from flask import Flask, request
from joserfc.errors import JoseError
from werkzeug.wrappers import Response

from connectors.jira.http.connection import LimitedAdapter
from plugin.access.authorization.refusal import AccessRefusal
from plugin.runtime.settings import OidcSettings

ALGORITHMS = (
    "RS256",
    "PS256",
    "ES256",
    "RS384",
    "PS384",
    "ES384",
    "RS512",
    "PS512",
    "ES512",
    "Ed25519",
    "EdDSA",
)
"""Signatures of the provider alone: never `none`, never one made with a secret that we hold too."""

TIMEOUT_S = 10
LARGEST_ANSWER = 2 * 1024 * 1024
"""Metadata, keys and tokens are a few kilobytes; counted as they are unpacked."""
MOST_REDIRECTS = 3
"""Each has its deadline anew: thirty, as the library has it, would hold a sign-in for minutes."""
CLOCK_SKEW_S = 60
_NAME = "oidc"


class ProviderError(AccessRefusal):
    """Sign-in at the provider did not work; the message is for the person, `cause` for the audit log."""

    def __init__(self, message: str, cause: str) -> None:
        super().__init__(message)
        self.cause = cause


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the provider vouches for. Subject and issuer say who it is; an address is only believed where it is verified."""

    issuer: str
    subject: str
    email: str
    email_verified: bool
    name: str
    claims: Mapping[str, object]


class _Session(OAuth2Session):  # type: ignore[misc]
    """Calls to the provider within limits: a deadline for head and whole, a largest answer, no address of a cloud's own."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.max_redirects = MOST_REDIRECTS
        for scheme in ("https://", "http://"):
            self.mount(scheme, LimitedAdapter(LARGEST_ANSWER))


class _App(FlaskOAuth2App):  # type: ignore[misc]
    client_cls = _Session


class _OAuth(OAuth):  # type: ignore[misc]
    oauth2_client_cls = _App


class Provider:
    """One provider as the settings name it. Its metadata is read at the first sign-in."""

    def __init__(self, app: Flask, settings: OidcSettings) -> None:
        self.settings = settings
        self._client = _OAuth(app).register(
            _NAME,
            client_id=settings.client_id,
            client_secret=settings.client_secret.get_secret_value(),
            server_metadata_url=settings.issuer.rstrip("/") + "/.well-known/openid-configuration",
            client_kwargs={
                "scope": settings.scope,
                "code_challenge_method": "S256",
                "default_timeout": TIMEOUT_S,
            },
        )

    def redirect(self, callback: str, *, once_more: bool = False) -> Response:
        """Send the browser to the provider; state, nonce and the PKCE verifier wait in its session. `once_more`: who is signed in there says so again."""
        asked = {"prompt": "login", "max_age": "0"} if once_more else {}
        try:
            self._load_metadata()
            answer: Response = self._client.authorize_redirect(callback, **asked)
        except (requests.RequestException, ValueError, RuntimeError) as error:
            raise _unreachable(error) from error
        return answer

    def identity(self) -> Identity:
        """Whom the provider sent back to us with this request; ProviderError where anything about it does not hold."""
        try:
            self._load_metadata()
            self._refuse_other_issuer()
            claims = self._claims()
        except (AuthlibBaseError, JoseError) as error:
            raise _refused(error) from error
        except (requests.RequestException, ValueError, RuntimeError) as error:
            raise _unreachable(error) from error
        return identity_of(self.settings.issuer, claims)

    def _claims(self) -> Mapping[str, object]:
        expected = {
            "iss": {"essential": True, "value": self.settings.issuer},
            "aud": {"essential": True, "value": self.settings.client_id},
            "sub": {"essential": True},
            "nonce": {"essential": True},
        }
        token = self._client.authorize_access_token(claims_options=expected, leeway=CLOCK_SKEW_S)
        claims = token.get("userinfo")
        if not claims:
            raise _refused(ValueError("the provider sent no id_token"))
        if not claims.get("email") and self._client.server_metadata.get("userinfo_endpoint"):
            return {**self._userinfo(token, str(claims["sub"])), **claims}
        return dict(claims)

    def _userinfo(self, token: Mapping[str, object], subject: str) -> dict[str, object]:
        """What the userinfo endpoint says of the same subject; some providers keep the address out of the token."""
        told = dict(self._client.userinfo(token=token))
        return told if told.get("sub") == subject else {}

    def _load_metadata(self) -> None:
        metadata = self._client.load_server_metadata()
        if metadata.get("issuer") != self.settings.issuer:
            found = metadata.get("issuer")
            self._client.server_metadata.pop("_loaded_at", None)
            raise ProviderError(
                "Single sign-on is not set up right. Tell an operator: JIRA_OKR_OIDC__ISSUER is "
                f"{self.settings.issuer}, and the provider calls itself {found}; they have to be the same.",
                "issuer of the metadata differs",
            )
        offered = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
        metadata["id_token_signing_alg_values_supported"] = [one for one in offered if one in ALGORITHMS]

    def _refuse_other_issuer(self) -> None:
        """A provider that names itself in its answer (RFC 9207) has to be the one we asked."""
        named = request.args.get("iss")
        if named is not None and named != self.settings.issuer:
            raise _refused(ValueError("another issuer answered"))


def identity_of(issuer: str, claims: Mapping[str, object]) -> Identity:
    """The identity in claims that have been verified."""
    email = claims.get("email")
    name = claims.get("name") or claims.get("preferred_username") or email or claims["sub"]
    return Identity(
        issuer=issuer,
        subject=str(claims["sub"]),
        email=email if isinstance(email, str) else "",
        email_verified=claims.get("email_verified") is True,
        name=str(name),
        claims=claims,
    )


def role_of(settings: OidcSettings, claims: Mapping[str, object]) -> str | None:
    """The role the claims give: the highest that `roles` maps a value to, else the default; None where that is `none`."""
    said = claims.get(settings.role_claim) if settings.role_claim else None
    values = said if isinstance(said, list) else [said]
    given = {settings.roles[value] for value in values if isinstance(value, str) and value in settings.roles}
    for role in ("admin", "editor", "viewer"):
        if role in given:
            return role
    return None if settings.default_role == "none" else settings.default_role


def _refused(error: Exception) -> ProviderError:
    return ProviderError(
        "The provider's answer could not be accepted. Sign in again; if it stays, tell an operator.",
        f"{type(error).__name__}: {error}"[:300],
    )


def _unreachable(error: Exception) -> ProviderError:
    return ProviderError(
        "The provider cannot be reached or does not answer as it should. Try again in a minute, or sign in with a password.",
        f"{type(error).__name__}: {error}"[:300],
    )
