"""Where a Jira site is: the address people browse, the address of its API, and the credentials for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

import requests

from connectors.jira.http.errors import GATEWAY_AGAIN, PAT_AGAIN, SIGN_IN_AGAIN
from connectors.jira.sign_in.credentials import BearerCredentials, Credentials

Deployment = Literal["cloud", "datacenter"]


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Files (PEM) for a Jira behind a private certificate authority, or one that asks for a client's certificate.

    `key` is the key of `certificate`, where that file does not hold it too. What is None is as the machine has it.
    """

    authority: str | None = None
    certificate: str | None = None
    key: str | None = None

    def put_on(self, session: requests.Session) -> None:
        """A session that trusts the authority and shows the certificate."""
        if self.authority is not None:
            session.verify = self.authority
        if self.certificate is not None:
            session.cert = self.certificate if self.key is None else (self.certificate, self.key)


@dataclass(frozen=True, slots=True)
class JiraAddress:
    """One Jira site. `browse_url` may hold a context path (`https://jira.acme.example/jira`).

    `api_base` differs from it for scoped Cloud tokens alone (`https://api.atlassian.com/ex/jira/{cloudId}`), else it
    may be left empty. With `gateway` (`https://api.atlassian.com`) it is found out at the first call, by the cloud id
    that the site tells. `deployment` None is found out by asking. `goals` are the credentials of another account that works with
    Atlassian Goals beside the site, None where it is the same. Raises ValueError with what to write instead.
    """

    name: str
    browse_url: str
    credentials: Credentials
    api_base: str = ""
    gateway: str = ""
    deployment: Deployment | None = None
    tls: TlsFiles = TlsFiles()
    goals: Credentials | None = None

    def __post_init__(self) -> None:
        browse_url = _normal(self.browse_url, "the address of Jira")
        object.__setattr__(self, "browse_url", browse_url)
        if self.gateway:
            object.__setattr__(self, "gateway", _normal(self.gateway, "the gateway"))
        object.__setattr__(
            self, "api_base", _normal(self.api_base, "the API base") if self.api_base else browse_url
        )

    @property
    def again(self) -> str:
        """What is done about credentials that Jira does not take: other for each kind of them."""
        if self.gateway or self.api_base != self.browse_url:
            return GATEWAY_AGAIN
        return PAT_AGAIN if isinstance(self.credentials, BearerCredentials) else SIGN_IN_AGAIN

    def browse(self, key: str) -> str:
        """The address of one issue for people."""
        return f"{self.browse_url}/browse/{key}"


def _normal(url: str, what: str) -> str:
    """The address without a trailing slash, refused where it is not a plain http(s) address."""
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(
            f"{what} must start with https:// (or http://) and name a host, such as https://acme.atlassian.net"
        )
    if parts.username or parts.password:
        raise ValueError(f"{what} must not hold a user or password; give them as credentials")
    if parts.query or parts.fragment:
        raise ValueError(f"{what} must end with its path, without ? or #")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
