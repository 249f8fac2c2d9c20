"""A synced demo world asked by the protocol's own client, in process, and by the API beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from mcp import Client
from mcp.types import CallToolResult, Tool

from plugin.access.authentication import tokens
from plugin.access.authorization import members
from plugin.access.authorization.actor import Actor
from plugin.access.authorization.permission import Permission
from plugin.mcp.protocol.server import mcp_server
from plugin.runtime.application import create_app
from plugin.runtime.connector import Connector
from tests.event_loop import run_apart

World = tuple[Connector, Flask, str]
ERAS = ("2026-07-28", "legacy")
VIEWER = Actor("viewer@acme.example (token tests)", Permission.VIEWER, 1)


@dataclass
class Assistant:
    """Somebody who asks by tools; what the API says of the same, for comparison."""

    connector: Connector
    app: Flask
    token: str
    era: str
    actor: Actor = VIEWER

    def called(self, tool: str, **arguments: Any) -> CallToolResult:
        """What came back."""

        async def call() -> CallToolResult:
            server = mcp_server(self.connector, lambda _: self.actor)
            async with Client(server, mode=self.era) as client:
                return await client.call_tool(tool, arguments)

        return run_apart(call())

    def ask(self, tool: str, **arguments: Any) -> Any:
        """The structure of an answer that is there."""
        found = self.called(tool, **arguments)
        assert not found.is_error, found.content
        return found.structured_content

    def refused(self, tool: str, **arguments: Any) -> str:
        """The words of an error."""
        found = self.called(tool, **arguments)
        assert found.is_error, found.structured_content
        assert found.structured_content is None
        (content,) = found.content
        return str(getattr(content, "text", ""))

    def tools(self) -> list[Tool]:
        """The list of tools."""

        async def listed() -> list[Tool]:
            server = mcp_server(self.connector, lambda _: self.actor)
            async with Client(server, mode=self.era) as client:
                return (await client.list_tools()).tools

        return run_apart(listed())

    def api(self, path: str, **query: Any) -> Any:
        """What the API says."""
        answer = self.app.test_client().get(
            f"/api/v1{path}", query_string=query, headers={"Authorization": f"Bearer {self.token}"}
        )
        assert answer.status_code == 200, answer.text
        return answer.json


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, synced_demo: Callable[..., Any]) -> Iterator[World]:
    """One world for all tests of a module: its connector, its application, and a token that may read."""
    folder = tmp_path_factory.mktemp("mcp")
    with synced_demo(folder) as demo:
        yield a_world(demo.connector)


def a_world(connector: Connector) -> World:
    """The same for a connector."""
    account = members.add(connector, "viewer@acme.example", "Viewer", "viewer", None, "tests")
    token = tokens.issue(connector, account, "tests", ["read"], 30, "tests")
    return connector, create_app(connector), token


@pytest.fixture(scope="module")
def assistant_of() -> Callable[[Connector], Assistant]:
    """Somebody who asks another connector."""
    return lambda connector: Assistant(*a_world(connector), ERAS[0])


@pytest.fixture(params=ERAS)
def assistant(request: pytest.FixtureRequest, world: World) -> Assistant:
    """Somebody who speaks either era of the protocol."""
    return Assistant(*world, request.param)


@pytest.fixture
def modern(world: World) -> Assistant:
    """Somebody who speaks the newest."""
    return Assistant(*world, ERAS[0])
