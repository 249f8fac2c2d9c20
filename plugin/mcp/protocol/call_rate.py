"""How often one token may call: so many calls a minute, so many at once. Counted in each process by itself."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil

from mappings.numbers import count_of
from plugin.mcp.protocol.tool import UnanswerableQuestion

A_MINUTE, AT_ONCE = 60, 4
WINDOW_S = 60.0


@dataclass(slots=True)
class _Calls:
    begun: deque[float] = field(default_factory=deque)
    running: int = 0


class Pace:
    """What each caller has called of late."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._calls: dict[str, _Calls] = {}
        self._lock = threading.Lock()

    @contextmanager
    def taken(self, caller: str) -> Iterator[None]:
        """A call; refused, with when to go on, where it is one too many."""
        with self._lock:
            self._forget()
            calls = self._calls.setdefault(caller, _Calls())
            if calls.running >= AT_ONCE:
                raise UnanswerableQuestion(
                    f"{AT_ONCE} calls of this token run already. Wait for an answer, then ask again."
                )
            if len(calls.begun) >= A_MINUTE:
                wait = max(1, ceil(calls.begun[0] + WINDOW_S - self._clock()))
                raise UnanswerableQuestion(
                    f"This token has made {A_MINUTE} calls within a minute. Ask again in {count_of(wait, 'second')}."
                )
            calls.begun.append(self._clock())
            calls.running += 1
        try:
            yield
        finally:
            with self._lock:
                calls.running -= 1

    def _forget(self) -> None:
        before = self._clock() - WINDOW_S
        for caller, calls in list(self._calls.items()):
            while calls.begun and calls.begun[0] <= before:
                calls.begun.popleft()
            if not calls.begun and not calls.running:
                del self._calls[caller]
