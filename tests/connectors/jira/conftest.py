"""A real HTTP server that answers as a test tells it, and the captured webhook bodies."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors.jira import BasicCredentials, Jira, JiraAddress, Transport

TOKEN = "very-secret-token"


@dataclass
class Asked:
    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: Any
    raw: bytes = b""


@dataclass
class Answer:
    status: int = 200
    json: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    hang_up: bool = False
    torn: bool = False


@dataclass
class Stub:
    url: str
    asked: list[Asked] = field(default_factory=list)
    answers: dict[tuple[str, str], list[Answer] | Callable[[Asked], Answer]] = field(default_factory=dict)

    def on(self, method: str, path: str, *answers: Answer | Callable[[Asked], Answer]) -> None:
        """Answers in turn; the last one is repeated. Or one function of the request."""
        first = answers[0]
        self.answers[(method, path)] = list(answers) if isinstance(first, Answer) else first

    def paths(self) -> list[str]:
        return [f"{asked.method} {asked.path}" for asked in self.asked]

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        found = self.answers.get((asked.method, asked.path))
        if found is None:
            return Answer(
                404, {"errorMessages": [f"no answer for {asked.method} {asked.path}"], "errors": {}}
            )
        if callable(found):
            return found(asked)
        return found.pop(0) if len(found) > 1 else found[0]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    stub: Stub

    def log_message(self, *_: object) -> None: ...

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        parts = urlsplit(self.path)
        asked = Asked(
            self.command,
            parts.path,
            parse_qs(parts.query),
            dict(self.headers),
            json.loads(raw) if raw else None,
            raw,
        )
        answer = self.stub.answer(asked)
        self.close_connection = answer.hang_up or answer.torn
        if answer.hang_up:
            return
        body = (
            answer.body
            if answer.body is not None
            else b""
            if answer.json is None
            else json.dumps(answer.json).encode()
        )
        self.send_response(answer.status)
        for name, value in {"Content-Type": "application/json", **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        with contextlib.suppress(OSError):
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if answer.torn else body)

    do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815


@pytest.fixture
def stub() -> Iterator[Stub]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {}))
    server.daemon_threads = True
    made = Stub(f"http://127.0.0.1:{server.server_port}")
    server.RequestHandlerClass.stub = made  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def answer() -> type[Answer]:
    return Answer


@pytest.fixture
def token() -> str:
    return TOKEN


@pytest.fixture
def address(stub: Stub) -> JiraAddress:
    return JiraAddress("main", stub.url, BasicCredentials("bot@acme.example", TOKEN), deployment="cloud")


@pytest.fixture
def transport(address: JiraAddress) -> Iterator[Transport]:
    made = Transport(address, timeout=(2, 2))
    yield made
    made.close()


@pytest.fixture
def cloud(transport: Transport) -> Iterator[Jira]:
    made = Jira(transport)
    yield made
    made.close()


@pytest.fixture
def datacenter(stub: Stub) -> Iterator[Jira]:
    address = JiraAddress("dc", stub.url, BasicCredentials("bot", TOKEN), deployment="datacenter")
    made = Jira(Transport(address, timeout=(2, 2)))
    yield made
    made.close()


@pytest.fixture
def unused_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def issue_json() -> Callable[..., dict[str, Any]]:
    return _issue_json


def _issue_json(number: int, **fields: Any) -> dict[str, Any]:
    """An issue as Jira Cloud shows it; fields given as keywords replace or add."""
    return {
        "expand": "renderedFields",
        "id": str(number),
        "self": f"https://acme.example/rest/api/3/issue/{number}",
        "key": f"PLAT-{number - 10000}",
        "fields": {
            "summary": f"Story {number}",
            "project": {"id": "10000", "key": "PLAT", "name": "Platform", "simplified": False},
            "issuetype": {"id": "10001", "name": "Story", "subtask": False, "hierarchyLevel": 0},
            "status": {"id": "3", "name": "In Progress", "statusCategory": {"id": 4, "key": "indeterminate"}},
            "created": "2026-10-01T10:00:00.000+0000",
            "updated": "2026-10-02T12:30:00.500+0200",
            **fields,
        },
    }


@pytest.fixture(scope="session")
def payloads() -> dict[str, bytes]:
    """Captured webhook bodies by file name."""
    given = os.environ.get("JIRA_PAYLOADS_DIR")
    folder = Path(given) if given else Path(__file__).resolve().parents[4] / "shared" / "payloads"
    found = (
        {path.name: path.read_bytes() for path in sorted(folder.glob("webhook-*.json"))}
        if folder.is_dir()
        else {}
    )
    if not found:
        pytest.skip("set JIRA_PAYLOADS_DIR to the folder of captured webhook bodies to run this test")
    return found
