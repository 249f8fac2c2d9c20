"""How many calls Data Center still grants this account, as its own answers say where an admin limits them. Pure.

Tokens come in batches: `fill` of them every `interval` seconds, up to `most`. When the next batch comes is not said, so it is
reckoned from the last answer, which errs to the late side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil, floor

KEPT_FOR_EVENTS = 0.25
"""The part of all tokens that background work leaves for fresh events."""
LONGEST_INTERVAL = 86_400.0


@dataclass(frozen=True, slots=True)
class Allowance:
    """`tokens` were left at the instant `at` (seconds since the epoch), less one for each call that was granted since."""

    tokens: float
    at: float
    fill: float
    interval: float
    most: float

    def wait(self, now: float, *, background: bool = False) -> float:
        """Seconds until there is a token for this call, 0 where there is one."""
        needed = min(1.0 + (KEPT_FOR_EVENTS * self.most if background else 0.0), self.most)
        filled = self.filled(now)
        batches = ceil((needed - filled.tokens) / self.fill)
        return 0.0 if batches <= 0 else max(0.0, filled.at + batches * self.interval - now)

    def filled(self, now: float) -> Allowance:
        """With the batches that came since, reckoned from the last of them."""
        batches = max(0, floor((now - self.at) / self.interval))
        tokens = min(self.most, self.tokens + batches * self.fill)
        return replace(self, tokens=tokens, at=self.at + batches * self.interval)

    def less_one(self, now: float) -> Allowance:
        """After a call was granted."""
        filled = self.filled(now)
        return replace(filled, tokens=filled.tokens - 1.0)


def read_allowance(headers: Mapping[str, str], now: float) -> Allowance | None:
    """What an answer says; None where calls are not limited (or the headers cannot be understood)."""
    found = {name.lower(): value for name, value in headers.items()}
    names = (
        "x-ratelimit-remaining",
        "x-ratelimit-fillrate",
        "x-ratelimit-interval-seconds",
        "x-ratelimit-limit",
    )
    values = [whole_number(found.get(name)) for name in names]
    if any(value is None for value in values):
        return None
    left, fill, interval, most = (float(value or 0) for value in values)
    if fill < 1 or most < 1 or not 1 <= interval <= LONGEST_INTERVAL:
        return None
    return Allowance(tokens=min(left, most), at=now, fill=fill, interval=interval, most=most)


def interval_of(headers: Mapping[str, str]) -> float | None:
    """Seconds until the next batch at the latest, None where it is not said."""
    found = {name.lower(): value for name, value in headers.items()}
    seconds = whole_number(found.get("x-ratelimit-interval-seconds"))
    return float(seconds) if seconds is not None and 1 <= seconds <= LONGEST_INTERVAL else None


def whole_number(text: str | None) -> int | None:
    """A whole number as headers write it, None for anything else."""
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None
