"""Lets the garbage collector rest while very many objects are built that all live on: it would walk them again and again for nothing."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class _Rest:
    """How many blocks want rest, and whether the collector has to be woken after the last of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted = 0
        self._wake = False

    def begin(self) -> None:
        with self._lock:
            if self._wanted == 0:
                self._wake = gc.isenabled()
                gc.disable()
            self._wanted += 1

    def end(self) -> None:
        with self._lock:
            self._wanted -= 1
            if self._wanted == 0 and self._wake:
                gc.enable()


_rest = _Rest()


@contextmanager
def collector_resting() -> Iterator[None]:
    """No search for cycles until this block ends, and every other one that runs beside it. What is no longer used is freed all the same."""
    _rest.begin()
    try:
        yield
    finally:
        _rest.end()
