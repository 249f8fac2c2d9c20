"""What proves to Jira who asks. Secrets are kept out of every repr, and are sent to the configured host alone."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Protocol

from requests import PreparedRequest
from requests.auth import AuthBase


@dataclass(frozen=True, slots=True)
class BasicCredentials:
    """E-mail and API token of a Cloud account, or user name and password of a Data Center one."""

    email: str
    token: str = field(repr=False)

    def header(self) -> str:
        """The value of the Authorization header."""
        pair = f"{self.email}:{self.token}".encode()
        return f"Basic {base64.b64encode(pair).decode('ascii')}"

    def renew(self, _header: str) -> bool:
        """A token that Jira does not take stays one."""
        return False


@dataclass(frozen=True, slots=True)
class BearerCredentials:
    """A personal access token (Data Center) or an OAuth access token (Cloud)."""

    token: str = field(repr=False)

    def header(self) -> str:
        """The value of the Authorization header."""
        return f"Bearer {self.token}"

    def renew(self, _header: str) -> bool:
        """A token that Jira does not take stays one."""
        return False


class TokenSource(Protocol):
    """Gives tokens that hold for an hour or so, and others after them."""

    scope_remedy: str
    """What a person does about a scope that the tokens lack."""

    def token(self) -> str:
        """One that holds. Raises JiraError where there is none."""

    def refused(self, token: str) -> bool:
        """Jira does not take this one: whether another is there by now. Raises JiraError."""


@dataclass(frozen=True, slots=True)
class GrantedCredentials:
    """What an app or a service account is granted for a while (Cloud, OAuth 2.0): by the gateway alone."""

    source: TokenSource = field(repr=False)

    def header(self) -> str:
        """The value of the Authorization header now; a token that is over is replaced first. Raises JiraError."""
        return f"Bearer {self.source.token()}"

    def renew(self, header: str) -> bool:
        """Whether there is another token than the one that was sent, and not taken. Raises JiraError."""
        return self.source.refused(header.removeprefix("Bearer "))


@dataclass(frozen=True, slots=True)
class NoCredentials:
    """For what anybody may ask."""

    def header(self) -> str:
        """None is sent."""
        return ""

    def renew(self, _header: str) -> bool:
        """There is nothing to renew."""
        return False


Credentials = BasicCredentials | BearerCredentials | GrantedCredentials | NoCredentials


class Authorization(AuthBase):
    """Puts the credentials on a request; as an auth object it also keeps a netrc file from replacing them."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        header = self._credentials.header()
        if header:
            request.headers["Authorization"] = header
        return request
