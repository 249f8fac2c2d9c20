"""`/healthz` and its like on a port of their own: what fills the other fills not this one."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import ExitStack
from typing import Any

import pytest
import requests

from connectors.clock import system_clock
from connectors.store import Store
from plugin.runtime.connector import Connector, Refusal
from plugin.runtime.serving import health_listener as listener
from plugin.runtime.serving.health_listener import health_listener, require_free_health_port
from plugin.runtime.serving.listening_address import free_port
from plugin.runtime.serving.production_server import WAITING
from plugin.runtime.settings import read_settings


def test_it_answers_for_health_alone_and_as_long_as_its_process_serves(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener.HurriedHandler, "timeout", 0.1)
    port = free_port("127.0.0.1", 0)
    url = f"http://127.0.0.1:{port}"
    connector = Connector(read_settings(None, health_port=port), store, {}, system_clock)
    with health_listener(connector), health_listener(connector):  # several processes share the port
        for path in ("/healthz", "/readyz", "/metrics"):
            assert requests.get(url + path, timeout=5).status_code == 200, path
        assert requests.get(f"{url}/sign-in", timeout=5).status_code == 404
        with socket.create_connection(("127.0.0.1", port), 5) as silent:
            assert silent.recv(100) == b"", "who says nothing is let go"
        mine = [one for one in threading.enumerate() if one.name == "okr-health"]
        assert [one.daemon for one in mine] == [True, True], "it keeps no process that ends"
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/healthz", timeout=5)


def test_a_port_that_cannot_be_is_refused_by_name() -> None:
    with pytest.raises(Refusal, match="JIRA_OKR_HEALTH_PORT is 8080, where all else is served"):
        require_free_health_port(read_settings(None, health_port=8080), 8080)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        with pytest.raises(Refusal, match=rf"Port {number} .*JIRA_OKR_HEALTH_PORT"):
            require_free_health_port(read_settings(None, health_port=number), 8080)
    require_free_health_port(read_settings(None), 8080)


@pytest.mark.slow
def test_it_answers_although_every_connection_is_taken(commands: Any) -> None:
    port = free_port("127.0.0.1", 0)
    served = commands.serve("--workers", "0", JIRA_OKR_HEALTH_PORT=str(port))
    host, main = served.url.removeprefix("http://").split(":")
    with ExitStack() as clients:
        for _ in range(WAITING + 200):
            clients.enter_context(socket.create_connection((host, int(main)), 5))
        with pytest.raises(requests.Timeout):
            requests.get(f"{served.url}/healthz", timeout=1)
        since = time.monotonic()
        assert requests.get(f"http://{host}:{port}/healthz", timeout=5).json() == {"status": "ok"}
        assert requests.get(f"http://{host}:{port}/readyz", timeout=5).status_code == 200
        assert time.monotonic() - since < 1
