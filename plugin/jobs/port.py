"""What an engine has to do: wake workers when there is work, and stop in order. It owns no work: tables do."""

from __future__ import annotations

from typing import Protocol

STOP_SECONDS = 10.0
"""How long what is under way may take to end, where nobody says how long."""


class Engine(Protocol):
    """Runs turns of `plugin.sync.work` until stopped."""

    def start(self) -> None:
        """Begin to work; returns at once."""

    def stop(self, timeout: float = STOP_SECONDS) -> None:
        """Finish what is under way, then end. What is not finished stays in the tables."""

    def announce(self) -> None:
        """Say that there is new work; cheap, may be called from a request."""
