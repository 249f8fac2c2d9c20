"""Jira's limits: writes to one issue (20 in 2 seconds, 100 in 30 seconds), and bursts of calls by endpoint and method.

Data Center has neither; there an admin may give each account so many calls per interval.
"""

from __future__ import annotations

import math
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass

WINDOWS = ((2.0, 20), (30.0, 100))
REASON = "jira-per-issue-on-write"


class IssueWriteLimit:
    """Counts the writes to each issue by a monotonic clock."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.monotonic = monotonic
        self._writes: dict[str, deque[float]] = defaultdict(deque)

    def admit(self, issue_id: str) -> int | None:
        """None if the write may go on (and is counted), else the seconds to wait."""
        now, writes = self.monotonic(), self._writes[issue_id]
        while writes and writes[0] <= now - WINDOWS[-1][0]:
            writes.popleft()
        for seconds, most in WINDOWS:
            inside = [at for at in writes if at > now - seconds]
            if len(inside) >= most:
                return max(1, math.ceil(inside[len(inside) - most] + seconds - now))
        writes.append(now)
        return None


BURST_REASON = "jira-burst-based"
CALLS_PER_SECOND = {"GET": 100, "POST": 100, "PUT": 50, "DELETE": 50}
FASTER = {"GET /rest/api/3/issue/{}": 150, "POST /rest/api/3/search/approximate-count": 150}


class BurstLimit:
    """A token bucket per endpoint and method. How much a bucket holds is not published; here it is one second's worth."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.monotonic = monotonic
        self._buckets: dict[str, tuple[float, float]] = {}

    def admit(self, method: str, endpoint: str) -> bool:
        """Whether the call may go on; it is then counted."""
        name = f"{method} {endpoint}"
        rate = FASTER.get(name, CALLS_PER_SECOND.get(method, 100))
        now = self.monotonic()
        tokens, since = self._buckets.get(name, (float(rate), now))
        tokens = min(float(rate), tokens + (now - since) * rate)
        self._buckets[name] = (tokens - 1 if tokens >= 1 else tokens, now)
        return tokens >= 1


@dataclass(frozen=True, slots=True)
class CallGrant:
    """What Data Center's admin grants each account: `fill` calls every `seconds`, saved up to `most`."""

    fill: int
    seconds: int
    most: int


class UserLimit:
    """A token bucket per account, filled in batches."""

    def __init__(self, granted: CallGrant, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.granted = granted
        self.monotonic = monotonic
        self.refused: Counter[str] = Counter()
        self._buckets: dict[str, tuple[int, float]] = {}

    def admit(self, account: str) -> bool:
        """Whether the call may go on; it is then counted."""
        tokens, since = self._filled(account)
        self._buckets[account] = (tokens - 1 if tokens else 0, since)
        self.refused[account] += tokens == 0
        return tokens > 0

    def headers(self, account: str, *, refused: bool = False) -> dict[str, str]:
        """What every answer says of the account's tokens; Retry-After is 0 while there are any."""
        tokens, since = self._filled(account)
        wait = 0 if tokens and not refused else math.ceil(since + self.granted.seconds - self.monotonic())
        return {
            "X-RateLimit-Limit": str(self.granted.most),
            "X-RateLimit-Remaining": str(tokens),
            "X-RateLimit-FillRate": str(self.granted.fill),
            "X-RateLimit-Interval-Seconds": str(self.granted.seconds),
            "Retry-After": str(max(0, wait)),
        }

    def _filled(self, account: str) -> tuple[int, float]:
        now = self.monotonic()
        tokens, since = self._buckets.get(account, (self.granted.most, now))
        batches = int((now - since) // self.granted.seconds)
        return min(
            self.granted.most, tokens + batches * self.granted.fill
        ), since + batches * self.granted.seconds
