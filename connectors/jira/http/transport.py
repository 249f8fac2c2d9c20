"""HTTP to one Jira site: pooled, timed, capped and never elsewhere. Says what failed in typed errors; decides nothing."""

from __future__ import annotations

import re
import ssl
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Protocol, TypeVar
from urllib.parse import quote, urlencode

import msgspec
import requests
from urllib3.exceptions import DecodeError, HTTPError, NameResolutionError, NewConnectionError

from connectors import typed_json
from connectors.clock import system_seconds
from connectors.jira.http.address import JiraAddress
from connectors.jira.http.call import Call, call_of, place_of
from connectors.jira.http.connection import Forbidden, TimedAdapter, is_of_machine
from connectors.jira.http.errors import (
    PROXY,
    AuthFailure,
    BrokenConnection,
    IncompleteRead,
    JiraError,
    JiraOutage,
    RateLimitError,
    classify,
)
from connectors.jira.http.gateway import ApiBase
from connectors.jira.http.governor import CallPermit, Wait
from connectors.jira.sign_in import scopes
from connectors.jira.sign_in.credentials import Authorization
from mappings.numbers import count_of

T = TypeVar("T")
Params = Mapping[str, str | int | bool]

CHUNK = 1 << 18
MOST_SAID = 200
MOST_CAUSES = 20
NO_BODY = None
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
ENCODER = msgspec.json.Encoder(decimal_format="number")
"""Rounded values are Decimals; Jira refuses a number sent as text."""
BODY_LIMIT = 64 << 20
"""Bytes of one answer, unpacked; the largest page Jira sends stays far below."""
PATIENCE = 5.0
"""Seconds a call may wait for its turn in the thread; beyond that the work is given back."""
BACKGROUND_PATIENCE = 120.0
"""Background reads have time, and a page that is given back costs all the pages before it."""


class Pacing(Protocol):
    """What the transport asks before each call, and tells after it. `now` is seconds since the epoch."""

    def before(self, call: Call, now: float) -> CallPermit | Wait:
        """Take a turn, or learn how long to wait for one."""

    def after(self, call: Call, status: int, headers: Mapping[str, str], now: float) -> None:
        """Learn from an answer."""


Observer = Callable[[Call, str], object]
"""Told of every call that was sent: the call, and `ok`, the status of a refusal, or `broken` where no whole answer came."""


@dataclass(frozen=True, slots=True)
class JiraReply:
    """A good answer (2xx) of Jira."""

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)

    def read(self, decoder: msgspec.json.Decoder[T]) -> T:
        """The body by a typed decoder; raises IncompleteRead where it is torn or of another shape."""
        try:
            return decoder.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise IncompleteRead(_unreadable(self.body, error)) from None

    def json(self) -> object:
        """The body as plain JSON, which nobody has looked at yet; None where it is empty."""
        return self.read(ANYTHING) if self.body else None


ANYTHING: msgspec.json.Decoder[object] = typed_json.decoder(object)


@dataclass(frozen=True, slots=True)
class _Body:
    """What is sent, and of which kind it is."""

    content: bytes = field(repr=False)
    kind: str = JSON


class GuardedAdapter(TimedAdapter):
    """Sends to addresses under one base alone, whatever asks for another: credentials never leave for elsewhere."""

    def __init__(self, base: str, forbidden: Forbidden = is_of_machine) -> None:
        # as requests writes it: host in lower case and, where it has other letters, encoded
        self._base = requests.Request("GET", f"{base}/").prepare().url or ""
        super().__init__(forbidden, pool_connections=1, pool_maxsize=4, max_retries=0)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        if not self._base or not (request.url or "").startswith(self._base):
            raise requests.exceptions.InvalidURL("an address outside the configured Jira was refused")
        return super().send(request, *args, **kwargs)


def new_session(address: JiraAddress, base: str = "", *, signed: bool = True) -> requests.Session:
    """A session that keeps to the site (or to `base`), keeps no cookies, and carries its credentials where it is `signed`."""
    base = base or address.api_base
    session = requests.Session()
    guard = GuardedAdapter(base)
    session.mount("https://", guard)
    session.mount("http://", guard)
    session.auth = Authorization(address.credentials) if signed else None
    session.headers.update({"Accept": "application/json", "User-Agent": "jira-okr-connector"})
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    # proxies and certificates of the environment are looked up once for the one host, not at every call
    found = session.merge_environment_settings(base, {}, None, None, None)
    session.proxies, session.verify, session.cert = dict(found["proxies"]), found["verify"], found["cert"]
    address.tls.put_on(session)
    session.trust_env = False
    return session


class Sessions:
    """A session for each thread, because sessions are not made to be shared; all of them can be closed at once."""

    def __init__(self, address: JiraAddress, base: ApiBase) -> None:
        self._address = address
        self._base = base
        self._local = threading.local()
        self._all: weakref.WeakSet[requests.Session] = weakref.WeakSet()
        self._lock = threading.Lock()

    def mine(self) -> requests.Session:
        """This thread's session."""
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = new_session(self._address, self._base.find())
            with self._lock:
                self._all.add(session)
        return session

    def close(self) -> None:
        """Close the connections of every thread; a session that is used again opens new ones."""
        with self._lock:
            for session in list(self._all):
                session.close()


class Transport:
    """Calls to one site from any number of threads, each with a session of its own.

    Reads (GET, and POST with `reads`) are repeated once when the connection breaks; writes never. Redirects and
    addresses found in answers are not followed. Raises JiraError and its kinds.
    """

    def __init__(
        self,
        address: JiraAddress,
        session: requests.Session | None = None,
        timeout: tuple[float, float] = (5.0, 30.0),
        governor: Pacing | None = None,
        *,
        body_limit: int = BODY_LIMIT,
        patience: float = PATIENCE,
        clock: Callable[[], float] = system_seconds,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self.address = address
        self.timeout = timeout
        self.governor = governor
        self.observer: Observer | None = None
        self._given = session
        self._base = ApiBase(address, self._asked_openly)
        self._sessions = Sessions(address, self._base)
        self._body_limit = body_limit
        self._patience = patience
        self._background = False
        self._clock = clock
        self._sleep = sleep

    def __repr__(self) -> str:
        return f"Transport({self.address.name!r}, {self.known_base!r})"

    @property
    def base(self) -> str:
        """Where the API is; at the gateway it is found out first. Raises JiraError where the site does not tell."""
        return self._base.find()

    @property
    def known_base(self) -> str:
        """Where the API is, as far as it is known without asking."""
        return self._base.known or f"{self.address.gateway}/ex/jira"

    def cloud_id(self) -> str:
        """Which site of Jira Cloud it is, asked of the site where its address does not say it. Raises JiraError where nobody tells."""
        return self._base.cloud_id()

    def in_background(self) -> Transport:
        """The same site over the same connections, for work that yields to fresh events."""
        other = copy(self)
        other._background = True
        other._patience = max(self._patience, BACKGROUND_PATIENCE)
        return other

    def get(self, path: str, params: Params | None = None) -> JiraReply:
        """Read; repeated once when the connection breaks."""
        return self._ask("GET", path, params, NO_BODY, reads=True)

    def post(
        self, path: str, json: object, params: Params | None = None, *, reads: bool = False
    ) -> JiraReply:
        """Send JSON, or nothing where it is None; `reads` says that it changes nothing (search, bulk read)."""
        body = NO_BODY if json is None else _Body(ENCODER.encode(json))
        return self._ask("POST", path, params, body, reads=reads)

    def post_form(self, path: str, fields: Mapping[str, str]) -> JiraReply:
        """Send a form, once: what OAuth 2.0 asks for where nobody says otherwise (RFC 6749, 4.1.3)."""
        return self._ask("POST", path, None, _Body(urlencode(fields).encode(), FORM), reads=False)

    def put(self, path: str, json: object, params: Params | None = None) -> JiraReply:
        """Write JSON, once."""
        return self._ask("PUT", path, params, _Body(ENCODER.encode(json)), reads=False)

    def delete(self, path: str, params: Params | None = None, *, json: object = None) -> JiraReply:
        """Delete, once; what to delete stands in the path, or in `json`."""
        body = NO_BODY if json is None else _Body(ENCODER.encode(json))
        return self._ask("DELETE", path, params, body, reads=False)

    def whole(self, response: requests.Response) -> bytes:
        """The body of an answer that another sends for us, with the same limits as ours. Raises JiraError."""
        try:
            return self._body(response)
        finally:
            response.close()

    def close(self) -> None:
        """Close the connections of all threads."""
        self._sessions.close()

    def now(self) -> datetime:
        """The instant by this transport's clock."""
        return datetime.fromtimestamp(self._clock(), UTC)

    def take_turn(self, method: str, path: str) -> Call:
        """Wait for the governor where that is short; else give the work back, so that no thread sleeps on it.

        Raises RateLimitError with the governor's reason and time.
        """
        call = call_of(method, path, self._background)
        deadline = self._clock() + self._patience
        while self.governor is not None:
            now = self._clock()
            decision = self.governor.before(call, now)
            if isinstance(decision, CallPermit):
                break
            if now + decision.seconds > deadline:
                until = datetime.fromtimestamp(now + decision.seconds, UTC)
                raise RateLimitError(decision.reason, decision.seconds, until)
            self._sleep(decision.seconds)
        return call

    def learn(self, call: Call, response: requests.Response) -> None:
        """Let the governor learn from an answer, and the observer see it."""
        self._tell(call, "ok" if response.ok else str(response.status_code))
        if self.governor is not None:
            self.governor.after(call, response.status_code, response.headers, self._clock())

    def _ask(
        self, method: str, path: str, params: Params | None, data: _Body | None, *, reads: bool
    ) -> JiraReply:
        deadline = self._clock() + self._patience
        while True:
            try:
                return self._ask_now(method, path, params, data, again=reads)
            except RateLimitError as limited:
                late = limited.until is not None and limited.until.timestamp() > deadline
                waits = reads and self._background and self.governor is not None
                if not waits or late or self._clock() > deadline:
                    raise
            except JiraError as error:
                error.asked = error.asked or f"{method} {self.known_base}{place_of(path)}"
                raise

    def _ask_now(
        self, method: str, path: str, params: Params | None, data: _Body | None, *, again: bool
    ) -> JiraReply:
        call = self.take_turn(method, path)
        try:
            return self._once(call, path, params, data)
        except BrokenConnection:
            if not again:
                raise
        return self._ask_now(method, path, params, data, again=False)

    def _tell(self, call: Call, outcome: str) -> None:
        if self.observer is not None:
            self.observer(call, outcome)

    def _once(
        self, call: Call, path: str, params: Params | None, data: _Body | None, *, anew: bool = True
    ) -> JiraReply:
        try:
            response = self._send(call.method, path, params, data)
            try:
                body = self._body(response)
            finally:
                response.close()
        except Exception:
            self._tell(call, "broken")
            raise
        self.learn(call, response)
        error = (
            scopes.scope_refusal(call, response.status_code, body, self.address.credentials)
            or classify(response.status_code, response.headers, body, self.now(), self.address.again)
            or not_json(call, response, body)
        )
        if anew and self.renews(error, response.request):
            return self._once(call, path, params, data, anew=False)
        if error is not None:
            raise error
        return JiraReply(response.status_code, body, response.headers)

    def renews(self, error: JiraError | None, sent: requests.PreparedRequest) -> bool:
        """Whether the call was refused for its token alone, and another token is there by now. Raises JiraError where none can be had."""
        if (
            not isinstance(error, AuthFailure)
            or isinstance(error, scopes.MissingScope)
            or error.status != 401
        ):
            return False
        return self.address.credentials.renew(str(sent.headers.get("Authorization", "")))

    def _send(self, method: str, path: str, params: Params | None, data: _Body | None) -> requests.Response:
        base = self.base
        try:
            return (self._given or self._sessions.mine()).request(
                method,
                base + path,
                params={name: _text(value) for name, value in (params or {}).items()},
                data=None if data is None else data.content,
                headers=None if data is None else {"Content-Type": data.kind},
                timeout=self.timeout,
                stream=True,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise failure_of(error) from None

    def _asked_openly(self, url: str) -> tuple[int, bytes]:
        """What anybody is told there; the credentials stay here."""
        session = new_session(self.address, self.address.browse_url, signed=False)
        try:
            response = session.get(url, timeout=self.timeout, stream=True, allow_redirects=False)
            return response.status_code, self._body(response)
        except requests.RequestException as error:
            raise failure_of(error) from None
        finally:
            session.close()

    def _body(self, response: requests.Response) -> bytes:
        """The whole body, refused beyond the size limit; how long it may take is the connection's matter."""
        chunks: list[bytes] = []
        size = 0
        try:
            for chunk in _arriving(response):
                size += len(chunk)
                if size > self._body_limit:
                    raise JiraOutage(
                        f"Jira's answer is larger than {self._body_limit >> 20} MiB.",
                        "Read fewer issues at once.",
                    )
                chunks.append(chunk)
        except requests.RequestException as error:
            raise failure_of(error) from None
        return b"".join(chunks)


def issue_path(api: str, issue: str) -> str:
    """The path of one issue, by id or key."""
    return f"{api}/issue/{quote(issue, safe='')}"


def _arriving(response: requests.Response) -> Iterator[bytes]:
    """The unpacked body as it arrives. `iter_content` waits until a piece is full, however slowly it trickles."""
    try:
        while piece := response.raw.read1(CHUNK, decode_content=True):
            yield piece
    except DecodeError as error:
        raise requests.exceptions.ContentDecodingError(error) from None
    except HTTPError as error:
        raise requests.exceptions.ChunkedEncodingError(error) from None


def failure_of(error: requests.RequestException) -> JiraOutage:
    """What the library of HTTP raises, in our words: without its text, which may hold addresses and headers."""
    if isinstance(error, requests.exceptions.SSLError):
        if _is_no_tls(error):
            return JiraOutage(
                "What answers at the address of Jira does not speak TLS.",
                "Check the port, and whether the address begins with http:// instead of https://.",
            )
        return JiraOutage(
            f"Jira's TLS certificate is not trusted{_why_untrusted(error)}.",
            "Install the certificate authority of your Jira on this machine, or name its file in JIRA_OKR_JIRA__CA_BUNDLE "
            "(REQUESTS_CA_BUNDLE where the settings name no Jira); all authorities that are needed have to be in that file. "
            "Where Jira asks for a client's certificate, name it in JIRA_OKR_JIRA__CLIENT_CERT.",
        )
    if isinstance(error, requests.Timeout):
        return JiraOutage("Jira did not answer in time.")
    if isinstance(error, requests.exceptions.ProxyError):
        return JiraOutage(f"The proxy refused the connection{_why_refused(error)}.", PROXY)
    if isinstance(error, requests.ConnectionError | requests.exceptions.ChunkedEncodingError):
        return _unreached(error)
    return JiraOutage(f"The call to Jira failed ({type(error).__name__}).")


def _is_no_tls(error: requests.RequestException) -> bool:
    """Whether what answered has no certificate at all."""
    # Only errors that OpenSSL raised have a reason.
    reasons = [getattr(cause, "reason", "") for cause in _causes(error) if isinstance(cause, ssl.SSLError)]
    return any(reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST") for reason in reasons)


def _why_untrusted(error: requests.RequestException) -> str:
    """What is wrong with a certificate, as OpenSSL says it; empty where it does not say."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError) and cause.verify_message:
            return f" ({cause.verify_message.rstrip('.')[:MOST_SAID]})"
    return ""


def _why_refused(error: requests.RequestException) -> str:
    """What a proxy said to a tunnel, by its number; empty where it said nothing."""
    said = (re.search(r"Tunnel connection failed: (\d{3})", str(cause)) for cause in _causes(error))
    number = next((one[1] for one in said if one), "")
    return f" ({number})" if number else ""


def _unreached(error: requests.RequestException) -> BrokenConnection:
    """A host that nobody knows, one that does not answer, or a connection that broke."""
    for cause in _causes(error):
        if isinstance(cause, NameResolutionError):
            return BrokenConnection(
                "The host that was called is not known.",
                "Check how the address is spelt, and whether this machine needs a VPN or another name server to find it.",
            )
        if isinstance(cause, NewConnectionError):
            return BrokenConnection(
                "Nothing answers at the address of Jira.",
                "Check host and port, whether Jira runs, and whether a firewall stands between.",
            )
    return BrokenConnection("The connection to Jira broke.")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and those within it, in whatever way a library keeps them."""
    waiting: list[object] = [error]
    for _ in range(MOST_CAUSES):
        if not waiting:
            return
        one = waiting.pop()
        if isinstance(one, BaseException):
            yield one
            waiting += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]


def not_json(call: Call, response: requests.Response, body: bytes) -> JiraError | None:
    """A sign-in or maintenance page that a proxy serves with 200 is no answer of Jira's API, nor is any text after a write."""
    page = response.headers.get("Content-Type", "").startswith("text/html") and body.lstrip()[:1] == b"<"
    if page or (call.method in ("PUT", "DELETE") and body.strip() and not _is_json(body)):
        return JiraOutage(
            "A web page came back where Jira's API should answer.",
            "Check the address and whether a proxy or single sign-on stands before the API.",
            response.status_code,
        )
    return None


def _is_json(body: bytes) -> bool:
    try:
        ANYTHING.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _unreadable(body: bytes, error: Exception) -> str:
    return f"Jira's answer ({count_of(len(body), 'byte')}) cannot be read: {typed_json.reason(error)}."


def _text(value: str | int | bool) -> str | int:
    return ("true" if value else "false") if isinstance(value, bool) else value
