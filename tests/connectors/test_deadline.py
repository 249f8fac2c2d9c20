"""Whoever trickles is cut off: the whole of an exchange has an end, not the wait for each byte."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from connectors.metrics.basis.connections import AllowedHosts, ConnectionFailure, get_json
from connectors.notify import mail
from connectors.notify.failure import SendingFailure
from connectors.notify.mail import Mail, MailServer


@pytest.fixture
def trickling() -> Iterator[int]:
    """Sends a byte each 50 ms to whoever connects, and never ends."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def trickle() -> None:
            client, _ = server.accept()
            with client:
                try:
                    for byte in b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200:
                        client.sendall(bytes([byte]))
                        time.sleep(0.05)
                except OSError:
                    return

        threading.Thread(target=trickle, daemon=True).start()
        yield server.getsockname()[1]


def test_a_head_that_trickles_holds_no_source(trickling: int) -> None:
    since = time.monotonic()
    with pytest.raises(ConnectionFailure, match="took too long"):
        get_json(
            AllowedHosts((f"http://127.0.0.1:{trickling}",)), f"http://127.0.0.1:{trickling}/", 0.4, None
        )
    assert time.monotonic() - since < 5, "it trickles for eleven"


def test_a_greeting_that_trickles_holds_no_mail(trickling: int) -> None:
    server = MailServer("127.0.0.1", trickling, "okr@acme.example", "none")
    since = time.monotonic()
    with pytest.raises(SendingFailure):
        mail.send(letter(), server, timeout=0.2)
    assert time.monotonic() - since < 5, "it trickles for eleven"


def test_no_mail_goes_where_machines_talk_to_their_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "is_of_machine", lambda address: address == "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def greet() -> None:
            with listening.accept()[0] as client:
                client.sendall(b"220 hello\r\n")
                client.recv(100)

        greeting = threading.Thread(target=greet, daemon=True)
        greeting.start()
        with pytest.raises(SendingFailure, match="machines talk") as refused:
            mail.send(
                letter(), MailServer("127.0.0.1", listening.getsockname()[1], "okr@acme.example", "none")
            )
        greeting.join(5)
    assert refused.value.for_good


def letter() -> Mail:
    return Mail(
        key="k",
        to="kim@acme.example",
        subject="s",
        text="t",
        html="h",
        at=datetime(2026, 11, 1, tzinfo=UTC),
        list_id="okr",
    )
