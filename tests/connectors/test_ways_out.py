"""No way out leads to where machines talk to their cloud: what counts is the address that is connected to, whatever a name meant before."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime

import pytest
import requests

from connectors import name_lookup
from connectors.forge.signing_keys import SigningKeys, SigningKeysOutage
from connectors.jira import BasicCredentials, Jira, JiraAddress, JiraOutage, Transport
from connectors.jira.http import connection
from connectors.jira.http.errors import JiraError
from connectors.jira.sign_in.authorization import AuthorizationServer, OAuthClient
from connectors.jira.sign_in.identity import LinkIdentity, SignInTrip
from connectors.metrics.basis.connections import (
    AllowedHosts,
    ConnectionFailure,
    NamedConnection,
    get_json,
    post_json,
)
from connectors.metrics.basis.source import Reach, SourceFailure
from connectors.metrics.sql import Sql
from connectors.name_lookup import NameLookups
from connectors.notify import mail
from connectors.notify.failure import SendingFailure
from connectors.notify.log_receiver import LogLine, LogReceiver, send_lines
from connectors.notify.mail import Mail, MailServer
from connectors.notify.webhook import own_hosts
from connectors.store import StoreError, open_store
from mappings.kpi.cadence import Period
from mappings.kpi.sources import SqlOptions

NOW = datetime(2026, 11, 3, tzinfo=UTC)
OF_MACHINES = (
    "169.254.169.254",
    "::169.254.169.254",
    "::ffff:169.254.169.254",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::169.254.169.254",
    "2002:a9fe:a9fe::1",
    "fd20:ce::254",
    "168.63.129.16",
)


@pytest.mark.parametrize(
    "address", [*OF_MACHINES, "10.0.0.5", "64:ff9b::10.0.0.5", "64:ff9b:1::10.0.0.5", "2002:0a00:0005::1"]
)
def test_a_name_that_leads_to_a_machine_or_a_private_network_is_not_asked(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    found = [(family, socket.SOCK_STREAM, 6, "", (address, 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: found)
    monkeypatch.setattr(socket, "create_connection", lambda *a, **_k: asked.append(a))
    outside = AllowedHosts(("figures.acme.example",))
    url = "https://figures.acme.example/x"
    for ask in (lambda: get_json(outside, url, 1, None), lambda: post_json(outside, url, b"{}", 1)):
        with pytest.raises(ConnectionFailure) as refusal:
            ask()
        assert refusal.value.refused
    assert asked == []
    assert own_hosts(f"https://[{address}]/x" if ":" in address else f"https://{address}/x") == ()


@pytest.mark.parametrize("address", OF_MACHINES)
def test_not_even_an_operator_lists_the_address_of_a_machine(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: found)
    for private in (False, True):
        outside = AllowedHosts(("figures.acme.example", address), private=private)
        with pytest.raises(ConnectionFailure, match="machines talk to their cloud"):
            get_json(outside, "https://figures.acme.example/x", 1, None)


@pytest.fixture
def listening() -> Iterator[tuple[int, list[bytes]]]:
    """Greets whoever connects as a server of mail, and keeps the first that they say."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            with suppress(OSError):
                while True:
                    client, _ = server.accept()
                    with client, suppress(OSError):
                        client.settimeout(0.2)
                        try:
                            heard.append(client.recv(1000))
                        except TimeoutError:
                            client.sendall(b"220 hello\r\n")
                            heard.append(client.recv(1000))

        threading.Thread(target=answer, daemon=True).start()
        yield server.getsockname()[1], heard


def jira(port: int) -> Transport:
    address = JiraAddress(
        "main", f"http://localhost:{port}", BasicCredentials("bot@acme.example", "t"), deployment="cloud"
    )
    return Transport(address, timeout=(1.0, 1.0))


def letter() -> Mail:
    return Mail(key="k", to="ada@acme.example", subject="s", text="t", html="h", at=NOW, list_id="okr")


def line(port: int, scheme: str) -> None:
    send_lines(LogReceiver(f"{scheme}://localhost:{port}"), [LogLine("2026-11-03T00:00:00Z", "{}")], 1.0)


def posted(port: int) -> None:
    post_json(AllowedHosts((f"http://localhost:{port}", "127.0.0.1")), f"http://localhost:{port}/", b"{}", 1)


def asked(port: int) -> None:
    get_json(AllowedHosts((f"http://localhost:{port}", "127.0.0.1")), f"http://localhost:{port}/", 1, None)


def renewed(port: int) -> None:
    server = AuthorizationServer(f"http://localhost:{port}", f"http://localhost:{port}")
    server.by_refresh(OAuthClient("id", "secret"), "a token", NOW)


def of_whom(port: int) -> None:
    server = AuthorizationServer(f"http://localhost:{port}", f"http://localhost:{port}")
    server.account("a token")


def from_a_database(address: str) -> None:
    books = NamedConnection(url=address)
    outside = AllowedHosts(connections={"books": books})
    reach = Reach(lambda _at: (), lambda _jql: pytest.fail("no issue is asked for"), UTC, outside=outside)
    options = SqlOptions(kind="sql", connection="books", query="select 1")
    answer = Sql().read(options, Period(NOW, NOW), reach, lambda: NOW)
    assert isinstance(answer, SourceFailure)
    raise ConnectionFailure(answer.reason)


def from_our_own(address: str) -> None:
    store = open_store(address)
    try:
        with store.read():
            pytest.fail("nobody is there")
    finally:
        store.close()


def by_link(port: int) -> None:
    trip = SignInTrip("http://okr.test/back", "a state", "a verifier " * 5)
    LinkIdentity(jira(port)).account(OAuthClient("id", "secret"), "a code", trip, NOW)


WAYS: dict[str, Callable[[int], object]] = {
    "Jira": lambda port: jira(port).get("/rest/api/3/myself"),
    "Jira by the library": lambda port: Jira(jira(port)).myself(),
    "Atlassian's authorisation server": renewed,
    "who signed in at Atlassian": of_whom,
    "who signed in at a Data Center": by_link,
    "keys of Forge": lambda port: SigningKeys(f"http://localhost:{port}/").key("one", NOW),
    "sources of KPIs": asked,
    "webhooks": posted,
    "the audit log over HTTP": lambda port: line(port, "http"),
    "the audit log by syslog": lambda port: line(port, "syslog+tcp"),
    "mail": lambda port: mail.send(
        letter(), MailServer("localhost", port, "okr@acme.example", "none"), timeout=1.0
    ),
}
DATABASES: dict[str, Callable[[int], object]] = {
    "databases of KPIs": lambda port: from_a_database(f"postgresql://ada@localhost:{port}/books"),
    "databases of KPIs by the query": lambda port: from_a_database(
        f"postgresql://ada@/books?host=localhost:{port}"
    ),
    "our own database": lambda port: from_our_own(f"postgresql://ada@localhost:{port}/okr"),
    "one of our own databases": lambda port: from_our_own(
        f"postgresql://ada@/okr?host=localhost:{port}&host=second.acme.example:{port}"
    ),
}
FAILURES = (
    StoreError, JiraOutage, JiraError, SigningKeysOutage, ConnectionFailure, SendingFailure, requests.RequestException
)  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_whoever_is_led_to_a_machine_says_nothing_there(
    way: str, listening: tuple[int, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    port, heard = listening
    with suppress(*FAILURES):
        WAYS[way](port)
    assert any(heard), "it is asked where it is no machine's"
    heard.clear()
    monkeypatch.setattr(connection, "METADATA", (*connection.METADATA, "127.0.0.1", "::1"))
    with pytest.raises(FAILURES):
        WAYS[way](port)
    assert [one for one in heard if one] == []


@pytest.mark.parametrize("way", [*WAYS, *DATABASES])
def test_a_name_server_that_hangs_holds_nobody(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each way out fails as beside any outage, while the system still asks."""
    ways = WAYS | DATABASES
    hanging, asked = threading.Event(), list[str]()
    monkeypatch.setattr(name_lookup, "LONGEST_S", 0.05)
    monkeypatch.setattr(name_lookup, "LOOKUPS", NameLookups(2))

    def hang(host: str = "", *_a: object, **_k: object) -> object:
        asked.append(host)
        assert hanging.wait(60)
        raise socket.gaierror(socket.EAI_AGAIN, "woken")

    for look_up in ("getaddrinfo", "getfqdn", "gethostbyname"):
        monkeypatch.setattr(socket, look_up, hang)
    try:
        with pytest.raises(FAILURES):
            ways[way](9)
        assert "localhost" in asked
        assert not hanging.is_set(), "it was given up while the system hung"
    finally:
        hanging.set()
