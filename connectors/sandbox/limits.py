"""Jira's limit on writes to one issue: 20 in 2 seconds and 100 in 30 seconds."""

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
