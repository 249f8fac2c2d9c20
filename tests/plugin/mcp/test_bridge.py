"""`/mcp` over HTTP: behind the guard, POST alone, never HTML, and in both eras what the API says."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from plugin.access.authentication import tokens
from plugin.access.authorization import members
from plugin.mcp.protocol.bridge import LARGEST_BODY, Bridge
from plugin.runtime.application import create_app
from plugin.runtime.connector import Connector

META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}
HOST = "https://okr.acme.example"


@dataclass
class Door:
    """The application with the door open, and a token that may read."""

    connector: Connector
    app: Flask
    client: FlaskClient
    token: str

    def post(
        self, method: str, params: dict[str, Any] | None = None, *, era: str = "modern", **headers: str
    ) -> TestResponse:
        """One request of the protocol."""
        sent = {
            "Authorization": f"Bearer {self.token}",
            "Accept": "application/json, text/event-stream",
            "Content-Type": "application/json",
        }
        body: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}
        if era == "modern":
            sent |= {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": method}
            sent |= {"Mcp-Name": body["params"]["name"]} if "name" in body["params"] else {}
            body["params"] = {"_meta": META, **body["params"]}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post("/mcp", data=json.dumps(body), headers=sent, base_url=HOST)

    def raw(self, method: str, path: str = "/mcp", data: bytes = b"", **headers: str) -> TestResponse:
        """Any request, as somebody who may."""
        sent = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", **headers}
        return self.client.open(path, method=method, data=data, headers=sent, base_url=HOST)


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory, synced_demo: Callable[..., Any]) -> Iterator[Door]:
    with synced_demo(tmp_path_factory.mktemp("bridge"), mcp="on", base_url=HOST) as demo:
        account = members.add(demo.connector, "viewer@acme.example", "Viewer", "viewer", None, "tests")
        token = tokens.issue(demo.connector, account, "tests", ["read"], 30, "tests")
        app = create_app(demo.connector)
        yield Door(demo.connector, app, app.test_client(use_cookies=False), token)


@pytest.mark.parametrize("era", ["modern", "legacy"])
def test_a_tool_answers_as_the_api_does(door: Door, era: str) -> None:
    answer = door.post("tools/call", {"name": "okr_get", "arguments": {"objective_key": "CORE-4"}}, era=era)
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "application/json"
    found = answer.json["result"]
    assert json.loads(found["content"][0]["text"]) == found["structuredContent"]
    api = door.client.get(
        "/api/v1/objectives/CORE-4", headers={"Authorization": f"Bearer {door.token}"}, base_url=HOST
    ).json
    assert found["structuredContent"]["objective"]["progress"] == {
        "exact": api["progress_exact"],
        "value": api["progress"],
    }
    assert found["structuredContent"]["provenance"]["page"] == f"{HOST}/objectives/CORE-4"


def test_the_handshake_of_the_former_era_works(door: Door) -> None:
    hello = {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "tests", "version": "1"},
    }
    answer = door.post("initialize", hello, era="legacy")
    assert answer.status_code == 200, answer.text
    assert answer.json["result"]["serverInfo"]["name"] == "jira-okr"
    assert "Mcp-Session-Id" not in answer.headers


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("accept", ["text/event-stream", "text/html", "*/*"])
def test_anything_but_a_post_is_refused_before_the_library(door: Door, method: str, accept: str) -> None:
    """A GET of the former era would be a stream without an end, and hold a thread."""
    answer = door.raw(method, Accept=accept)
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
    assert answer.mimetype != "text/html"


@pytest.mark.parametrize("accept", ["text/html", "*/*", "application/json"])
@pytest.mark.parametrize("header", [None, "Bearer okr_wrong"])
def test_nobody_is_sent_to_a_page(door: Door, accept: str, header: str | None) -> None:
    sent = {"Accept": accept} | ({"Authorization": header} if header else {})
    answer = door.client.post("/mcp", data=b"{}", headers=sent, base_url=HOST)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="jira-okr"'
    assert answer.mimetype == "application/problem+json"


def test_what_is_not_there_is_no_page_either(door: Door) -> None:
    answer = door.raw("POST", "/mcp/more", Accept="text/html")
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


def test_other_hosts_and_origins_are_refused(door: Door) -> None:
    assert door.post("tools/list", Host="evil.example").status_code == 400
    assert door.post("tools/list", Origin="https://evil.example").status_code == 403
    assert door.post("tools/list", Origin=HOST).status_code == 200
    assert door.post("tools/list", Host="127.0.0.1:8080").status_code == 200


def test_a_large_body_is_refused(door: Door) -> None:
    answer = door.raw("POST", data=b" " * (LARGEST_BODY + 1))
    assert (answer.status_code, answer.mimetype) == (413, "application/problem+json")
    assert answer.json["detail"] == "The body is larger than 256 KiB."
    assert LARGEST_BODY == 262_144
    assert door.raw("POST", data=b" " * LARGEST_BODY).status_code == 406, "it is read, and asks for no JSON"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"[" * 10_000, b"\xff", b'{"id": 1}'])
@pytest.mark.parametrize("version", ["2026-07-28", "2025-11-25", "1900-01-01"])
def test_what_is_no_request_is_an_error_of_the_protocol(door: Door, body: bytes, version: str) -> None:
    answer = door.raw(
        "POST",
        data=body,
        **{"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": version},
    )
    assert 400 <= answer.status_code < 500
    assert answer.mimetype == "application/json"


def test_a_stream_of_news_cannot_be_asked_for(door: Door) -> None:
    answer = door.post("subscriptions/listen", {"notifications": {}})
    assert answer.status_code == 404
    assert answer.json["error"]["code"] == -32601


def test_a_tool_that_is_not_there_is_an_error_that_names_those_that_are(door: Door) -> None:
    answer = door.post("tools/call", {"name": "okr_drop", "arguments": {}})
    assert answer.json["error"]["code"] == -32602
    assert "okr_list" in answer.json["error"]["message"]


def test_many_at_once_are_all_answered(door: Door) -> None:
    found: list[int] = []

    def call() -> None:
        found.append(door.post("tools/list").status_code)

    threads = [threading.Thread(target=call) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert found == [200] * 8


def test_an_answer_is_waited_for_so_long_and_no_longer(door: Door) -> None:
    scope = {"type": "http", "method": "POST", "path": "/mcp", "query_string": b"", "headers": []}
    bridge, over = Bridge(door.connector, patience=0.05), threading.Event()
    loop, _ = bridge._begun()
    loop.call_soon_threadsafe(over.wait)  # until then the loop answers nobody
    try:
        with door.app.app_context():
            answer = bridge.ask(scope, b"{}")
    finally:
        over.set()
    assert (answer.status_code, answer.mimetype) == (504, "application/problem+json")


def test_it_is_closed_unless_somebody_opens_it(door: Door, tmp_path: Any, synced_demo: Any) -> None:
    with synced_demo(tmp_path) as demo:
        answer = create_app(demo.connector).test_client().post("/mcp", data=b"{}")
        assert answer.status_code in (401, 404)
        assert answer.mimetype == "application/problem+json"
