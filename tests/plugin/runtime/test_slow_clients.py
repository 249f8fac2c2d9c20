"""Clients that begin a body and never end it, or ask for a file and never read it: nobody waits behind them."""

from __future__ import annotations

import json
import socket
import time
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

pytestmark = pytest.mark.slow
PROOF = f"X-Hub-Signature: sha256={'0' * 64}\r\n"


def begun(url: str, path: str, *, length: int = 100_000, headers: str = "") -> socket.socket:
    """A request whose body never ends."""
    where = urlsplit(url)
    client = socket.create_connection((str(where.hostname), where.port or 80), 5)
    head = f"POST {path} HTTP/1.1\r\nHost: okr\r\n{headers}Content-Length: {length}\r\n"
    client.sendall(f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\na=".encode())
    return client


@pytest.mark.parametrize("path", ["/webhooks/jira/main", "/sign-in"])
def test_endless_bodies_hold_nobody_up(commands: Any, path: str) -> None:
    served = commands.serve("--workers", "0", JIRA_OKR_HTTP_THREADS="2")
    with ExitStack() as clients:
        for _ in range(40):
            clients.enter_context(begun(served.url, path, headers=PROOF))
        time.sleep(0.3)
        since = time.monotonic()
        answers = [requests.get(f"{served.url}{page}", timeout=15) for page in ("/healthz", "/sign-in")]
        assert [answer.status_code for answer in answers] == [200, 200]
        refused = requests.post(f"{served.url}/webhooks/jira/main", data=json.dumps({}), timeout=15)
        assert refused.status_code == 401
        assert time.monotonic() - since < 12


def test_nothing_is_read_of_a_delivery_that_nothing_could_prove(commands: Any) -> None:
    """401 comes while its 24 MB are still to be sent; what claims a signature is waited for."""
    served = commands.serve("--workers", "0")
    with begun(served.url, "/webhooks/jira/main", length=24_000_000) as client:
        client.settimeout(10)
        assert client.recv(100).startswith(b"HTTP/1.1 401")
    with begun(served.url, "/webhooks/jira/main", length=24_000_000, headers=PROOF) as client:
        client.settimeout(0.5)
        with pytest.raises(TimeoutError):
            client.recv(100)
