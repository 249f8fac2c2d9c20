"""What collects logs elsewhere (a SIEM): lines of JSON, posted over HTTP or sent by syslog (RFC 5424 over TCP or TLS, RFC 6587, RFC 5425)."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import SplitResult, urlsplit

from connectors.deadline import cut_off
from connectors.jira.http.connection import is_of_machine
from connectors.metrics.basis.connections import AllowedHosts, ConnectionFailure, post
from connectors.name_lookup import connection_to
from connectors.notify.failure import SendingFailure

TIMEOUT = 15.0
PARTING_S = 2.0
"""How long a receiver of syslog may take to close, once all of it is sent; one that keeps open is believed."""
PRIORITY = 13 * 8 + 5
"""Facility "log audit", severity "notice"."""
PORTS = {"syslog+tls": 6514, "syslog+tcp": 601}
SCHEMES = ("https", "http", *PORTS)


@dataclass(frozen=True, slots=True)
class LogLine:
    """One entry: when it was noted (RFC 3339), and all of it as JSON."""

    at: str
    text: str


@dataclass(frozen=True, slots=True)
class LogReceiver:
    """Where lines go; over HTTP `token` says who sends them."""

    url: str
    token: str = field(default="", repr=False)

    @property
    def host(self) -> str:
        """As it may be told."""
        return urlsplit(self.url).netloc


def send_lines(receiver: LogReceiver, lines: Sequence[LogLine], timeout: float = TIMEOUT) -> None:
    """Send them, in this order. Raises SendingFailure."""
    parts = urlsplit(receiver.url)
    if parts.scheme in PORTS:
        _send_syslog(parts, lines, timeout)
        return
    listed = f"http://{parts.netloc}" if parts.scheme == "http" else parts.netloc
    outside = AllowedHosts((listed,), setting="JIRA_OKR_AUDIT_PUSH_URL", private=True)
    headers = {"Content-Type": "application/x-ndjson; charset=utf-8"}
    if receiver.token:
        headers["Authorization"] = f"Bearer {receiver.token}"
    posted = "".join(f"{line.text}\n" for line in lines).encode()
    try:
        status, _, _ = post(outside, receiver.url, posted, timeout, headers)
    except ConnectionFailure as error:
        raise SendingFailure(error.reason, for_good=error.refused) from None
    if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        raise SendingFailure(f"{receiver.host} answers {status}")


def _send_syslog(parts: SplitResult, lines: Sequence[LogLine], timeout: float) -> None:
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    open_: list[socket.socket] = []
    try:
        with cut_off(timeout, lambda: open_[-1] if open_ else None) as deadline:
            open_.append(connection_to(host, port, timeout))
            address = str(open_[-1].getpeername()[0])
            if is_of_machine(address):
                raise SendingFailure(
                    f"{address} is an address where machines talk to their cloud", for_good=True
                )
            if parts.scheme == "syslog+tls":
                context = ssl.create_default_context()
                open_.append(context.wrap_socket(open_[-1], server_hostname=host))
            open_[-1].sendall(b"".join(_frame(line) for line in lines))
            _part(open_[-1])
            if deadline.over:
                raise TimeoutError("it takes too long")
    except OSError as error:
        raise SendingFailure(f"{host}:{port} cannot be reached: {error}") from None
    finally:
        for sock in open_:
            sock.close()


def _part(sock: socket.socket) -> None:
    """Say that this was all, and wait a moment for the other side to say so too: what broke on the way is found out so."""
    sock.settimeout(PARTING_S)
    try:
        if isinstance(sock, ssl.SSLSocket):
            sock.unwrap()
        else:
            sock.shutdown(socket.SHUT_WR)
            sock.recv(1)
    except (TimeoutError, ssl.SSLError):
        return


def _frame(line: LogLine) -> bytes:
    said = f"<{PRIORITY}>1 {line.at} {socket.gethostname() or '-'} jira-okr {os.getpid()} audit - {line.text}".encode()
    return b"%d %b" % (len(said), said)
