"""A synced world without an engine: nothing happens but what a test does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from connectors.sandbox import CONNECTOR, PEOPLE, SandboxServer, scheme, seed_many
from connectors.sandbox.editing import delete, edit
from connectors.sandbox.state import person
from connectors.store import due, facts, mirror, objectives, writes
from mappings import presets
from plugin.cli import cli
from plugin.cli.sync import sync_site
from plugin.composition import build_connector
from plugin.connector import Connector
from plugin.demonstration import demo_world
from plugin.draining import drain
from plugin.lifecycle import activate
from plugin.settings import read_settings
from plugin.sync.reconcile import Reconciled, reconcile
from plugin.sync.resync import resync

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


class Clock:
    """The time of both, Jira and the connector, set by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 9, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **time: float) -> None:
        self.now += timedelta(**time)


@dataclass
class Company:
    """A Jira of plain issues over HTTP, and a connector that has not read it yet."""

    sandbox: SandboxServer
    connector: Connector
    clock: Clock
    folder: Path
    deployment: str

    @property
    def context(self) -> Any:
        return self.connector.context("main")

    def calls(self, endpoint: str = "search") -> int:
        """How often this was called since the last time somebody asked for it."""
        counted = self.sandbox.site.calls.by_endpoint
        found = sum(number for name, number in counted.items() if name.endswith(endpoint))
        self.sandbox.site.calls.clear()
        return found

    @property
    def search(self) -> str:
        return "search/jql" if self.deployment == "cloud" else "/search"

    def records(self, type_: Any = scheme.STORY) -> list[Any]:
        return [one for one in self.sandbox.sandbox.records.values() if one.type == type_]

    def edit(self, record: Any, **fields: Any) -> None:
        known = self.sandbox.sandbox.records[record.id]
        edit(self.sandbox.sandbox, known, {"fields": fields}, "3", person(PEOPLE[0]))

    def delete(self, record: Any) -> None:
        delete(self.sandbox.sandbox, record, person(PEOPLE[0]))

    def mirror(self, connector: Connector | None = None) -> dict[str, Any]:
        with (connector or self.connector).store.read() as conn:
            return {issue.id: issue for issue in mirror.every(conn, "main")}

    def afresh(self) -> dict[str, Any]:
        """What a connector that knew nothing would mirror."""
        other = a_connector(self.sandbox, self.folder / "other", self.clock)
        resync(other.context("main"))
        found = self.mirror(other)
        other.store.close()
        return found

    def fact(self, name: str) -> Any:
        with self.connector.store.read() as conn:
            return facts.get(conn, "main", name)

    def due(self) -> set[str]:
        with self.connector.store.read() as conn:
            now = self.clock()
            return {
                one
                for one, at in conn.execute(select(due.table.c.objective_id, due.table.c.run_after))
                if at <= now.timestamp() * 1000
            }

    def in_jira(self, issue_id: str) -> Any:
        return self.context.jira.read([issue_id], [PROGRESS]).issues[0].fields.get(PROGRESS)

    def remap(self, old: str, new: str) -> None:
        """Another revision of the mapping."""
        text = presets.text("epics-as-objectives")
        assert old in text
        activate(self.connector, "main", text.replace(old, new), "test", file="okr.yaml")

    def work_off(self) -> None:
        drain(self.context, wait=lambda seconds: self.clock.pass_by(seconds=seconds))


def a_connector(sandbox: SandboxServer, folder: Path, clock: Clock, **settings: Any) -> Connector:
    folder.mkdir(exist_ok=True)
    access = {"email": CONNECTOR.email, "token": CONNECTOR.token}
    if sandbox.sandbox.deployment == "datacenter":
        access = {"pat": CONNECTOR.token}
    connector = build_connector(
        read_settings(
            env_file=None,
            database_url=f"sqlite:///{folder / 'okr.sqlite3'}",
            jira={"url": sandbox.url, "webhook_secret": "a secret", **access},
            **settings,
        ),
        clock,
    )
    activate(connector, "main", presets.text("epics-as-objectives"), "test", file="okr.yaml")
    return connector


@pytest.fixture
def firm(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Company]:
    """As `company`, with 6 objectives alone (PLAT, CORE, GROW by turns), read and written."""
    deployment = getattr(request, "param", "cloud")
    clock = Clock()
    with SandboxServer(seed=None, clock=clock, deployment=deployment) as sandbox:
        seed_many(sandbox.sandbox, 60, per_epic=10)
        connector = a_connector(sandbox, tmp_path / "own", clock)
        made = Company(sandbox, connector, clock, tmp_path, deployment)
        resync(made.context)
        made.work_off()
        clock.pass_by(minutes=5)
        yield made
        connector.store.close()


@pytest.fixture
def company(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Company]:
    """800 issues, 20 an epic; on Cloud unless the test says otherwise."""
    deployment = getattr(request, "param", "cloud")
    clock = Clock()
    with SandboxServer(seed=None, clock=clock, deployment=deployment) as sandbox:
        seed_many(sandbox.sandbox, 800)
        connector = a_connector(sandbox, tmp_path / "own", clock)
        yield Company(sandbox, connector, clock, tmp_path, deployment)
        connector.store.close()
