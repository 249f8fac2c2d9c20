"""When a serving process that ended by itself gets a successor: at once where it had lived, later and later where it had not."""

from __future__ import annotations

import signal
from dataclasses import dataclass

LONG_LIFE_S = 60.0
"""Who lived so long was able to work: the next end is a new misfortune, not the same one again."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0
MOST_SHORT_LIVES = 6
"""Short lives in a row, after which there is no successor."""


@dataclass(frozen=True, slots=True)
class Restarts:
    """How one place of a serving process fared: how many in a row ended there before a minute was over."""

    short_lives: int = 0

    def after(self, lived_s: float) -> Restarts:
        """The same, one end later."""
        return Restarts(0 if lived_s >= LONG_LIFE_S else self.short_lives + 1)

    @property
    def pause_s(self) -> float | None:
        """Seconds until the successor is started; None where there is none, for it would end as well."""
        if self.short_lives >= MOST_SHORT_LIVES:
            return None
        if not self.short_lives:
            return 0.0
        return float(min(FIRST_PAUSE_S * 2 ** (self.short_lives - 1), LONGEST_PAUSE_S))


def end_said(exit_code: int | None) -> str:
    """How a process ended, in words: `signal SIGSEGV`, `exit code 1`."""
    if exit_code is None:
        return "unknown"
    if exit_code >= 0:
        return f"exit code {exit_code}"
    try:
        return f"signal {signal.Signals(-exit_code).name}"
    except ValueError:
        return f"signal {-exit_code}"
