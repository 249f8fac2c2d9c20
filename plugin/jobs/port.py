"""What an engine has to do: wake workers when there is work, and stop in order. It owns no work: tables do."""

from __future__ import annotations

from typing import Protocol


class Engine(Protocol):
    """Runs turns of `plugin.sync.work` until stopped."""

    def start(self) -> None:
        """Begin to work; returns at once."""

    def stop(self, timeout: float = ...) -> None:
        """Finish what is under way, then end. What is not finished stays in the tables."""

    def announce(self) -> None:
        """Say that there is new work; cheap, may be called from a request."""
