"""The demo as the command starts it: a process of its own, and what it says on the terminal."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COMMAND = Path(sys.executable).parent / "jira-okr"
"""By its name: the line that the demo prints says it as it was called."""
SAID = re.compile(
    r"OKR pages\s+(\S+)\s+Sign in as\s+(\S+)\s+password (\S+)\s+Sandbox Jira\s+(\S+)[\s\S]*In a terminal\s+(.+)\n"
)
PATIENCE = 30
"""Seconds for it to stop in."""


@dataclass(frozen=True)
class DemoProcess:
    """A demo that runs: where it was started, where its pages and its Jira are, who may sign in, and the line by which a terminal finds it."""

    folder: Path
    environment: dict[str, str]
    pages: str
    email: str
    password: str
    board: str
    line: str


@contextmanager
def demo_process(folder: Path, kept: str) -> Iterator[DemoProcess]:
    """Started in a folder, keeping what it keeps in another below it; ended as by Ctrl-C."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JIRA_OKR_")}
    arguments = ["demo", "--port", "0", "--sandbox-port", "0", "--folder", kept]
    process = subprocess.Popen(
        [COMMAND, *arguments],
        cwd=folder,
        text=True,
        stdout=subprocess.PIPE,
        env={**environment, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    try:
        told = ""
        for line in process.stdout:
            told += line
            if "Stop with" in line:
                break
        found = SAID.search(told)
        assert found, told
        pages, email, password, board, line = found.groups()
        yield DemoProcess(folder, environment, pages, email, password, board, line)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE)
        process.stdout.close()
