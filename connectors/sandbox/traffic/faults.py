"""Bad days on demand: the next N requests that match a method and a path answer as Jira does when it is not well."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

KINDS = (
    "rate_limit",
    "status",
    "timeout",
    "torn",
    "empty_page",
    "duplicate_token",
    "last_with_token",
    "lost_token",
    "miscount",
    "expired_token",
    "lost_history",
    "shifted_page",
    "unauthorized",
)
REASONS = (
    "jira-quota-global-based",
    "jira-quota-tenant-based",
    "jira-burst-based",
    "jira-per-issue-on-write",
)
SHAPES = ("html", "empty", "text", "list", "object", "gateway", "jira")
RETRY_AFTER = ("seconds", "date", "absent")


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to the next `times` requests whose method is `method` ("*" for any) and whose path contains `path`.

    `status` and `shape` serve the kind `status`: any status, as a web page of a proxy, an empty body, plain text, a JSON list, an object of a gateway's (`gateway` says `message`),
    or in Jira's own words (`jira`, saying `message`); `reason`, `retry_after` and `seconds` a rate limit; `seconds` a timeout as well.
    `miscount`: a count says two more than there are. `lost_history`: of one issue's changes a part does not come. `shifted_page`: before a page of Data Center's search is answered,
    somebody deletes an issue of the page before, so that all behind it move up.
    """

    kind: str
    method: str = "*"
    path: str = ""
    times: int = 1
    status: int = 503
    reason: str | None = "jira-burst-based"
    retry_after: str = "seconds"
    seconds: float = 1.0
    skip: int = 0
    shape: str = "html"
    message: str = "You do not have permission to do that."


def fault_from(body: Mapping[str, Any]) -> Fault:
    """A fault from JSON; raises ValueError with what is wrong."""
    unknown = sorted(set(body) - set(Fault.__slots__))
    if unknown:
        raise ValueError(f"unknown {', '.join(unknown)}; valid: {', '.join(Fault.__slots__)}")
    if body.get("kind") not in KINDS:
        raise ValueError(f"kind {body.get('kind')!r} is not one of {', '.join(KINDS)}")
    if body.get("retry_after", "seconds") not in RETRY_AFTER:
        raise ValueError(f"retry_after is not one of {', '.join(RETRY_AFTER)}")
    if body.get("shape", "html") not in SHAPES:
        raise ValueError(f"shape {body.get('shape')!r} is not one of {', '.join(SHAPES)}")
    return Fault(**body)


class Faults:
    """The faults that are still to happen, oldest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Plan a fault."""
        with self._lock:
            self._waiting.append(fault)

    def clear(self) -> None:
        """Plan nothing."""
        with self._lock:
            self._waiting.clear()

    def waiting(self) -> list[Fault]:
        """What is still planned."""
        with self._lock:
            return list(self._waiting)

    def take(self, method: str, path: str) -> Fault | None:
        """The fault that this request meets, which is thereby used up once."""
        with self._lock:
            for place, fault in enumerate(self._waiting):
                if fault.method not in ("*", method) or fault.path not in path:
                    continue
                if fault.skip > 0:
                    self._waiting[place] = replace(fault, skip=fault.skip - 1)
                    continue
                if fault.times <= 1:
                    del self._waiting[place]
                else:
                    self._waiting[place] = replace(fault, times=fault.times - 1)
                return fault
        return None


def rate_limit_headers(fault: Fault, now: datetime, deployment: str = "cloud") -> dict[str, str]:
    """The headers of a 429: the reason, and Retry-After in the form asked for; Data Center names tokens and interval instead."""
    reset = now + timedelta(seconds=fault.seconds)
    wait = str(max(1, round(fault.seconds)))
    headers = {
        "X-RateLimit-Limit": "350",
        "X-RateLimit-Remaining": "0",
    }
    if deployment == "datacenter":
        headers |= {"X-RateLimit-FillRate": "10", "X-RateLimit-Interval-Seconds": wait}
    else:
        headers["X-RateLimit-Reset"] = f"{reset:%Y-%m-%dT%H:%M:%SZ}"
        if fault.reason:
            headers["RateLimit-Reason"] = fault.reason
    if fault.retry_after == "seconds":
        headers["Retry-After"] = wait
    elif fault.retry_after == "date":
        headers["Retry-After"] = format_datetime(reset, usegmt=True)
    return headers
