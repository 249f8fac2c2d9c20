"""What the `jira` library serves: server info, the account, and metadata. Behind the same guard as every other call.

The library sleeps and retries by itself, prints request headers in its errors and follows addresses; here it does
none of that: no retries, a guarded adapter, and its errors are replaced by ours.
"""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import jira
import requests
from jira.exceptions import JIRAError
from urllib3 import HTTPResponse

from connectors.jira.http.address import Deployment
from connectors.jira.http.call import call_of, place_of
from connectors.jira.http.errors import (
    AuthFailure,
    IncompleteRead,
    JiraError,
    JiraOutage,
    JiraRefusal,
    classify,
)
from connectors.jira.http.transport import GuardedAdapter, Transport, failure_of, not_json
from connectors.jira.sign_in import scopes
from connectors.jira.sign_in.credentials import Authorization
from mappings.facts.issue import User

T = TypeVar("T")
UNPACKED = ("content-encoding", "content-length", "transfer-encoding")
"""Headers that say how a body came, which is not how it is handed on."""


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """Which Jira it is. `base_url` is what the site calls itself: shown to people, never called."""

    deployment: Deployment
    version: tuple[int, ...]
    base_url: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class JiraAccount:
    """Who the credentials belong to; dates in JQL are read in this account's time zone."""

    user: User
    time_zone: str


class GovernedAdapter(GuardedAdapter):
    """Sends for the library what the transport's governor lets through, and to the site alone."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        super().__init__(transport.base)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        call = self._transport.take_turn(request.method or "GET", urlsplit(request.url or "").path)
        response = super().send(request, *args, **kwargs)
        body = self._transport.whole(response)
        credentials = self._transport.address.credentials
        error = scopes.scope_refusal(call, response.status_code, body, credentials) or classify(
            response.status_code, response.headers, body, self._transport.now()
        )
        if self._transport.renews(error, request):
            request.headers["Authorization"] = credentials.header()
            response = super().send(request, *args, **kwargs)
            body = self._transport.whole(response)
        page = not_json(call, response, body)
        if page is not None and response.ok:
            page.asked = _asked(request)
            raise page
        # the library reads what it is given without any limit, so it is given what was read within ours
        headers = {name: value for name, value in response.headers.items() if name.lower() not in UNPACKED}
        response.raw = HTTPResponse(
            io.BytesIO(body), headers, response.status_code, preload_content=False, reason=response.reason
        )
        self._transport.learn(call, response)
        return response


class JiraLibrary:
    """The `jira` library tied to one site. Thread-safe; calls raise our errors."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._client = _client(transport)
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close the library's connections."""
        self._client._session.close()

    def ask(self, call: Callable[[jira.JIRA], T]) -> T:
        """Run one call of the library; its errors, which print credentials, never get out."""
        try:
            with self._lock:
                return call(self._client)
        except JIRAError as error:
            failure = self._failure(error)
        except JiraError as error:
            failure = error
        except requests.JSONDecodeError:
            failure = IncompleteRead("Jira's answer cannot be read.")
        except requests.TooManyRedirects as error:
            failure = self._answered(error.response) if error.response is not None else failure_of(error)
        except requests.RequestException as error:
            failure = failure_of(error)
            failure.asked = _asked(error.request)
        except (ValueError, KeyError, TypeError, AttributeError):
            failure = IncompleteRead("Jira's answer cannot be read.")
        raise failure from None

    def _failure(self, error: JIRAError) -> JiraError:
        response = error.response
        if response is None:
            return JiraOutage("The call to Jira failed.")
        return self._answered(response)

    def _answered(self, response: requests.Response) -> JiraError:
        request = response.request
        call = call_of(request.method or "GET", urlsplit(request.url or "").path)
        credentials = self._transport.address.credentials
        found = scopes.scope_refusal(call, response.status_code, response.content, credentials) or classify(
            response.status_code,
            response.headers,
            response.content,
            self._transport.now(),
            self._transport.address.again,
        )
        found = found or JiraRefusal(response.status_code)
        found.asked = _asked(request)
        return found


def _asked(request: requests.Request | requests.PreparedRequest | None) -> str:
    """Which call it was, without ids and without what follows the path."""
    if request is None or not request.url:
        return ""
    found = urlsplit(request.url)
    return f"{request.method} {found.scheme}://{found.netloc.rpartition('@')[2]}{place_of(found.path)}"


def _client(transport: Transport) -> jira.JIRA:
    # at DEBUG the library logs headers and bodies
    logging.getLogger("jira").setLevel(logging.WARNING)
    client = jira.JIRA(
        server=transport.base,
        options={"rest_api_version": "2", "check_update": False},
        get_server_info=False,
        max_retries=0,
        timeout=transport.timeout,
    )
    session = client._session
    guard = GovernedAdapter(transport)
    session.mount("https://", guard)
    session.mount("http://", guard)
    session.auth = Authorization(transport.address.credentials)
    session.max_redirects = 0
    transport.address.tls.put_on(session)
    return client


def server_info(library: JiraLibrary) -> ServerInfo:
    """Which Jira answers here."""
    said = library.ask(lambda client: client.server_info())
    if not isinstance(said, dict) or "version" not in said:
        raise JiraRefusal(
            200, ("This address answers, but not as Jira does.",), remedy="Enter the address of Jira itself."
        )
    numbers = said.get("versionNumbers") or []
    return ServerInfo(
        "cloud" if str(said.get("deploymentType", "")).lower() == "cloud" else "datacenter",
        tuple(number for number in numbers if isinstance(number, int)),
        str(said.get("baseUrl", "")),
        str(said.get("serverTitle", "")),
    )


def server_time(transport: Transport, api: str) -> datetime | None:
    """The time of the clock that stamps `updated`; None where Jira does not say."""
    try:
        said = transport.get(f"{api}/serverInfo").json()
        stamp = said.get("serverTime") if isinstance(said, dict) else None
        return datetime.fromisoformat(stamp).astimezone(UTC) if isinstance(stamp, str) else None
    except (JiraRefusal, ValueError):
        return None


def account(library: JiraLibrary) -> JiraAccount:
    """Whose credentials these are. Raises AuthFailure where Jira answers as to a stranger."""
    told: object = library.ask(lambda client: client.myself())
    said = told if isinstance(told, dict) else {}
    known = said.get("accountId") or said.get("name")
    if not known:
        raise AuthFailure("Jira answers as if nobody had signed in.")
    display = str(said.get("displayName") or known)
    return JiraAccount(
        User(str(known), display, said.get("emailAddress") or None), str(said.get("timeZone") or "UTC")
    )
