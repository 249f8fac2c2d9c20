"""Jira's limits: writes to one issue (20 in 2 seconds, 100 in 30 seconds), and bursts of calls by endpoint and method."""

from __future__ import annotations

import math
import time
from collections import defaultdict, deque
from collections.abc import Callable

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
