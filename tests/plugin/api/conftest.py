"""A synced demo world behind Flask's test client, with a token for each role."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from connectors.sandbox import SandboxServer
from plugin.access.authentication import tokens
from plugin.access.authorization import members
from plugin.runtime.application import create_app
from plugin.runtime.connector import Connector
from plugin.sync.drain import drain
from plugin.sync.resync.full_read import resync
from tests.plugin.sync.conftest import begin, hand

__all__ = ["begin", "hand"]
"""A small company made by hand, as the tests of the sync have it."""

SCOPES = {"viewer": "read", "editor": "write", "admin": "admin", "people": "people"}
ROLES = {"people": "admin"}
"""Of what role the account of a token is, where it is not called so itself."""


@dataclass
class Api:
    """The API of one world, as a program calls it."""

    connector: Connector
    sandbox: SandboxServer
    app: Flask
    tokens: dict[str, str]
    client: FlaskClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.app.test_client()

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        role: str | None = "admin",
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> TestResponse:
        """A request by somebody of this role; None is nobody."""
        sent = dict(headers or {})
        if role is not None:
            sent["Authorization"] = f"Bearer {self.tokens[role]}"
        if body is not None:
            more |= {"data": json.dumps(body), "content_type": "application/json"}
        return self.client.open(f"/api/v1{path}", method=method, headers=sent, **more)

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of a page that is there."""
        answer = self.call("GET", path, query_string=query)
        assert answer.status_code == 200, answer.text
        return answer.json

    def sync(self) -> None:
        """Read and reconcile everything."""
        synced(self.connector)

    def all(self, path: str, **query: Any) -> list[Any]:
        """Every row of a list, page by page."""
        rows: list[Any] = []
        page = self.get(path, **query)
        rows += page["items"]
        while page["next"]:
            page = self.get(path, cursor=page["next"], **query)
            assert page["items"], "a page that was promised is empty"
            rows += page["items"]
        return rows


def synced(connector: Connector) -> None:
    """Read and reconcile everything."""
    connector.catalogue("main", fresh=True)
    context = connector.context("main")
    resync(context)
    drain(lambda: connector.context("main"))


def an_api(connector: Connector, sandbox: SandboxServer) -> Api:
    """The app of a world, with an account and a token for each role."""
    texts = {}
    for role, scope in SCOPES.items():
        of_role = ROLES.get(role, role)
        account = members.add(connector, f"{role}@acme.example", role.title(), of_role, None, "tests")
        texts[role] = tokens.issue(connector, account, "tests", [scope], 30, "tests")
    return Api(connector, sandbox, create_app(connector), texts)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory, synced_demo: Callable[..., Any]) -> Iterator[Api]:
    """One world for all tests of a module."""
    with synced_demo(tmp_path_factory.mktemp("api")) as demo:
        yield an_api(demo.connector, demo.sandbox)


@pytest.fixture
def own_api(tmp_path: Path, synced_demo: Callable[..., Any]) -> Iterator[Api]:
    """A world of one test's own, which may be changed."""
    with synced_demo(tmp_path) as demo:
        yield an_api(demo.connector, demo.sandbox)


@pytest.fixture(scope="module")
def problem_of() -> Callable[[TestResponse], Any]:
    """The problem document of an answer, checked for everything each of them has to have."""

    def read(answer: TestResponse) -> Any:
        assert answer.mimetype == "application/problem+json", answer.text
        found = answer.json
        assert set(found) == {"type", "title", "status", "detail", "remedy", "errors"}
        assert found["status"] == answer.status_code
        assert found["detail"]
        return found

    return read
