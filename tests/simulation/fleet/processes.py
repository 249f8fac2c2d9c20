"""Real processes of the connector: started, killed with SIGKILL, started anew under the same name."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from fleet.chronicle import Chronicle

import plugin

COMMAND = (sys.executable, "-c", "from plugin.cli import main; main()")
READY = re.compile(r"Serving on (http://[\d.]+:\d+)\.|Working with")
PATIENCE = 60.0
CODE = str(Path(plugin.__file__).parents[1])
"""Processes run the very code that is tested."""


class Process:
    """One process of the fleet. `lasting` ones are started anew whenever they die."""

    def __init__(
        self,
        name: str,
        words: tuple[str, ...],
        environment: Mapping[str, str],
        folder: Path,
        chronicle: Chronicle,
    ) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._words = words
        self._environment = {**_clean(os.environ), "PYTHONPATH": CODE, **environment}
        self._folder = folder
        self._chronicle = chronicle
        self._read_from = 0
        self._running: subprocess.Popen[bytes] | None = None
        self.address = ""

    def start(self) -> None:
        """Start it; it is not ready yet."""
        with self.log.open("ab") as log:
            self._read_from = log.tell()
            self._running = subprocess.Popen(
                [*COMMAND, *self._words], env=self._environment, cwd=self._folder, stdout=log, stderr=log
            )
        self._chronicle.note(self.name, f"started, pid {self._running.pid}")

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._running is not None and self._running.poll() is None

    @property
    def ready(self) -> bool:
        """Whether it runs and said that it serves or works."""
        if not self.alive:
            return False
        with self.log.open("rb") as log:
            log.seek(self._read_from)
            said = READY.search(log.read().decode(errors="replace"))
        if said is not None and said[1]:
            self.address = said[1]
        return said is not None

    @property
    def last_words(self) -> str:
        """How it ended: exit code and the last line of its log."""
        lines = self.log.read_text(errors="replace").strip().splitlines()
        code = self._running.poll() if self._running is not None else None
        return f"{code}: {lines[-1] if lines else 'without a word'} ({self.log})"

    def kill(self, why: str) -> None:
        """SIGKILL, now."""
        if self._running is not None and self._running.poll() is None:
            self._running.kill()
            self._running.wait(PATIENCE)
            self._chronicle.note(self.name, f"killed {why}")

    def stop(self) -> None:
        """SIGTERM, and wait until it has put everything down; a process that does not end is killed."""
        if self._running is None or self._running.poll() is not None:
            return
        self._running.terminate()
        self._chronicle.note(self.name, "asked to stop")
        try:
            self._chronicle.note(self.name, f"ended with {self._running.wait(PATIENCE)}")
        except subprocess.TimeoutExpired:
            self.kill("for it did not stop")

    def wait(self) -> int:
        """Until it ends by itself; its exit code."""
        assert self._running is not None
        return self._running.wait(PATIENCE)


class Fleet:
    """All processes of a run by name. Threads share it: a process may be killed by the call it makes."""

    def __init__(self, make: Callable[[str, tuple[str, ...]], Process]) -> None:
        self._make = make
        self._lock = threading.RLock()
        self.members: dict[str, Process] = {}
        self.passing: dict[str, Process] = {}
        self.kills = 0

    def add(self, name: str, *words: str) -> Process:
        """One more that is started anew when it dies."""
        with self._lock:
            self.members[name] = member = self._make(name, words)
            member.start()
        return member

    def remove(self, name: str) -> None:
        """One less, stopped in order."""
        with self._lock:
            member = self.members.pop(name)
        member.stop()

    def visit(self, name: str, *words: str) -> Process:
        """A command that ends by itself and is not started anew."""
        with self._lock:
            self.passing[name] = visitor = self._make(name, words)
            visitor.start()
        return visitor

    def kill(self, name: str, why: str) -> None:
        """Kill it, and start it anew where it is meant to last."""
        with self._lock:
            member = self.members.get(name) or self.passing.get(name)
            if member is None or not member.alive:
                return
            member.kill(why)
            self.kills += 1
            if name in self.members:
                member.start()

    @property
    def ready(self) -> bool:
        """Whether every lasting member is up."""
        return all(member.ready for member in list(self.members.values()))

    @property
    def fallen(self) -> list[str]:
        """Who ended without being killed: a fault to be seen."""
        with self._lock:
            return [name for name, member in self.members.items() if not member.alive]

    def address(self, name: str) -> str:
        """Where this member serves, or served last."""
        member = self.members[name]
        return member.address if member.ready or member.address else ""

    def end(self) -> None:
        """Kill whatever still runs."""
        with self._lock:
            for one in [*self.members.values(), *self.passing.values()]:
                one.kill("at the end")


def _clean(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if not name.startswith("JIRA_OKR_")}
