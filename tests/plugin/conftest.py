"""A sandbox Jira beside a connector, `jira-okr` as a process of its own, and an objective of a few stories measured by the real rules."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.clock import system_clock
from connectors.sandbox import CONNECTOR, SandboxServer
from connectors.store import Store
from connectors.store.numbers import objectives
from mappings import presets
from mappings.document.binder import bind
from mappings.document.mapping import Mapping
from mappings.document.schema import Document
from mappings.facts.catalogue import Catalogue
from mappings.facts.forest import Forest
from mappings.facts.issue import Issue, IssueType, JiraValue, Project, Status
from mappings.facts.moment import Moment
from mappings.rollup.measurement import assess
from mappings.rollup.state import ObjectiveState
from plugin.runtime.demonstration import Demo, demo_world

SECRET = "a secret of the webhook form"


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    """A connector with an active mapping beside its sandbox, nothing synced yet."""
    with demo_world(tmp_path / "demo", clock=system_clock) as made:
        yield made


@dataclass
class Running:
    """A `jira-okr` process and where it serves."""

    process: subprocess.Popen[str]
    url: str
    out: Path
    err: Path

    def get(self, path: str, **more: Any) -> requests.Response:
        return requests.get(self.url + path, timeout=10, **more)

    def stop(self, seconds: float = 20.0) -> int:
        self.process.terminate()
        return self.process.wait(seconds)


@dataclass
class Commands:
    """Starts commands in a folder, against a sandbox Jira."""

    folder: Path
    environment: dict[str, str]
    sandbox: SandboxServer
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def run(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        """A command that ends by itself."""
        return subprocess.run(
            [sys.executable, "-c", "from plugin.cli import main; main()", *words],
            cwd=self.folder,
            env=self.environment | more,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def start(self, *words: str, **more: str) -> tuple[subprocess.Popen[str], Path, Path]:
        """A command that goes on."""
        out, err = (self.folder / f"{len(self.started)}.{end}" for end in ("out", "err"))
        with out.open("w") as told, err.open("w") as logged:
            process = subprocess.Popen(
                [sys.executable, "-c", "from plugin.cli import main; main()", *words],
                cwd=self.folder,
                env=self.environment | more,
                stdout=told,
                stderr=logged,
                text=True,
            )
        self.started.append(process)
        return process, out, err

    def serve(self, *words: str, **more: str) -> Running:
        """`jira-okr serve` on a free port, once it answers."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        process, out, err = self.start("serve", "--port", str(port), *words, **more)
        running = Running(process, f"http://127.0.0.1:{port}", out, err)
        _wait(running)
        return running


def _wait(running: Running) -> None:
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline:
        assert running.process.poll() is None, running.err.read_text()
        try:
            running.get("/healthz")
        except requests.ConnectionError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"it does not answer: {running.err.read_text()}")


@pytest.fixture
def commands(tmp_path: Path) -> Iterator[Commands]:
    """Commands with a sandbox Jira, a mapping file and a SQLite file of their own."""
    (tmp_path / "mapping.yaml").write_text(presets.text("epics-as-objectives"))
    with SandboxServer(seed=1, webhook_backoff=2.0) as sandbox:
        made = Commands(
            tmp_path,
            {
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(Path(__file__).parents[2]),
                "JIRA_OKR_DATABASE_URL": f"sqlite:///{tmp_path / 'okr.sqlite3'}",
                "JIRA_OKR_JIRA__URL": sandbox.url,
                "JIRA_OKR_JIRA__EMAIL": CONNECTOR.email,
                "JIRA_OKR_JIRA__TOKEN": CONNECTOR.token,
                "JIRA_OKR_JIRA__WEBHOOK_SECRET": SECRET,
                "JIRA_OKR_SECRET_KEY": "an invented key that is long enough to sign sessions",
                "JIRA_OKR_MAPPING": "mapping.yaml",
                "JIRA_OKR_LOG_FORMAT": "json",
            },
            sandbox,
        )
        yield made
        for process in made.started:
            if process.poll() is None:
                process.kill()
                process.wait(10)


@pytest.fixture
def eventually() -> Callable[..., float]:
    """`eventually(lambda: …)` waits until it holds."""

    def wait(truth: Callable[[], bool], seconds: float = 15.0) -> float:
        begun = time.monotonic()
        while time.monotonic() - begun < seconds:
            if truth():
                return time.monotonic() - begun
            time.sleep(0.05)
        pytest.fail(f"did not come true within {seconds} s")

    return wait


_STATUSES = {
    "new": Status("1", "To Do", "new"),
    "doing": Status("3", "In Progress", "indeterminate"),
    "done": Status("5", "Done", "done"),
    "dropped": Status("5", "Done", "done"),
}
_CREATED = datetime(2026, 10, 1, 8, tzinfo=UTC)


@pytest.fixture
def document() -> dict[str, Any]:
    return {
        "version": 1,
        "name": "history",
        "scope": "project = PLAT",
        "fields": {"points": {"id": "customfield_10016"}},
        "cycles": [{"id": "2026-Q4", "start": "2026-10-01", "end": "2026-12-31"}],
        "objectives": [
            {
                "id": "epics",
                "select": "issuetype = Epic",
                "cycle": "2026-Q4",
                "key_results": [
                    {
                        "id": "delivery",
                        "select": "issuetype = Story",
                        "progress": {"kind": "delivery", "weight": "points"},
                    }
                ],
            }
        ],
    }


@pytest.fixture
def bound() -> Callable[[dict[str, Any]], Mapping]:
    return lambda text: bind(Document.model_validate(text), Catalogue())


@pytest.fixture
def an_issue() -> Callable[..., Issue]:
    def build(id_: int, status: str = "new", points: float | None = 1, parent: str | None = "1") -> Issue:
        epic = id_ == 1
        return Issue(
            str(id_),
            f"PLAT-{id_}",
            Project("1", "PLAT", "Platform"),
            IssueType("1", "Epic", 1) if epic else IssueType("3", "Story"),
            _STATUSES[status],
            _CREATED,
            _CREATED,
            f"Issue {id_}",
            JiraValue("2", "Won't Do") if status == "dropped" else None,
            parent_id=None if epic else parent,
            fields={"customfield_10016": points},
        )

    return build


@pytest.fixture
def measured() -> Callable[[Mapping, Iterable[Issue], datetime], ObjectiveState]:
    def measure(mapping: Mapping, issues: Iterable[Issue], at: datetime) -> ObjectiveState:
        return assess(mapping, Forest.of(issues), Moment(at, mapping.zone))["1"]

    return measure


@pytest.fixture
def lived(
    sqlite_store: Store, measured: Callable[..., ObjectiveState]
) -> Callable[..., dict[datetime, ObjectiveState]]:
    """Keeps the objective as it stood at each moment: (at, mapping, issues)."""

    def live(*moments: tuple[datetime, Mapping, list[Issue]]) -> dict[datetime, ObjectiveState]:
        states = {at: measured(mapping, issues, at) for at, mapping, issues in moments}
        with sqlite_store.write() as conn:
            for at, mapping, _ in moments:
                objectives.save(conn, "main", states[at], mapping.revision, at)
        return states

    return live
