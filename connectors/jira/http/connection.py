"""The connections to Jira: answers have a deadline as a whole, and addresses where machines talk to their cloud are never spoken to.

`requests` limits the time between two bytes alone, so a head that trickles would hold a call for ever. And a name may come to mean
another address after somebody looked at it, so what counts is the address that is connected to. Names are looked up with a deadline, too.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from itertools import product
from typing import Any

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from requests.exceptions import ContentDecodingError
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NameResolutionError, NewConnectionError
from urllib3.util.connection import allowed_gai_family

from connectors.name_lookup import addresses
from mappings.numbers import count_of

METADATA_NAMES = ("metadata.google.internal",)
METADATA = (
    "fd00:ec2::254",
    "fd20:ce::254",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
)
"""Where clouds give their machines credentials, beside the link-local addresses."""
TRANSLATED = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"), ip_network("::/96"))
"""IPv6 networks whose last four bytes are an IPv4 address (RFC 6052, RFC 8215, RFC 4291)."""
CHUNK = 16 * 1024
WHOLE = 4
"""How many times the longest silence a whole answer may take."""

Forbidden = Callable[[str], bool]


def is_of_machine(host: str) -> bool:
    """Whether no Jira has this address, but where a cloud gives its machines credentials. One's own network is fine.

    IPv4 addresses are found in whatever IPv6 form they are hidden.
    """
    if host.rstrip(".").lower() in METADATA_NAMES:
        return True
    try:
        given = ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return False
    return any(
        str(one) in METADATA or one.is_link_local or one.is_multicast or one.is_unspecified
        for one in (given, *_hidden(given))
    )


def is_public(address: str) -> bool:
    """Whether an address is one of the internet, and no form of IPv6 that leads to one of a private network."""
    given = ip_address(address.partition("%")[0])
    return not is_of_machine(address) and all(one.is_global for one in (given, *_hidden(given)))


def _hidden(given: IPv4Address | IPv6Address) -> tuple[IPv4Address, ...]:
    if isinstance(given, IPv4Address) or given in (IPv6Address("::"), IPv6Address("::1")):
        return ()
    found = [given.ipv4_mapped, given.sixtofour]
    if any(given in network for network in TRANSLATED):
        found.append(IPv4Address(int(given) & 0xFFFFFFFF))
    return tuple(one for one in found if one is not None)


class TimedAdapter(HTTPAdapter):
    """Connections with a deadline for each answer: its head within the read timeout, all of it within four; and not to `forbidden` addresses."""

    def __init__(self, forbidden: Forbidden = is_of_machine, **options: Any) -> None:
        self._forbidden = forbidden
        super().__init__(**options)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """The pools, with our connections in them."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = set_deadlines(
            self.poolmanager.pool_classes_by_scheme, self._forbidden
        )

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """The same to a proxy, which may be anywhere: the operator named it."""
        known = proxy in self.proxy_manager
        manager = super().proxy_manager_for(proxy, **kwargs)
        if not known:
            manager.pool_classes_by_scheme = set_deadlines(
                manager.pool_classes_by_scheme, lambda _address: False
            )
        return manager


class LimitedAdapter(TimedAdapter):
    """The same, for answers that are read whole: not more than `largest` bytes, counted as they are unpacked."""

    def __init__(self, largest: int, forbidden: Forbidden = is_of_machine, **options: Any) -> None:
        self._largest = largest
        super().__init__(forbidden, **options)

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        """Send it; ContentDecodingError where the answer is too large."""
        answer = super().send(request, *args, **{**kwargs, "stream": True})
        with answer:
            body = bytearray()
            for piece in answer.iter_content(CHUNK):
                body += piece
                if len(body) > self._largest:
                    raise ContentDecodingError(f"the answer is larger than {count_of(self._largest, 'byte')}")
        answer.raw = io.BytesIO(body)
        answer._content = bytes(body)
        return answer


def set_deadlines(pools: Mapping[str, type[HTTPConnectionPool]], forbidden: Forbidden) -> dict[str, Any]:
    """These pools with a deadline for each answer, by scheme; how they connect (straight, or by SOCKS) stays theirs.

    Classes, for that is what the library makes connections of.
    """

    def of(pool: Any) -> Any:
        class TimedConnection(pool.ConnectionCls):  # type: ignore[misc]
            response_class = TimedResponse

            def _new_conn(self) -> socket.socket:
                return _looked_at(_by_address(self, super()._new_conn), self, forbidden)

        return type(f"Timed{pool.__name__}", (pool,), {"ConnectionCls": TimedConnection})

    return {scheme: of(pool) for scheme, pool in pools.items()}


def _by_address(connection: Any, connect: Callable[[], socket.socket]) -> socket.socket:
    """Connect to the first address that takes it, names looked up before: by SOCKS that of the proxy, and of the host where the proxy looks up none.

    The library has no limit for that. The name stays what certificates are held against.
    """
    name, proxy = connection._dns_host, getattr(connection, "_socks_options", None)
    seconds = connection.timeout if isinstance(connection.timeout, int | float) else None
    family = allowed_gai_family()
    try:
        found: tuple[str, ...] = (name,)
        if proxy is None or not proxy["rdns"]:
            found = addresses(name, connection.port, seconds, family)
        between = [proxy]
        if proxy is not None:
            port = proxy["proxy_port"] or 0
            places = addresses(proxy["proxy_host"], int(port), seconds, family)
            between = [{**proxy, "proxy_host": place} for place in places]
    except socket.gaierror as error:
        raise NameResolutionError(name, connection, error) from error
    refused: HTTPError = NewConnectionError(connection, f"{name} has no address")
    try:
        for connection._socks_options, connection._dns_host in product(between, found):
            try:
                return connect()
            except (NewConnectionError, ConnectTimeoutError) as error:
                refused = error
        raise refused
    finally:
        connection._socks_options, connection._dns_host = proxy, name


def _looked_at(connected: socket.socket, connection: HTTPConnection, forbidden: Forbidden) -> socket.socket:
    """The connection, if it leads where Jira may be. Raises NewConnectionError, for nothing was asked yet; then it is closed."""
    try:
        address = str(connected.getpeername()[0])
    except OSError as error:  # the other side took it and dropped it at once
        connected.close()
        raise NewConnectionError(connection, f"the connection was dropped at once: {error}") from error
    if forbidden(address):
        connected.close()
        raise NewConnectionError(connection, f"{address} is an address where machines talk to their cloud")
    return connected


class TimedResponse(http.client.HTTPResponse):
    """An answer that has to be there in time, however steadily it trickles."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self._arriving = _ArrivingBytes(self.fp.detach(), sock)
        self.fp = io.BufferedReader(self._arriving)

    def begin(self) -> None:
        """Read the head."""
        self._arriving.begin(1)
        super().begin()
        self._arriving.begin(WHOLE)


class _ArrivingBytes(io.RawIOBase):
    def __init__(self, raw: io.RawIOBase, sock: socket.socket) -> None:
        super().__init__()
        self._raw = raw
        self._sock = sock
        self._silence: float | None = sock.gettimeout()
        self._end: float | None = None

    def begin(self, times: int) -> None:
        """From now on there is so many times the longest silence left."""
        self._end = None if self._silence is None else time.monotonic() + times * self._silence

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._end is not None and self._silence is not None:
            left = self._end - time.monotonic()
            if left <= 0:
                raise TimeoutError("the answer takes too long")
            self._sock.settimeout(min(left, self._silence))
        return self._raw.readinto(buffer)

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()
