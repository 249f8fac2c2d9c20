"""Answers that trickle, answers that unpack into gigabytes, and addresses that are never spoken to."""

from __future__ import annotations

import gzip
import queue
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import ClassVar
from urllib.parse import urlsplit

import pytest
import requests
from urllib3 import PoolManager
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import NewConnectionError

from connectors.jira import BasicCredentials, Jira, JiraAddress, JiraOutage, Transport
from connectors.jira.http.connection import TimedAdapter, TimedResponse, is_of_machine, set_deadlines

Answering = Callable[[socket.socket], None]


@pytest.fixture
def answering() -> Iterator[Callable[[Answering], str]]:
    """Starts a server that answers every connection by a function of its socket; gives its address."""
    ends: list[socket.socket] = []

    def start(answer: Answering) -> str:
        listening = socket.create_server(("127.0.0.1", 0))
        ends.append(listening)
        threading.Thread(target=serve, args=(listening, answer), daemon=True).start()
        return f"http://127.0.0.1:{listening.getsockname()[1]}"

    def serve(listening: socket.socket, answer: Answering) -> None:
        with suppress(OSError):
            while True:
                client, _ = listening.accept()
                threading.Thread(target=one, args=(client, answer), daemon=True).start()

    def one(client: socket.socket, answer: Answering) -> None:
        with client, suppress(OSError):
            if client.recv(65_536):
                answer(client)

    yield start
    for one_of_them in ends:
        one_of_them.close()


def transport_to(url: str, *, timeout: tuple[float, float] = (5.0, 20.0), limit: int = 1 << 20) -> Transport:
    return Transport(
        JiraAddress("main", url, BasicCredentials("bot@acme.example", "t"), deployment="cloud"),
        timeout=timeout,
        body_limit=limit,
    )


def trickled(head: bytes) -> Answering:
    def answer(client: socket.socket) -> None:
        for byte in head:
            client.sendall(bytes([byte]))
            time.sleep(0.05)
        time.sleep(60)

    return answer


def packed(size: int) -> Answering:
    body = gzip.compress(b"[" + b" " * size + b"]")
    head = (
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return lambda client: client.sendall(head.encode() + body)


@pytest.mark.parametrize("ask", [lambda t: t.get("/rest/api/3/myself"), lambda t: Jira(t).myself()])
def test_a_head_that_trickles_is_given_up(
    answering: Callable[[Answering], str], ask: Callable[[Transport], object]
) -> None:
    url = answering(trickled(b"HTTP/1.1 200 OK\r\n" + b"X-Long: " + b"a" * 10_000))
    began = time.monotonic()
    with pytest.raises(JiraOutage):
        ask(transport_to(url, timeout=(5.0, 0.4)))
    assert time.monotonic() - began < 30, "10,000 bytes at twenty a second take minutes"


def test_a_body_that_trickles_is_given_up_whoever_asks(answering: Callable[[Answering], str]) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9000\r\n\r\n"
    body = trickled(b"[" + b" " * 8998 + b"]")

    def answer(client: socket.socket) -> None:
        client.sendall(head)
        body(client)

    began = time.monotonic()
    with pytest.raises(JiraOutage):
        Jira(transport_to(answering(answer), timeout=(5.0, 0.3))).myself()
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("ask", [lambda t: t.get("/rest/api/3/myself"), lambda t: Jira(t).myself()])
def test_an_answer_has_a_limit_as_it_is_unpacked_whoever_asks(
    answering: Callable[[Answering], str], ask: Callable[[Transport], object]
) -> None:
    with pytest.raises(JiraOutage, match="larger than 1 MiB"):
        ask(transport_to(answering(packed(4 << 20))))


def test_what_the_library_asks_is_read_where_it_is_packed(answering: Callable[[Answering], str]) -> None:
    body = gzip.compress(b'{"accountId": "5b1", "displayName": "Ada Example", "timeZone": "Europe/Berlin"}')
    head = (
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    jira = Jira(transport_to(answering(lambda client: client.sendall(head.encode() + body))))
    assert jira.myself().name == "Ada Example"
    assert jira.time_zone == "Europe/Berlin"


@pytest.mark.parametrize(
    "ask", [lambda jira: jira.myself(), lambda jira: jira.transport.get("/rest/api/3/x")]
)
def test_a_site_that_is_closed_keeps_no_connection_whoever_asked(
    answering: Callable[[Answering], str], ask: Callable[[Jira], object]
) -> None:
    body = b'{"accountId": "5b1", "displayName": "Ada Example", "timeZone": "Europe/Berlin"}'
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    heard: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def answer(client: socket.socket) -> None:
        client.sendall(head.encode() + body)
        heard.put(client.recv(1))

    jira = Jira(transport_to(answering(answer)))
    ask(jira)
    assert heard.empty(), "it is kept for the next call"
    jira.close()
    assert heard.get(timeout=10) == b""


def test_what_counts_is_the_address_that_is_connected_to(answering: Callable[[Answering], str]) -> None:
    """A name may mean another address than when it was looked at."""
    asked: list[bytes] = []

    def answer(client: socket.socket) -> None:
        asked.append(b"asked")
        client.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

    url = answering(answer).replace("127.0.0.1", "localhost")
    with requests.Session() as session:
        session.mount("http://", TimedAdapter())
        assert session.get(url, timeout=5).status_code == 204
        session.mount("http://", TimedAdapter(lambda address: address == "127.0.0.1"))
        with pytest.raises(requests.ConnectionError, match="where machines talk to their cloud"):
            session.get(url, timeout=5)
    assert asked == [b"asked"]


def test_how_a_pool_connects_stays_its_own(answering: Callable[[Answering], str]) -> None:
    """Those for SOCKS proxies are other classes, which connect by the proxy: it looks names up, and its own is looked up here."""
    asked: list[tuple[str, str]] = []
    url = urlsplit(answering(lambda client: client.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")))

    class Detour(HTTPConnection):
        _socks_options: ClassVar[dict[str, object]] = {
            "proxy_host": "localhost",
            "proxy_port": 1080,
            "rdns": True,
        }

        def _new_conn(self) -> socket.socket:
            asked.append((str(self._socks_options["proxy_host"]), self.host))
            return socket.create_connection((url.hostname or "", url.port or 0), 20)

    class DetourPool(HTTPConnectionPool):
        ConnectionCls = Detour

    with PoolManager() as manager:
        manager.pool_classes_by_scheme = set_deadlines({"http": DetourPool}, is_of_machine)
        found = manager.request("GET", "http://jira.acme.example/rest", preload_content=False, timeout=20.0)
        assert found.status == 204
        assert isinstance(found._original_response, TimedResponse)
    assert len(asked) == 1
    assert asked[0][0] in ("127.0.0.1", "::1")
    assert asked[0][1] == "jira.acme.example"


def test_a_head_that_took_long_leaves_the_body_as_much_time_as_ever() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(20.0)
        theirs.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
        answer = TimedResponse(ours, method="GET")
        answer.begin()
        left_for_the_head = ours.gettimeout()
        theirs.sendall(b"{}")
        assert answer.read() == b"{}"
        assert left_for_the_head is not None
        assert left_for_the_head < 20.0
        assert ours.gettimeout() == 20.0


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("169.254.169.254", True),
        ("[fe80::1]", True),
        ("fe80::1%eth0", True),
        ("::ffff:169.254.169.254", True),
        ("::169.254.169.254", True),
        ("64:ff9b::169.254.169.254", True),
        ("2002:a9fe:a9fe::1", True),
        ("fd00:ec2::254", True),
        ("fd20:ce::254", True),
        ("168.63.129.16", True),
        ("::ffff:168.63.129.16", True),
        ("100.100.100.200", True),
        ("0.0.0.0", True),
        ("::", True),
        ("224.0.0.1", True),
        ("Metadata.Google.Internal.", True),
        ("127.0.0.1", False),
        ("::1", False),
        ("10.0.0.5", False),
        ("64:ff9b::10.0.0.5", False),
        ("2002:0a00:0005::1", False),
        ("fd12:3456::1", False),
        ("jira.acme.example", False),
    ],
)
def test_addresses_where_machines_talk_to_their_cloud_are_no_jira(host: str, expected: bool) -> None:
    assert is_of_machine(host) is expected


def test_a_connection_that_is_dropped_as_soon_as_it_stands_is_closed_and_nothing_was_asked() -> None:
    """As a server that goes down drops whoever waits to be taken: the place of the other side is not known then."""
    made: list[socket.socket] = []

    class Dropped(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            with socket.create_server(("127.0.0.1", 0)) as listening:
                made.append(socket.create_connection(listening.getsockname(), 5))
                taken, _ = listening.accept()
                taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                taken.close()
            return made[0]

    class Pool(HTTPConnectionPool):
        ConnectionCls = Dropped

    timed = set_deadlines({"http": Pool}, is_of_machine)["http"]
    with pytest.raises(NewConnectionError, match="was dropped at once"):
        timed("127.0.0.1", 1).urlopen("GET", "/", retries=False)
    assert made[0].fileno() == -1
