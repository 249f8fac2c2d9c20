"""A small world for the engines: a sandbox Jira and a connector with a synced mapping, on each engine and database in turn."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox import CONNECTOR, SandboxServer
from connectors.store.mirror import mirror
from connectors.store.numbers import objectives
from connectors.store.work import due, inbox
from mappings.numbers import percent
from plugin.jobs import engine_for
from plugin.jobs.port import Engine
from plugin.runtime.connector import Connector
from plugin.sync.intake.acceptance import accept

PROGRESS = "customfield_10060"
POINTS = "customfield_10016"
ENGINES = {"embedded-sqlite": "embedded", "embedded-postgresql": "embedded", "procrastinate": "procrastinate"}
LEASE = 4.0
WORKER = [sys.executable, "-c", "from plugin.cli import main; main()", "worker", "--threads", "2"]


@dataclass
class Works:
    """What a test acts on: Jira, the connector, and engines or worker processes to start."""

    sandbox: SandboxServer
    connector: Connector
    url: str
    engine_name: str
    folder: Path
    stack: ExitStack
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    deliveries: int = 0

    @property
    def context(self) -> Any:
        return self.connector.context("main")

    def lease(self, seconds: float) -> None:
        """Engines that are started from now on hold what they work on for so long, however busy the machine is."""
        self.connector.settings = self.connector.settings.model_copy(update={"lease_seconds": seconds})

    def engine(self, workers: int = 2) -> Engine:
        """A started engine; it is stopped with the test."""
        made = engine_for(self.connector, workers)
        self.connector.announce = made.announce
        made.start()
        self.stack.callback(made.stop)
        return made

    def process(self) -> subprocess.Popen[bytes]:
        """A started `jira-okr worker`."""
        environment = {
            **os.environ,
            "JIRA_OKR_DATABASE_URL": self.url,
            "JIRA_OKR_ENGINE": self.engine_name,
            "JIRA_OKR_LEASE_SECONDS": str(LEASE),
            "JIRA_OKR_HEARTBEAT_SECONDS": "1.0",
            "JIRA_OKR_QUIET_SECONDS": "0",
            "JIRA_OKR_RESYNC_MINUTES": "0",
            "JIRA_OKR_JIRA__URL": self.sandbox.url,
            "JIRA_OKR_JIRA__EMAIL": CONNECTOR.email,
            "JIRA_OKR_JIRA__TOKEN": CONNECTOR.token,
        }
        log = (self.folder / f"worker-{len(self.processes)}.log").open("wb")
        self.stack.callback(log.close)
        started = subprocess.Popen(WORKER, env=environment, stdout=log, stderr=log)
        self.processes.append(started)
        self.stack.callback(_end, started)
        return started

    def delivers(self, issue_id: str) -> None:
        """A webhook says that this issue changed; it is taken in as the route does it."""
        self.deliveries += 1
        body = (
            f'{{"webhookEvent": "jira:issue_updated", "timestamp": {self.deliveries}, '
            f'"issue": {{"id": "{issue_id}", "key": "X-1"}}}}'
        ).encode()
        headers = {"X-Atlassian-Webhook-Identifier": f"given-{self.deliveries}"}
        connector = self.connector
        accept(connector.store, "main", headers, body, connector.clock(), connector.announcer)
        connector.announce()

    def estimate(self, issue_id: str, points: float) -> None:
        """Someone changes the estimate of an issue in Jira, and a webhook tells."""
        self.context.jira.edit(issue_id, {POINTS: points})
        self.delivers(issue_id)

    def mark(self, objective_ids: list[str]) -> None:
        """Objectives become due."""
        with self.connector.store.write() as conn:
            self.context.mark(conn, objective_ids, "a test")
        self.connector.announce()

    def spoil(self, objective_id: str) -> None:
        """Someone overwrites our field, and nobody tells the connector but the mirror."""
        context = self.context
        context.jira.edit(objective_id, {PROGRESS: 1})
        found = context.jira.read([objective_id], context.fields).issues
        with self.connector.store.write() as conn:
            mirror.put(conn, "main", list(found))

    def in_jira(self, objective_id: str) -> Any:
        """What our field says."""
        return self.context.jira.read([objective_id], [PROGRESS]).issues[0].fields.get(PROGRESS)

    def wanted(self, objective_id: str) -> int | None:
        """What it should say by the stored state."""
        with self.connector.store.read() as conn:
            saved = objectives.load(conn, "main", objective_id)
        return None if saved is None or saved.state.progress is None else int(percent(saved.state.progress))

    def measured(self) -> dict[str, list[str]]:
        """Objectives whose headline comes from delivered issues, with the ids of the issues that weigh: first what is furthest from the mean, so that its weight matters."""
        with self.connector.store.read() as conn:
            states = [saved.state for saved in objectives.load_all(conn, "main")]
        found: dict[str, list[str]] = {}
        for state in states:
            for one in state.key_results:
                if one.kind == "delivery" and one.contributing and state.issue_id and state.progress:
                    rows = [row for row in one.measurement.ledger.rows if row.weight]
                    rows.sort(key=partial(_off, state.progress), reverse=True)
                    found[state.id] = [row.id for row in rows]
        return found

    def idle(self) -> bool:
        """Whether nothing waits."""
        with self.connector.store.read() as conn:
            return not inbox.load_pending(conn, 1) and due.pending_count(conn, "main") == 0

    def edits(self, objective_id: str) -> int:
        """How often Jira took an edit of this issue."""
        return self.sandbox.site.calls.edits[objective_id]


def _off(mean: Fraction, row: Any) -> Fraction:
    return abs(row.progress - mean)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.kill()
    process.wait(10)


@pytest.fixture(params=ENGINES)
def works(request: pytest.FixtureRequest, tmp_path: Path, synced_demo: Callable[..., Any]) -> Iterator[Works]:
    """A synced world per test, on every engine."""
    name = ENGINES[request.param]
    settings = {
        "engine": name,
        "lease_seconds": LEASE,
        "heartbeat_seconds": 1.0,
        "quiet_seconds": 0,
        "resync_minutes": 0,
        "recent_minutes": 0,
    }
    copied = "synced_demo" if request.param == "embedded-sqlite" else "synced_on_postgres"
    with ExitStack() as stack:
        demo = stack.enter_context(request.getfixturevalue(copied)(tmp_path, **settings))
        url = demo.connector.settings.database_url
        yield Works(demo.sandbox, demo.connector, url, name, tmp_path, stack)


@pytest.fixture
def eventually() -> Callable[..., float]:
    """`eventually(lambda: …)` waits until it holds; says how long it took."""

    def wait(truth: Callable[[], bool], seconds: float = 10.0) -> float:
        begun = time.monotonic()
        while time.monotonic() - begun < seconds:
            if truth():
                return time.monotonic() - begun
            time.sleep(0.02)
        pytest.fail(f"did not come true within {seconds} s")

    return wait
