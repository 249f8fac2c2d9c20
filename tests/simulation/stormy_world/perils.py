"""What can happen to a worker at each call boundary: it dies there, the database is locked, or the world moves on meanwhile.

Everything that outlives a process goes through the store or through Jira. So between two such calls a death is the same
wherever it strikes: dying at the boundaries is dying at every instruction.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from connectors.store import Store, StoreError

DEEPEST = 2
"""How often the world may move on within its moving on."""


class WorkerDied(BaseException):
    """The process is gone: no `except Exception` and no clean-up of ours runs for it that it would not run for SIGKILL."""


@dataclass(frozen=True, slots=True)
class Chances:
    """How likely each is at one boundary."""

    death: float = 0.0
    locked: float = 0.0
    meanwhile: float = 0.0


SAFE = Chances()


class Perils:
    """Decides at each boundary by the seed's own dice."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.chances = SAFE
        self.meanwhile: Callable[[], None] = lambda: None
        self.deaths: list[str] = []
        self.locks = 0
        self._depth = 0

    def call(self, place: str) -> None:
        """Before or after a call to Jira, or between two transactions."""
        if self.dice.random() < self.chances.death:
            self.deaths.append(place)
            raise WorkerDied(place)
        if self._depth < DEEPEST and self.dice.random() < self.chances.meanwhile:
            self._depth += 1
            try:
                self.meanwhile()
            finally:
                self._depth -= 1

    def transaction(self, place: str) -> None:
        """Within a transaction, where nobody else can write."""
        if self.dice.random() < self.chances.death:
            self.deaths.append(place)
            raise WorkerDied(place)
        if self.dice.random() < self.chances.locked:
            self.locks += 1
            raise StoreError("another process holds the write lock", place, "wait", passing=True)


class PerilousStore:
    """A store in whose doorways things happen."""

    def __init__(self, store: Store, perils: Perils) -> None:
        self._store = store
        self._perils = perils
        self.committed: Callable[[], None] = lambda: None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        self._perils.call("before a read")
        with self._store.read() as conn:
            yield conn

    @contextmanager
    def write(self, patience: float = 5.0) -> Iterator[Connection]:
        self._perils.call("before a transaction")
        with self._store.write(patience) as conn:
            self._perils.transaction("at BEGIN")
            yield conn
            self._perils.transaction("before COMMIT")
        self.committed()
        self._perils.call("after COMMIT")
