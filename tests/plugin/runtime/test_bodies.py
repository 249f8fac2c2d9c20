"""Clients that begin a body and never end it: they must not stop what others read."""

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


def begun(url: str, path: str) -> socket.socket:
    """A request whose body never ends."""
    where = urlsplit(url)
    client = socket.create_connection((str(where.hostname), where.port or 80), 5)
    head = f"POST {path} HTTP/1.1\r\nHost: okr\r\nContent-Length: 100000\r\n"
    client.sendall(f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\na=".encode())
    return client


@pytest.mark.parametrize("path", ["/webhooks/jira/main", "/sign-in"])
def test_endless_bodies_do_not_stop_the_server(commands: Any, path: str) -> None:
    served = commands.serve("--workers", "0", JIRA_OKR_HTTP_THREADS="4")
    with ExitStack() as clients:
        for _ in range(12):
            clients.enter_context(begun(served.url, path))
        time.sleep(0.3)
        since = time.monotonic()
        answers = [requests.get(f"{served.url}{page}", timeout=15) for page in ("/healthz", "/sign-in")]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert time.monotonic() - since < 12
        other = requests.post(f"{served.url}/webhooks/jira/main", data=json.dumps({}), timeout=15)
        assert (other.status_code, other.headers["Retry-After"]) == (503, "5")
    for _ in range(50):
        if requests.post(f"{served.url}/webhooks/jira/main", data="{}", timeout=15).status_code == 401:
            break
        time.sleep(0.1)
    else:
        pytest.fail("bodies are not read again")
