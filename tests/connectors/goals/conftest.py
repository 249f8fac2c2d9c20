"""A sandbox with goals, the client for it, and the official types, which every answer is compared with where they are at hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from connectors.goals import Goals, goals_of
from connectors.jira import BasicCredentials, JiraAddress, connect
from connectors.sandbox import CONNECTOR, Account, SandboxServer
from tests.contracts import gateway

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def official() -> Any:
    """The official types."""
    found = gateway.contract()
    if found is None:
        pytest.skip(gateway.MISSING)
    return found


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[SandboxServer, list[str]]]:
    """One sandbox for a file, empty of issues, and what is wrong with its answers."""
    problems: list[str] = []
    with SandboxServer(seed=None, now=NOW) as server:
        found = gateway.contract()
        if found is not None:
            gateway.watch(server.app, found, problems)
        yield server, problems


@pytest.fixture
def server(running: tuple[SandboxServer, list[str]]) -> Iterator[SandboxServer]:
    """The sandbox with three goals, on a site that scores them, and no answer that breaks the contract."""
    made, problems = running
    book = made.sandbox.goals
    book.goals.clear()
    book.scoring, book.on = "OKR", True
    made.faults.clear()
    above = book.add("Be trusted", CONNECTOR)
    book.add("Be there", CONNECTOR, above)
    book.add("Be quick", CONNECTOR, above)
    problems.clear()
    yield made
    assert problems == []


def address(server: SandboxServer, account: Account = CONNECTOR) -> JiraAddress:
    """Where the sandbox is, for somebody."""
    return JiraAddress("main", server.url, BasicCredentials(account.email, account.token), deployment="cloud")


@pytest.fixture
def goals(server: SandboxServer) -> Iterator[Goals]:
    """The client, as the connector's account."""
    jira = connect(address(server))
    yield goals_of(jira)
    jira.close()


@pytest.fixture
def raw(server: SandboxServer) -> Any:
    """Sends a query as it is; gives the whole answer."""

    def send(query: str, name: str | None = "q", account: Account = CONNECTOR, **variables: Any) -> Any:
        body = {"query": query, "operationName": name, "variables": variables}
        signed_in = (account.email, account.token)
        return requests.post(server.url + gateway.PATH, json=body, auth=signed_in, timeout=10)

    return send
