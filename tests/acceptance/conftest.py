"""A whole world per test: a sandbox Jira, a served connector, and webhooks between them, all over real HTTP."""

from __future__ import annotations

import hashlib
import hmac
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import requests
import structlog
from click.testing import CliRunner

from connectors.sandbox import CONNECTOR, PEOPLE, Fault, SandboxServer
from connectors.store.numbers import objectives
from connectors.store.reads import full_reads, read_requests
from connectors.store.work import due, inbox
from connectors.store.writes import refusals
from plugin.cli import cli, explained_errors
from plugin.cli.work.sync import sync_site
from plugin.runtime.connector import Connector
from plugin.runtime.demonstration import Demo, register_webhook
from plugin.runtime.serving.server import serve


@dataclass
class World:
    """What a test acts on and looks at."""

    sandbox: SandboxServer
    connector: Connector
    secret: str
    url: str

    def environment(self) -> dict[str, str]:
        """The settings by which a command works on this world."""
        return {
            "JIRA_OKR_DATABASE_URL": self.connector.settings.database_url,
            "JIRA_OKR_JIRA__URL": self.sandbox.url,
            "JIRA_OKR_JIRA__EMAIL": CONNECTOR.email,
            "JIRA_OKR_JIRA__TOKEN": CONNECTOR.token,
            "JIRA_OKR_JIRA__WEBHOOK_SECRET": self.secret,
        }

    def jira(self, method: str, path: str, **more: Any) -> requests.Response:
        """A call to the sandbox Jira as a person would make it."""
        response = requests.request(
            method, self.sandbox.url + path, auth=(PEOPLE[0].email, PEOPLE[0].token), timeout=10, **more
        )
        assert response.status_code < 400, response.text
        return response

    def issue(self, key: str) -> dict[str, Any]:
        """An issue as Jira has it now."""
        return self.jira("GET", f"/rest/api/3/issue/{key}").json()

    def move(self, key: str, status: str) -> None:
        """Transition an issue to the status of this name."""
        offered = self.jira("GET", f"/rest/api/3/issue/{key}/transitions").json()["transitions"]
        chosen = next(one["id"] for one in offered if one["to"]["name"] == status)
        self.jira("POST", f"/rest/api/3/issue/{key}/transitions", json={"transition": {"id": chosen}})

    def admin(self, method: str, path: str, **more: Any) -> requests.Response:
        """A call with the connector's own account, which may do everything."""
        response = requests.request(
            method, self.sandbox.url + path, auth=(CONNECTOR.email, CONNECTOR.token), timeout=10, **more
        )
        assert response.status_code < 400, response.text
        return response

    def estimate(self, key: str, points: float) -> None:
        """Set the story points of an issue."""
        self.jira("PUT", f"/rest/api/3/issue/{key}", json={"fields": {"customfield_10016": points}})

    def sync(self) -> None:
        """A whole sync, as the command does it."""
        sync_site(self.connector, "main")

    def idle(self) -> bool:
        """Whether nothing waits: no delivery, no objective."""
        with self.connector.store.read() as conn:
            return not inbox.load_pending(conn, 1) and due.pending_count(conn, "main") == 0

    def break_reads(self, status: int) -> None:
        """From now on Jira answers reads by id with this status."""
        self.sandbox.faults.add(Fault("status", "POST", "bulkfetch", times=1000, status=status))

    def mend(self) -> None:
        """Jira is well again."""
        self.sandbox.faults.clear()

    def last_full_read(self) -> datetime | None:
        """When everything was read last."""
        with self.connector.store.read() as conn:
            found = full_reads.load_latest(conn, "main")
        return found.at if found else None

    def wants_full_read(self) -> bool:
        """Whether everything is still to be read."""
        with self.connector.store.read() as conn:
            return read_requests.is_open(conn, "main")

    def deliver(self, body: bytes) -> None:
        """A signed webhook, as Jira would send it."""
        signature = "sha256=" + hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        url, headers = f"{self.url}/webhooks/jira/main", {"X-Hub-Signature": signature}
        assert requests.post(url, data=body, headers=headers, timeout=10).status_code == 204

    def refusals(self) -> list[Any]:
        """What Jira refused for good."""
        with self.connector.store.read() as conn:
            return refusals.load_all(conn, "main")

    def open_story(self) -> tuple[str, str]:
        """Key of an issue that counts and is not done, and the key of the objective it moves."""
        for state in self.states().values():
            for one in state.key_results:
                if one.kind != "delivery" or not one.contributing:
                    continue
                for row in one.measurement.ledger.rows:
                    if row.weight and row.progress is not None and row.progress < 1:
                        return row.key, state.key
        raise AssertionError("the company has no open story that moves an objective")

    def states(self) -> dict[str, Any]:
        """Stored objective states by key."""
        with self.connector.store.read() as conn:
            return {saved.state.key: saved.state for saved in objectives.load_all(conn, "main")}


def wait_for(truth: Callable[[], bool], seconds: float = 30.0) -> float:
    """Wait until something holds; returns how long it took, fails where it never did."""
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        if truth():
            return time.monotonic() - begun
        time.sleep(0.02)
    pytest.fail(f"did not come true within {seconds} s")


@pytest.fixture
def eventually() -> Callable[..., float]:
    """`eventually(lambda: …)` waits until it holds."""
    return wait_for


@pytest.fixture
def world(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, synced_demo: Callable[..., Any]
) -> Iterator[World]:
    """A synced demo world that is served and gets webhooks; commands run in this test work on it."""
    with a_world(synced_demo(tmp_path, recent_minutes=0)) as made:
        for name, value in made.environment().items():
            monkeypatch.setenv(name, value)
        yield made


@pytest.fixture(scope="module")
def quiet_world(tmp_path_factory: pytest.TempPathFactory, synced_demo: Callable[..., Any]) -> Iterator[World]:
    """One world for all tests of a module that change nothing the others look at."""
    with a_world(synced_demo(tmp_path_factory.mktemp("world"), recent_minutes=0)) as made:
        yield made


@contextmanager
def a_world(synced: AbstractContextManager[Demo]) -> Iterator[World]:
    """Sandbox, connector, first sync, server, webhook. What changed of late is only read when a test does it: the copy may be old.

    What the server logs meanwhile goes past the output of the commands that a test runs beside it.
    """
    with logs_aside(), synced as demo, serve(demo.connector, "127.0.0.1", 0, workers=2) as served:
        register_webhook(demo.sandbox.url, f"{served.url}/webhooks/jira/main", demo.secret)
        yield World(demo.sandbox, demo.connector, demo.secret, served.url)


@contextmanager
def logs_aside() -> Iterator[None]:
    """Logs as a process of the connector's own has them: not where a command prints what it was asked for."""
    before = structlog.get_config()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.__stderr__))
    try:
        yield
    finally:
        structlog.configure(**before)


@pytest.fixture
def command() -> Callable[..., Any]:
    """Runs a `jira-okr` command on the world of the test; gives its JSON, or its text where that is none."""

    def run(*words: str, exit_code: int | None = 0) -> Any:
        result = CliRunner().invoke(cli, list(words))
        assert exit_code is None or result.exit_code == exit_code, (result.output, result.exception)
        if isinstance(result.exception, explained_errors()):
            return str(result.exception)
        return json.loads(result.stdout) if "--json" in words else result.stdout

    return run
