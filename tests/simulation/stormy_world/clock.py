"""Time that passes only when the simulation says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

BEGINNING = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)


NEW_QUARTER = datetime(2027, 1, 1, tzinfo=UTC)
"""Midnight by the zone of every mapping that takes part."""
SHORTLY_BEFORE = NEW_QUARTER - timedelta(minutes=4)


class VirtualClock:
    """Called, it gives the instant; sleeping on it costs nothing."""

    def __init__(self, beginning: datetime = BEGINNING) -> None:
        self.now = beginning

    def __call__(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        """Seconds since the epoch."""
        return self.now.timestamp()

    def sleep(self, seconds: float) -> None:
        """Let time pass, at least a little: a wait below the clock's resolution must not last for ever."""
        self.now += timedelta(seconds=max(seconds, 0.001))
