"""What can go wrong with a call to Jira, told apart by what to do next, and the one place that tells them apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from urllib.parse import urlsplit

import msgspec

from connectors.jira.http.limit import Limit, Scope, read_limit, scope_of

LONGEST_MESSAGE = 500
MOST_MESSAGES = 20
LONGEST_PLACE = 200
SAID_BY = ("message", "errorMessage", "detail", "error", "title")
"""Where one sentence of a refusal stands: the gateway, Jira, problem details, OAuth; the fullest first."""
DESCRIPTION = "error_description"
"""Where OAuth says in words what its code in `error` means."""
LATER = "A running connector tries again by itself. If it lasts, "
"""How a remedy begins for what may pass; who connects a site has nothing that runs, and hears what follows alone."""
BODY_READ = 100_000
"""Bytes of a refusal that are looked at."""


class JiraError(Exception):
    """A call to Jira failed. `remedy` says what a person can do, `asked` which call it was (method and address, ids left out).

    None of them holds a secret; `asked` is empty where no call was made, and where it only has to wait.
    """

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__()
        self.message = message
        self.asked = ""
        self.advise(remedy)

    def advise(self, remedy: str) -> None:
        """Another remedy, of whoever knows more of what was wanted."""
        self.remedy = remedy
        # Jira ends its sentences or does not, and ours follows
        end = "." if remedy and self.message and self.message[-1] not in ".!?:…" else ""
        self.args = (f"{self.message}{end} {remedy}".strip(),)


class RateLimitError(JiraError):
    """Wait and ask again. `retry_after` in seconds and `until` are None where Jira names no time."""

    def __init__(self, reason: str, retry_after: float | None = None, until: datetime | None = None) -> None:
        self.reason = reason
        self.retry_after = retry_after
        self.until = until
        when = f"in {retry_after:.0f} s" if retry_after else "later"
        super().__init__(
            f"Jira's rate limit is reached ({reason}).", f"The call is repeated {when} by itself."
        )

    @property
    def scope(self) -> Scope:
        """What has to wait: this endpoint, this issue, or everything."""
        return scope_of(self.reason)


class JiraOutage(JiraError):
    """Jira could not answer now; the same call may succeed later. `retry_after` in seconds where Jira names it."""

    def __init__(
        self, message: str, remedy: str = "", status: int | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(
            message,
            remedy or f"{LATER}check the address of the site and look at Jira's status.",
        )
        self.status = status
        self.retry_after = retry_after


class BrokenConnection(JiraOutage):
    """The connection broke before a whole answer was there, or never was: what only reads is asked once more."""


class IncompleteRead(JiraOutage):
    """A read that may lack issues: nothing may be concluded from what it returned so far."""


class AuthFailure(JiraError):
    """Jira does not accept the credentials, or answers as if nobody had signed in."""

    def __init__(self, message: str, remedy: str = "", status: int | None = None) -> None:
        super().__init__(
            message, remedy or "Check e-mail and token of the site (tokens expire) and enter a new one."
        )
        self.status = status


class JiraRefusal(JiraError):
    """Jira itself refuses, in its own words. `fields` names refused fields by id, `messages` is what Jira said besides.

    `told`: in the form of Jira's REST API itself, not of a gateway before it.
    """

    def __init__(
        self,
        status: int,
        messages: tuple[str, ...] = (),
        fields: Mapping[str, str] | None = None,
        remedy: str = "",
        *,
        told: bool = True,
    ) -> None:
        self.status = status
        self.told = told
        self.messages = messages
        self.fields = dict(fields or {})
        said = [*messages, *(f"{name}: {text}" for name, text in self.fields.items())]
        super().__init__(f"Jira refused the call ({status}): {' '.join(said) or 'no reason given.'}", remedy)

    @property
    def gone(self) -> bool:
        """Whether Jira itself says that the thing asked for is deleted, moved out of sight, or forbidden: these look the same."""
        return self.status == 404 and self.told

    @property
    def forbidden(self) -> bool:
        """Whether Jira itself says, in its own words, that the account may not see the thing asked for."""
        return self.status == 403 and self.told and bool(self.messages)


SIGN_IN_AGAIN = (
    "Check e-mail and token of the site (tokens expire) and enter a new one. Scoped tokens of Jira Cloud are taken by Atlassian's "
    "gateway alone: it is found by itself for sites that are added here; in the settings set JIRA_OKR_JIRA__API_BASE to gateway."
)
PAT_AGAIN = (
    "Check the personal access token of the site (they expire) and enter a new one: Jira Data Center makes it in the profile of the "
    "account. Jira Cloud takes none; there it is an API token, with the account's e-mail address."
)
GATEWAY_AGAIN = (
    "Check the token of the site (tokens expire) and enter a new one: a service account's goes without an e-mail address, a person's "
    "with it. Atlassian's gateway takes tokens with scopes alone; one without is taken at the address of the site (leave "
    "JIRA_OKR_JIRA__API_BASE out)."
)
TRANSIENT = frozenset({408, 409, 425, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529})
SIGN_IN_FAILED = ("AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED")
REMEDIES = {
    400: "Correct the named field or query; a field must exist, fit its type and be on the issue's edit screen.",
    403: "Give the connector's account the permission in this project, or the token the scope.",
    404: "Check that it exists and that the connector's account may see it.",
    410: "This address of Jira's API was removed; the site's deployment may be set wrongly.",
    413: "Send less at once.",
}
MOVED = (
    f"{LATER}enter the address Jira is really at (https, context path), as the browser shows "
    "it after sign-in, and see whether a proxy or single sign-on stands before the API."
)
BETWEEN = (
    f"{LATER}look at the proxy, firewall or single sign-on before Jira's API, and whether the "
    "address of the site is right."
)
PROXY = (
    "Check HTTPS_PROXY and NO_PROXY. Where the proxy asks for a sign-in, its address holds user and password, as in "
    "http://user:password@proxy.acme.example:3128."
)

CONTEXT = "Many a Jira Data Center has a context path, as in https://jira.acme.example/jira: it belongs to the address."


def classify(
    status: int, headers: Mapping[str, str], body: bytes, now: datetime, again: str = SIGN_IN_AGAIN
) -> JiraError | None:
    """The error an answer stands for, or None where it is a good one. `now` turns dates into seconds; `again` says what is done about credentials that are not taken.

    Only Jira's own words are a refusal: a redirect, a web page or an empty answer with any status is an outage of that call.
    """
    sign_in = _header(headers, "x-seraph-loginreason")
    if any(reason in sign_in for reason in SIGN_IN_FAILED):
        # Jira then serves public sites as to a stranger, with 200: a read would look complete and lack issues.
        return AuthFailure("Jira did not accept the credentials.", _captcha(sign_in), status)
    if status < 300:
        return None
    if status == 401:
        said = " ".join(read_messages(body)[0])
        words = f": {said.rstrip('.')}" if said else ""
        return AuthFailure(f"Jira did not accept the credentials (401){words}.", again, status)
    if status == 429:
        limit = read_limit(headers, now)
        return RateLimitError(limit.reason, limit.retry_after, limit.until)
    if status in TRANSIENT or status > 504:
        return _transient(status, read_limit(headers, now))
    if status < 400:
        return JiraOutage(
            f"Jira answers with a redirect{_where(headers)}, which is not followed.", MOVED, status
        )
    if status == 407:
        return JiraOutage("The proxy asks for a sign-in (407).", PROXY, status)
    if not is_jiras(body):
        remedy = f"{BETWEEN} {CONTEXT}" if status == 404 else BETWEEN
        return JiraOutage(f"Something else answered in the place of Jira's API ({status}).", remedy, status)
    messages, fields = read_messages(body)
    return JiraRefusal(status, messages, fields, REMEDIES.get(status, ""), told=is_rest_api(body))


def is_jiras(body: bytes) -> bool:
    """Whether a refusal is in Jira's own words: JSON that says why. A web page, an empty or another body is a proxy's."""
    try:
        said = msgspec.json.decode(body[:BODY_READ])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    if not isinstance(said, dict):
        return False
    return (
        isinstance(said.get("errorMessages"), list)
        or isinstance(said.get("errors"), dict)
        or bool(_texts(said.get("errors")) or _sentence(said))
    )


def is_rest_api(body: bytes) -> bool:
    """Whether a refusal is in the one form that Jira's REST API gives of a thing that is not there."""
    said = msgspec.json.decode(body[:BODY_READ])
    return isinstance(said, dict) and (
        isinstance(said.get("errorMessages"), list) or isinstance(said.get("errors"), dict)
    )


def read_messages(body: bytes) -> tuple[tuple[str, ...], dict[str, str]]:
    """Messages and refused fields of an error body, in any of the shapes Jira and Atlassian's gateway use."""
    try:
        said = msgspec.json.decode(body[:BODY_READ])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return (), {}
    if not isinstance(said, dict):
        return (), {}
    listed, errors = said.get("errorMessages"), said.get("errors")
    texts = _texts(listed) + _texts(errors)
    if not isinstance(listed, list) and not texts:
        texts = _sentence(said) + _sentence(said, (DESCRIPTION,))
    pairs = list(errors.items())[:MOST_MESSAGES] if isinstance(errors, dict) else []
    messages = tuple(text[:LONGEST_MESSAGE] for text in texts[:MOST_MESSAGES])
    return messages, {name[:100]: str(text)[:LONGEST_MESSAGE] for name, text in pairs}


def _texts(listed: object) -> list[str]:
    """The sentences of a list, as they stand or within objects: gateways and GraphQL list objects. None of what is no list."""
    found: list[str] = []
    for one in listed[:MOST_MESSAGES] if isinstance(listed, list) else ():
        if isinstance(one, str):
            found.append(one)
        elif isinstance(one, dict):
            found += _sentence(one)
    return found


def _sentence(said: Mapping[str, object], keys: Iterable[str] = SAID_BY) -> list[str]:
    """The first text below one of these keys, if there is any."""
    return [text for key in keys if isinstance(text := said.get(key), str) and text][:1]


def _where(headers: Mapping[str, str]) -> str:
    """Host and path of where a redirect leads; the rest of it may hold secrets."""
    try:
        found = urlsplit(_header(headers, "location"))
    except ValueError:
        return ""
    shown = f"{found.hostname or ''}{found.path}"[:LONGEST_PLACE]
    return f" to {shown}" if shown else ""


def _transient(status: int, limit: Limit) -> JiraOutage:
    what = "someone changed the issue at the same time" if status == 409 else "Jira cannot answer now"
    return JiraOutage(
        f"{what[0].upper()}{what[1:]} ({status}).", status=status, retry_after=limit.retry_after
    )


def _captcha(reason: str) -> str:
    if "AUTHENTICATION_DENIED" in reason:
        return "Jira asks this account for a CAPTCHA: sign in once with a browser, then use a personal access token."
    return ""


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name), "")
