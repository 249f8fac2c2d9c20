"""A running sandbox, signed-in sessions, and a receiver of webhooks. Every answer is compared with Jira's contract where it is at hand."""

from __future__ import annotations

import importlib.util
import json
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import requests

from connectors.sandbox import CONNECTOR, Account, Sandbox, SandboxServer, seed_company

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def _checking() -> ModuleType:
    path = Path(__file__).parents[2] / "contracts" / "checking.py"
    spec = importlib.util.spec_from_file_location("sandbox_contract_checking", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules.setdefault(spec.name, importlib.util.module_from_spec(spec))
    if not hasattr(module, "Contract"):
        spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def contract() -> Any:
    """The official contract, or None."""
    checking = _checking()
    path = checking.contract_file()
    return checking.Contract(path) if path else None


class Client:
    """A signed-in session that knows the site's address."""

    def __init__(self, server: SandboxServer, account: Account = CONNECTOR, version: str = "3") -> None:
        self.server = server
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.auth = (account.email, account.token)
        self.base = f"{server.url}/rest/api/{version}"

    def call(self, method: str, path: str, body: Any = None, **params: Any) -> requests.Response:
        address = self.server.url + path if path.startswith(("/_", "/rest")) else self.base + path
        return self.session.request(method, address, json=body, params=params or None, timeout=10)

    def get(self, path: str, **params: Any) -> Any:
        return self.call("GET", path, **params).json()

    def post(self, path: str, body: Any, **params: Any) -> requests.Response:
        return self.call("POST", path, body, **params)

    def put(self, path: str, body: Any, **params: Any) -> requests.Response:
        return self.call("PUT", path, body, **params)

    def search(self, jql: str, **body: Any) -> Any:
        return self.post("/search/jql", {"jql": jql, **body}).json()


@pytest.fixture(scope="session")
def company() -> Callable[[str], Sandbox]:
    """The seeded company of a deployment, made once; servers start from copies."""

    @cache
    def seeded(deployment: str) -> Sandbox:
        sandbox = Sandbox(lambda: NOW, deployment)
        seed_company(sandbox, 1, NOW)
        return sandbox

    return seeded


@pytest.fixture
def serving(contract: Any, company: Callable[[str], Sandbox]) -> Iterator[Callable[..., SandboxServer]]:
    """Starts sandboxes, stops them at the end, and fails if an answer broke the contract."""
    started: list[SandboxServer] = []
    problems: list[str] = []

    def start(**options: Any) -> SandboxServer:
        options.setdefault("now", NOW)
        options.setdefault("webhook_backoff", 0.02)
        if "seed" not in options:
            options["like"] = company(options.get("deployment", "cloud"))
        server = SandboxServer(**options)
        if contract is not None and options.get("deployment", "cloud") == "cloud":
            _checking().watch(server.app, contract, problems)
        started.append(server.start())
        return server

    yield start
    for server in started:
        server.stop()
    assert problems == []


@pytest.fixture
def server(serving: Callable[..., SandboxServer]) -> SandboxServer:
    """A seeded Cloud site on 22 November 2026."""
    return serving()


@pytest.fixture
def sign_in() -> Iterator[Callable[..., Client]]:
    """Makes clients."""
    made: list[Client] = []

    def make(server: SandboxServer, account: Account = CONNECTOR, version: str = "3") -> Client:
        made.append(Client(server, account, version))
        return made[-1]

    yield make
    for client in made:
        client.session.close()


@pytest.fixture
def jira(server: SandboxServer, sign_in: Callable[..., Client]) -> Client:
    """The connector's account on the seeded site."""
    return sign_in(server)


class Receiver:
    """Hears webhooks; `answers` are the statuses it gives, the last one for ever."""

    def __init__(self) -> None:
        self.heard: list[tuple[dict[str, str], Any, bytes]] = []
        self.answers = [204]
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.heard.append(
                    ({name.lower(): value for name, value in self.headers.items()}, json.loads(body), body)
                )
                answers = receiver.answers
                self.send_response(answers.pop(0) if len(answers) > 1 else answers[0])
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    @property
    def events(self) -> list[str]:
        return [body["webhookEvent"] for _, body, _ in self.heard]

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join(5)
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Someone who listens to webhooks."""
    made = Receiver()
    yield made
    made.stop()
