"""What is served in threads of this process: nobody waits behind a client that is slow to ask, and nothing answers after the end."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
import requests

from plugin.runtime.composition import build_connector
from plugin.runtime.serving.server import serve
from plugin.runtime.settings import read_settings


def test_nobody_waits_behind_a_slow_client_and_nobody_answers_at_the_end(tmp_path: Path) -> None:
    settings = read_settings(
        None,
        database_url=f"sqlite:///{tmp_path / 'okr.sqlite3'}",
        secret_key="an invented key that is long enough to sign",
    )
    connector = build_connector(settings)
    with serve(connector, "127.0.0.1", 0, workers=0) as served:
        where = ("127.0.0.1", served.server.server_port)
        assert served.url == f"http://127.0.0.1:{served.server.server_port}"
        with socket.create_connection(where, 5) as slow:
            slow.sendall(b"GET /healthz HTTP/1.1\r\n")
            assert requests.get(f"{served.url}/healthz", timeout=10).status_code == 200
            slow.sendall(b"Connection: close\r\n\r\n")
            assert slow.recv(100).startswith(b"HTTP/1.1 200")
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{served.url}/healthz", timeout=10)
