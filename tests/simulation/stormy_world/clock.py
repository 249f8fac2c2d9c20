"""Time that passes only when the simulation says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

BEGINNING = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


class VirtualClock:
    """Called, it gives the instant; sleeping on it costs nothing."""

    def __init__(self) -> None:
        self.now = BEGINNING

    def __call__(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        """Seconds since the epoch."""
        return self.now.timestamp()

    def sleep(self, seconds: float) -> None:
        """Let time pass, at least a little: a wait below the clock's resolution must not last for ever."""
        self.now += timedelta(seconds=max(seconds, 0.001))
