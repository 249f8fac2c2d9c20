"""Counts what was asked of the sandbox, so that frugality can be counted instead of timed."""

from __future__ import annotations

import re
import threading
from collections import Counter
from typing import Any

ISSUE = re.compile(
    r"(/(?:issue|issueLink|remotelink|properties|project|webhook|field)/)(?!bulkfetch|createmeta|search)[^/]+"
)


class Calls:
    """Calls by method and endpoint, and writes by issue and field."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.by_endpoint: Counter[str] = Counter()
        self.writes: Counter[tuple[str, str]] = Counter()
        self.edits: Counter[str] = Counter()

    def count(self, method: str, path: str) -> None:
        """One request."""
        with self._lock:
            self.by_endpoint[f"{method} {endpoint(path)}"] += 1

    def wrote(self, issue_id: str, fields: list[str]) -> None:
        """One edit that Jira accepted, with the fields it named."""
        with self._lock:
            self.edits[issue_id] += 1
            for field in fields:
                self.writes[issue_id, field] += 1

    def clear(self) -> None:
        """Count from zero again."""
        with self._lock:
            self.by_endpoint.clear()
            self.writes.clear()
            self.edits.clear()

    def shown(self) -> dict[str, Any]:
        """All counts as JSON."""
        with self._lock:
            writes: dict[str, dict[str, int]] = {}
            for (issue_id, field), times in self.writes.items():
                writes.setdefault(issue_id, {})[field] = times
            return {
                "total": self.by_endpoint.total(),
                "calls": dict(self.by_endpoint),
                "edits": dict(self.edits),
                "writes": writes,
            }


def endpoint(path: str) -> str:
    """A path without its ids: `/rest/api/3/issue/{}`."""
    return ISSUE.sub(r"\1{}", path)
