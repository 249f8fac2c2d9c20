"""What proves to Jira who asks. Secrets are kept out of every repr, and are sent to the configured host alone."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

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


@dataclass(frozen=True, slots=True)
class BearerCredentials:
    """A personal access token (Data Center) or an OAuth access token (Cloud)."""

    token: str = field(repr=False)

    def header(self) -> str:
        """The value of the Authorization header."""
        return f"Bearer {self.token}"


Credentials = BasicCredentials | BearerCredentials


class Authorization(AuthBase):
    """Puts the credentials on a request; as an auth object it also keeps a netrc file from replacing them."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = self._credentials.header()
        return request
