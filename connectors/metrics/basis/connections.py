"""What lies outside of Jira and a source of KPIs may reach: hosts that the operator allows, and connections with their secrets.

A source names a connection, never a secret, and a secret goes to the host of its connection alone. Addresses of private networks are
refused unless the operator lists the address itself, and what was looked at is what is connected to.
"""

from __future__ import annotations

import base64
import http.client
import ipaddress
import json
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from urllib.parse import SplitResult, urljoin, urlsplit

from connectors.deadline import Deadline, cut_off
from connectors.jira.http.connection import is_of_machine, is_public
from connectors.name_lookup import addresses

LARGEST_BODY = 1 << 20
MOST_REDIRECTS = 3
REDIRECTS = (301, 302, 303, 307, 308)
PORTS = {"http": 80, "https": 443}
CHUNK = 65_536
JSON = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class NamedConnection:
    """One thing outside by its name: the host that may get the token or password, or the address of a database."""

    host: str = ""
    token: str = field(default="", repr=False)
    user: str = ""
    password: str = field(default="", repr=False)
    url: str = field(default="", repr=False)

    @property
    def authorization(self) -> str:
        """The header that says who asks; empty where the connection has no secret."""
        if self.token:
            return f"Bearer {self.token}"
        if self.user:
            return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        return ""


@dataclass(frozen=True, slots=True)
class AllowedHosts:
    """What the operator allows: hosts (`metrics.acme.example`, `10.0.0.5:9090`, `http://…` where it may be plain, `*.acme.example` for
    all below it), and connections by name. `setting` is where they are listed. `private`: the hosts may be at addresses of a private network,
    for the operator alone says which; where machines talk to their cloud never.
    """

    hosts: tuple[str, ...] = ()
    connections: Mapping[str, NamedConnection] = field(default_factory=dict)
    setting: str = "JIRA_OKR_METRICS__HTTP_HOSTS"
    private: bool = False


class ConnectionFailure(Exception):
    """Nothing that can be used came back; `refused` where it is not for an outage."""

    def __init__(self, reason: str, remedy: str = "", *, refused: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.remedy, self.refused = reason, remedy, refused


def connection_of(outside: AllowedHosts, name: str) -> NamedConnection:
    """The connection of this name. Raises ConnectionFailure naming those there are."""
    found = outside.connections.get(name.casefold())
    if found is None:
        known = ", ".join(sorted(outside.connections)) or "none"
        raise ConnectionFailure(
            f"there is no connection called {name} (known: {known})",
            f"Set JIRA_OKR_METRICS__CONNECTIONS__{name.upper()}__….",
            refused=True,
        )
    return found


def get_json(outside: AllowedHosts, url: str, timeout: float, connection: str | None) -> tuple[int, object]:
    """Status and JSON of an address, numbers as decimals. Raises ConnectionFailure."""
    secret = connection_of(outside, connection) if connection else None
    first = urlsplit(url)
    if secret is not None and secret.authorization and secret.host not in (first.netloc, first.hostname):
        raise ConnectionFailure(
            f"the secret of the connection {connection} is for {secret.host or 'no host'}, not for {first.netloc}",
            "Write the host of the connection in the settings.",
            refused=True,
        )
    deadline = time.monotonic() + timeout
    for _ in range(MOST_REDIRECTS + 1):
        status, headers, body = _asked(outside, urlsplit(url), deadline, secret)
        if status not in REDIRECTS:
            return status, _decoded(status, body)
        after = urlsplit(urljoin(url, headers.get("Location", "")))
        if (after.scheme, after.netloc) != (first.scheme, first.netloc):
            raise ConnectionFailure(f"{first.netloc} sends on to another host, {after.netloc}", refused=True)
        url = after.geturl()
    raise ConnectionFailure(f"{first.netloc} sends on and on", refused=True)


def post_json(
    outside: AllowedHosts, url: str, posted: bytes, timeout: float, headers: Mapping[str, str] | None = None
) -> tuple[int, http.client.HTTPMessage, str]:
    """Status, headers and words of what answers to a JSON that is posted once; nobody is followed elsewhere. Raises ConnectionFailure."""
    return post(outside, url, posted, timeout, {"Content-Type": JSON, **(headers or {})})


def post(
    outside: AllowedHosts, url: str, posted: bytes, timeout: float, headers: Mapping[str, str]
) -> tuple[int, http.client.HTTPMessage, str]:
    """The same of anything, whose type is among the headers."""
    deadline = time.monotonic() + timeout
    status, answered, said = _asked(outside, urlsplit(url), deadline, None, posted, headers)
    return status, answered, said.decode("utf-8", "replace")


def require_allowed(outside: AllowedHosts, url: str) -> None:
    """Refuse an address that would not be asked, whatever its name means by then; nothing is looked up, nobody asked. Raises ConnectionFailure."""
    if not url.isprintable() or any(
        one.isspace() for one in url
    ):  # urlsplit leaves some of them out without a word
        raise ConnectionFailure("it holds blanks, or signs that are not shown", refused=True)
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ConnectionFailure("it is no address", refused=True) from None
    host, port = _allowed(outside, parts)
    if is_number(host):
        _address(outside, host, port, 0.0)


def is_number(host: str) -> bool:
    """Whether a host is an address itself, not a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _asked(
    outside: AllowedHosts,
    parts: SplitResult,
    deadline: float,
    secret: NamedConnection | None,
    posted: bytes | None = None,
    more: Mapping[str, str] | None = None,
) -> tuple[int, http.client.HTTPMessage, bytes]:
    host, port = _allowed(outside, parts)
    address = _address(outside, host, port, max(deadline - time.monotonic(), 0.0))
    wait = deadline - time.monotonic()
    if wait <= 0:
        raise ConnectionFailure(f"{parts.netloc} took too long")
    form = _Tls if parts.scheme == "https" else _PlainConnection
    connection = form(host, port, address, wait)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"Accept": "application/json", "User-Agent": "jira-okr", **(more or {})}
    if secret is not None and secret.authorization:
        headers["Authorization"] = secret.authorization
    cut = Deadline()
    opened: socket.socket | None = None
    try:
        # the library waits for each byte anew: a handshake or a head that trickles would hold a call for ever
        with cut_off(wait, lambda: connection.sock or opened) as cut:
            connection.request("GET" if posted is None else "POST", path, posted, headers)
            # of an answer that ends with its connection the connection knows no more
            opened = connection.sock
            with connection.getresponse() as answer:
                body = _body(answer, parts.netloc)
        if cut.over:
            raise TimeoutError
        return answer.status, answer.headers, body
    except (OSError, http.client.HTTPException, ValueError) as error:
        said = "took too long" if cut.over or isinstance(error, TimeoutError) else f"cannot be read: {error}"
        raise ConnectionFailure(f"{parts.netloc} {said}") from None
    finally:
        connection.close()


def _allowed(outside: AllowedHosts, parts: SplitResult) -> tuple[str, int]:
    """Host and port of an address that the operator allows."""
    try:
        host, port = parts.hostname or "", PORTS.get(parts.scheme, 0) if parts.port is None else parts.port
        if parts.port == 0 or not all(one.isprintable() and not one.isspace() for one in parts.netloc):
            raise ValueError(parts.netloc)
    except ValueError:
        raise ConnectionFailure(f"{parts.netloc} is no host", refused=True) from None
    if parts.scheme not in PORTS or not host or parts.username is not None:
        raise ConnectionFailure("the address is none of http or https with a host alone", refused=True)
    for entry in outside.hosts:
        plain = entry.startswith("http://")
        listed = urlsplit(entry if "://" in entry else f"https://{entry}")
        if not _covers(listed.hostname or "", host):
            continue
        if (listed.port or PORTS["http" if plain else "https"]) != port:
            continue
        if parts.scheme == "https" or plain:
            return host, port
    raise ConnectionFailure(
        f"{parts.scheme}://{host}:{port} is none of the hosts that may be asked",
        f"Add {host}:{port} to {outside.setting} (with http:// before it where it may be plain).",
        refused=True,
    )


def _covers(listed: str, host: str) -> bool:
    """Whether a host is the listed one, or below it."""
    return host == listed or (listed.startswith("*.") and host.endswith(listed[1:]))


def _address(outside: AllowedHosts, host: str, port: int, seconds: float) -> str:
    """The address of a host, looked up once within so many seconds, and connected to as it is: a public one, or one that the operator lists."""
    listed = {urlsplit(one if "://" in one else f"//{one}").hostname for one in outside.hosts}
    try:
        found = addresses(host, port, seconds)
    except OSError as error:
        raise ConnectionFailure(f"{host} has no address: {error}") from None
    for address in found:
        # some count as global: those of a cloud's own, and IPv6 forms that hide an IPv4 address
        if is_of_machine(address):
            continue
        if outside.private or address in listed or is_public(address):
            return address
    if all(is_of_machine(one) for one in found):
        raise ConnectionFailure(
            f"{host} is at {found[0]}, an address where machines talk to their cloud", refused=True
        )
    raise ConnectionFailure(
        f"{host} is at {found[0]}, an address of a private network",
        f"Add the address itself to {outside.setting} if it may be asked.",
        refused=True,
    )


def _body(answer: http.client.HTTPResponse, netloc: str) -> bytes:
    """Read to its end, which comes in time: the connection is cut off then."""
    found = bytearray()
    while chunk := answer.read1(CHUNK):
        found += chunk
        if len(found) > LARGEST_BODY:
            raise ConnectionFailure(f"the answer of {netloc} is larger than 1 MiB", refused=True)
    return bytes(found)


def _decoded(status: int, body: bytes) -> object:
    try:
        return json.loads(body, parse_float=Decimal, parse_int=Decimal)
    except (ValueError, RecursionError):
        if status != http.client.OK:
            return None
        raise ConnectionFailure("the answer is no JSON", refused=True) from None


class _PlainConnection(http.client.HTTPConnection):
    """A connection to an address that was looked at."""

    def __init__(self, host: str, port: int, address: str, timeout: float) -> None:
        super().__init__(host, port, timeout=timeout)
        self._address = address

    def connect(self) -> None:
        """To that address, whatever the name means by now."""
        self.sock = socket.create_connection((self._address, self.port), self.timeout)


class _Tls(http.client.HTTPSConnection):
    """The same with TLS for the name."""

    def __init__(self, host: str, port: int, address: str, timeout: float) -> None:
        self._tls = ssl.create_default_context()
        super().__init__(host, port, timeout=timeout, context=self._tls)
        self._address = address

    def connect(self) -> None:
        """To that address; the certificate has to be that of the name."""
        self.sock = socket.create_connection((self._address, self.port), self.timeout)
        self.sock = self._tls.wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
        self.sock.do_handshake()
