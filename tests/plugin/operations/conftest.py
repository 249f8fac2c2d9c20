"""A sandbox Jira beside a connector, and `jira-okr` as a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.clock import system_clock
from connectors.sandbox import CONNECTOR, SandboxServer
from mappings import presets
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
                "PYTHONPATH": str(Path(__file__).parents[3]),
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
