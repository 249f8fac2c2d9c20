"""A synced world without an engine: nothing happens but what a test does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from connectors.sandbox import CONNECTOR, SandboxServer
from connectors.store import mirror, objectives, writes
from plugin.cli import cli
from plugin.cli.sync import sync_site
from plugin.connector import Connector
from plugin.demonstration import demo_world
from plugin.sync.reconcile import Reconciled, reconcile

PROGRESS = "customfield_10060"


@dataclass
class Quiet:
    """What a test acts on."""

    sandbox: SandboxServer
    connector: Connector

    @property
    def context(self) -> Any:
        return self.connector.context("main")

    def objectives(self) -> list[str]:
        """Ids of objectives that have a number in Jira."""
        with self.connector.store.read() as conn:
            states = [saved.state for saved in objectives.all(conn, "main")]
        return [state.id for state in states if state.issue_id and state.progress]

    def overwrite(self, objective_id: str, value: float) -> None:
        """Someone writes our field, and the mirror knows."""
        context = self.context
        context.jira.edit(objective_id, {PROGRESS: value})
        with self.connector.store.write() as conn:
            mirror.put(conn, "main", list(context.jira.read([objective_id], context.fields).issues))

    def reconcile(self, objective_id: str) -> Reconciled:
        return reconcile(self.context, objective_id)

    def in_jira(self, objective_id: str) -> Any:
        return self.context.jira.read([objective_id], [PROGRESS]).issues[0].fields.get(PROGRESS)

    def held(self) -> list[writes.Write]:
        with self.connector.store.read() as conn:
            return writes.held(conn, "main")

    def sync(self) -> Any:
        return sync_site(self.connector, "main")


@pytest.fixture
def quiet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Quiet]:
    """A world of the test's own; commands work on it."""
    with demo_world(tmp_path, quiet_seconds=0, resync_minutes=0) as demo:
        sync_site(demo.connector, "main")
        for name, value in {
            "DATABASE_URL": demo.connector.settings.database_url,
            "JIRA__URL": demo.sandbox.url,
            "JIRA__EMAIL": CONNECTOR.email,
            "JIRA__TOKEN": CONNECTOR.token,
            "JIRA__WEBHOOK_SECRET": demo.secret,
            "BASE_URL": "https://okr.example.com",
        }.items():
            monkeypatch.setenv(f"JIRA_OKR_{name}", value)
        yield Quiet(demo.sandbox, demo.connector)


@pytest.fixture
def command() -> Callable[..., Any]:
    """Runs a `jira-okr` command and gives its exit code and its output."""

    def run(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(cli, list(words))
        return result.exit_code, result.stdout

    return run
