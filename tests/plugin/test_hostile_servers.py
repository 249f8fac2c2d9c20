"""Whatever answers us: each way out ends, keeps little, and is led nowhere. A server that trickles, pours without end, unpacks to hundreds of megabytes, says nothing, or sends on."""

from __future__ import annotations

import gzip
import socket
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import pytest
from flask import Flask

from connectors.forge import signing_keys
from connectors.jira import BasicCredentials, JiraAddress, Transport
from connectors.jira.http import connection
from connectors.jira.sign_in import authorization, identity
from plugin.access.authentication import provider
from plugin.access.authentication.provider import Provider, ProviderError
from plugin.runtime.settings import OidcSettings
from tests.connectors.test_ways_out import FAILURES, WAYS

pytestmark = pytest.mark.slow
PATIENCE = 0.3
"""Seconds between two bytes that each way out is given here; a whole answer has four times that."""
PAUSE = 0.03
ENDS_WITHIN = 30.0
"""Seconds; the server goes on for ever, so what has no end of its own is still there then."""
BOMB = 320 << 20
MOST_KEPT = 160 << 20
"""Bytes: the limit of an answer of Jira is 64 MiB, which is held twice while it is put together."""
MACHINE = "127.0.0.2"
"""Stands for an address where machines talk to their cloud."""
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def trickled_head(client: socket.socket) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        client.sendall(b"X")
        time.sleep(PAUSE)


def continued_for_ever(client: socket.socket) -> None:
    while True:
        client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(PAUSE)


def trickled_body(client: socket.socket) -> None:
    client.sendall(HEAD + b"Content-Length: 1000000\r\n\r\n")
    while True:
        client.sendall(b" ")
        time.sleep(PAUSE)


def poured_body(client: socket.socket) -> None:
    client.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    piece = b" " * 65_536
    while True:
        client.sendall(b"%x\r\n%b\r\n" % (len(piece), piece))


def bomb(client: socket.socket) -> None:
    client.sendall(HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(PACKED))
    client.sendall(PACKED)


def silence(_client: socket.socket) -> None:
    time.sleep(ENDS_WITHIN)


def sent_on(client: socket.socket) -> None:
    port = client.getsockname()[1]
    client.sendall(f"HTTP/1.1 302 Found\r\nLocation: http://{MACHINE}:{port}/keys\r\n".encode())
    client.sendall(b"Content-Length: 0\r\nConnection: close\r\n\r\n")


def sent_round(client: socket.socket) -> None:
    client.sendall(b"HTTP/1.1 307 Temporary Redirect\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n")


ANSWERS: tuple[Callable[[socket.socket], None], ...] = (
    trickled_head,
    continued_for_ever,
    trickled_body,
    poured_body,
    bomb,
    silence,
    sent_on,
    sent_round,
)
PACKED = gzip.compress(bytes(BOMB), 1)
MOST_ASKED = 6
"""Connections that one call may open, however it is sent on."""


@dataclass
class Hostile:
    """A server that answers everybody in one way; who came by the address of a machine is counted apart."""

    port: int
    asked: list[str] = field(default_factory=list)


@contextmanager
def hostile(answer: Callable[[socket.socket], None]) -> Iterator[Hostile]:
    with socket.create_server(("0.0.0.0", 0)) as server:
        made = Hostile(server.getsockname()[1])

        def serve(client: socket.socket) -> None:
            with client, suppress(OSError):
                client.settimeout(5)
                if client.recv(65_536):
                    made.asked.append(str(client.getsockname()[0]))
                client.settimeout(ENDS_WITHIN)
                answer(client)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    client, _ = server.accept()
                    threading.Thread(target=serve, args=(client,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield made
        finally:
            server.shutdown(socket.SHUT_RDWR)


def sign_in(port: int) -> None:
    app = Flask(__name__)
    app.secret_key = "tests"
    issuer = f"http://127.0.0.1:{port}"
    given = Provider(app, OidcSettings(issuer=issuer, client_id="okr", client_secret="s"))  # type: ignore[arg-type]
    with app.test_request_context("/sign-in/oidc"):
        given.redirect("http://okr.test/callback")


def jira(port: int) -> None:
    """Any call of ours to Jira, Atlassian Goals or the gateway, and of the Forge app."""
    address = JiraAddress(
        "main", f"http://127.0.0.1:{port}", BasicCredentials("bot@acme.example", "t"), deployment="cloud"
    )
    Transport(address, timeout=(PATIENCE, PATIENCE)).get("/rest/api/3/myself")


SAYING_NOTHING = ("the audit log by syslog", "mail")
"""No HTTP is spoken there; the first is sent without a word of the other side."""
HERE: dict[str, Callable[[int], object]] = {
    **{name: way for name, way in WAYS.items() if name not in (*SAYING_NOTHING, "Jira by the library")},
    "Jira": jira,
    "sign-in provider": sign_in,
}


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing_keys, "TIMEOUT_S", PATIENCE)
    monkeypatch.setattr(authorization, "TIMEOUT_S", (PATIENCE, PATIENCE))
    monkeypatch.setattr(identity, "TIMEOUT_S", (PATIENCE, PATIENCE))
    monkeypatch.setattr(provider, "TIMEOUT_S", PATIENCE)
    monkeypatch.setattr(connection, "METADATA", (*connection.METADATA, MACHINE))


@pytest.mark.parametrize("answer", ANSWERS, ids=[one.__name__ for one in ANSWERS])
@pytest.mark.parametrize("way", HERE)
def test_a_hostile_answer_ends_and_is_refused(way: str, answer: Callable[[socket.socket], None]) -> None:
    raised: list[BaseException] = []

    def ask(port: int) -> None:
        try:
            HERE[way](port)
        except BaseException as error:
            raised.append(error)

    with hostile(answer) as server:
        tracemalloc.start()
        asking = threading.Thread(target=ask, args=(server.port,), daemon=True)
        try:
            asking.start()
            asking.join(ENDS_WITHIN)
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert not asking.is_alive(), "it has no end of its own"
        assert 1 <= len(server.asked) <= MOST_ASKED
        assert MACHINE not in server.asked
    if way not in ("webhooks", "the audit log over HTTP") or answer not in (sent_on, sent_round, bomb):
        (error,) = raised
        assert isinstance(error, (*FAILURES, ProviderError)), repr(error)
    assert most < MOST_KEPT, f"{most >> 20} MiB"
