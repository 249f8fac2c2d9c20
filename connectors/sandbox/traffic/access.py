"""Who is asking, and the errors Jira answers with."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field

from connectors.sandbox.site_state.scheme import ANONYMOUS, Account
from connectors.sandbox.site_state.state import Record, Sandbox
from connectors.sandbox.traffic.oauth import OAuthServer, ScopedCaller, scoped_by_consent

NO_ISSUE = "Issue does not exist or you do not have permission to see it."
FORBIDDEN = "You do not have the permission to see the specified issue."
BAD_PAYLOAD = "Invalid request payload. Refer to the REST API documentation and try again."


@dataclass(slots=True)
class JiraAnswerError(Exception):
    """An answer other than success, in Jira's error shape; `bare` leaves the `errors` key out."""

    status: int
    messages: tuple[str, ...] = ()
    errors: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    bare: bool = False

    def body(self) -> dict[str, object]:
        """The JSON of the answer."""
        answer: dict[str, object] = {"errorMessages": list(self.messages)}
        if not self.bare:
            answer["errors"] = dict(self.errors)
        return answer


def bad_request(*messages: str, **errors: str) -> JiraAnswerError:
    """A 400."""
    return JiraAnswerError(400, messages, errors)


def account_for(sandbox: Sandbox, header: str | None, *, public: bool = False) -> Account:
    """The account behind an Authorization header. A public site serves wrong or missing credentials as anonymous; else 401."""
    found = _by_credentials(sandbox, header or "")
    if found is not None:
        return found
    if public:
        return ANONYMOUS
    raise JiraAnswerError(401, ("Client must be authenticated to access this resource.",), bare=True)


def scoped_account(sandbox: Sandbox, server: OAuthServer, header: str | None) -> ScopedCaller | None:
    """The account and the scopes behind a header at the gateway: people's tokens come with their e-mail, those of services and apps bear themselves."""
    email, token = _credentials(header or "")
    consented = scoped_by_consent(server, sandbox.accounts, token) if email is None else None
    if consented is not None:
        return consented
    for account in sandbox.accounts.values():
        if token in account.scoped and email == (None if account.service else account.email):
            return ScopedCaller(account, account.scoped[token])
    return None


def _by_credentials(sandbox: Sandbox, header: str) -> Account | None:
    name, token = _credentials(header)
    if name is None and sandbox.deployment == "cloud":
        return None
    return _match(sandbox, name, token)


def _credentials(header: str) -> tuple[str | None, str]:
    """The name, None for a bearer, and the token."""
    kind, _, value = header.partition(" ")
    if kind.lower() == "bearer":
        return None, value.strip()
    if kind.lower() != "basic":
        return None, ""
    try:
        name, _, token = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None, ""
    return name, token


def _match(sandbox: Sandbox, name: str | None, token: str) -> Account | None:
    for account in sandbox.accounts.values():
        names = (
            (None, account.email, account.user_key)
            if sandbox.deployment == "datacenter"
            else (None, account.email)
        )
        if token and account.token == token and name in names:
            return account
    return None


def visible(sandbox: Sandbox, account: Account, id_or_key: str) -> Record:
    """The issue, or 404: deleted, unknown and out of sight look the same; Data Center says 403 behind a security level or in a closed project."""
    record = sandbox.find(id_or_key)
    shut = record is not None and (
        not sandbox.is_let_in(account, record.id) or record.project.id in sandbox.closed
    )
    if shut and sandbox.deployment == "datacenter":
        raise JiraAnswerError(403, (FORBIDDEN,))
    if record is None or not sandbox.shows(account, record):
        raise JiraAnswerError(404, (NO_ISSUE,))
    return record


def require(account: Account, permission: str, project_key: str | None, message: str) -> None:
    """403 with this message unless the account holds the permission."""
    if not account.may(permission, project_key):
        raise JiraAnswerError(403, (message,))
