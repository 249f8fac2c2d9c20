"""A process that dies at one step of what it does: before a call to Jira goes out or once it was answered, before a transaction is committed or right after."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
from sqlalchemy import Connection

from connectors.store import Store


class Killed(BaseException):
    """The process is no more."""


class StepDeath:
    """It comes at the nth step; None never."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.at: int | None = None
        self.after = False
        self.steps = 0
        self._patch = patch
        self.also_at(requests.Session, "send")
        write = Store.write

        @contextmanager
        def written(*words: Any, **more: Any) -> Iterator[Connection]:
            due = self._comes()
            with write(*words, **more) as conn:
                yield conn
                if due and not self.after:
                    raise Killed
            if due:
                raise Killed

        patch.setattr(Store, "write", written)

    def also_at(self, owner: object, name: str) -> None:
        """A call of this is a step as well."""
        called = getattr(owner, name)

        def stepped(*words: Any, **more: Any) -> Any:
            due = self._comes()
            if due and not self.after:
                raise Killed
            answer = called(*words, **more)
            if due:
                raise Killed
            return answer

        self._patch.setattr(owner, name, stepped)

    def at_step(self, number: int | None, *, after: bool = False) -> None:
        """From here on steps are counted anew."""
        self.at, self.after, self.steps = number, after, 0

    def strike(self, number: int, after: bool, what: Callable[[], object]) -> bool:
        """Do it, and die at this step; whether it came to that."""
        self.at_step(number, after=after)
        try:
            what()
        except Killed:
            return True
        finally:
            self.at_step(None)
        return False

    def _comes(self) -> bool:
        self.steps += 1
        return self.steps == self.at
