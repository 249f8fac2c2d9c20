"""The clock of the demo: days pass when somebody lets them, for every process that works on its data."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from connectors.clock import system_clock
from plugin.runtime.settings import Settings


class MovingClock:
    """Another clock, and what was let pass besides: the seconds in a file, none where it is not there. Thread-safe.

    Whoever reads that file has the same time, at once after it was moved. Raises ValueError where the file holds no number.
    """

    def __init__(self, clock: Callable[[], datetime], file: Path) -> None:
        self._clock = clock
        self._file = file
        self._lock = threading.Lock()
        self._read: tuple[int, int] | None = None
        self._ahead = timedelta(0)

    def __call__(self) -> datetime:
        with self._lock:
            return self._clock() + self._passed()

    def move_to(self, instant: datetime) -> None:
        """It is this late from now on; it never goes back."""
        with self._lock:
            ahead = max(self._passed(), instant - self._clock())
            beside = self._file.with_suffix(".next")
            beside.write_text(f"{ahead.total_seconds()}\n", encoding="utf-8")
            beside.replace(self._file)

    def _passed(self) -> timedelta:
        """The file is read where it is another than last time: it is put in place whole, never written over."""
        try:
            found = self._file.stat()
        except FileNotFoundError:
            return timedelta(0)
        state = (found.st_ino, found.st_mtime_ns)
        if state != self._read:
            self._ahead = timedelta(seconds=float(self._file.read_text(encoding="utf-8")))
            self._read = state
        return self._ahead


def clock_of(settings: Settings) -> Callable[[], datetime]:
    """What time it is under these settings: that of the demo where they are a demo's, else that of the machine."""
    return system_clock if settings.demo_clock is None else MovingClock(system_clock, settings.demo_clock)
