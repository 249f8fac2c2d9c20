"""A clock that can be moved ahead: in the demo days pass when somebody lets them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta


class MovingClock:
    """Another clock, and what was let pass besides. Thread-safe."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._ahead = timedelta(0)
        self._lock = threading.Lock()

    def __call__(self) -> datetime:
        with self._lock:
            ahead = self._ahead
        return self._clock() + ahead

    def move_to(self, instant: datetime) -> None:
        """It is this late from now on; it never goes back."""
        with self._lock:
            self._ahead = max(self._ahead, instant - self._clock())
