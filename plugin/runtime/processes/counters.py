"""What this process counts while it works: calls to Jira, and how long events waited to be written. Knows no monitoring system."""

from __future__ import annotations

import threading
from collections import Counter

from connectors.jira.http.call import Call
from connectors.store.jobs.counts import Lag, ProcessCounts


class Meter:
    """Counts from any thread; cheap enough for every call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: Counter[str] = Counter()
        self._lags: dict[str, Lag] = {}
        self._told: Counter[str] = Counter()

    def called(self, site: str, call: Call, outcome: str) -> None:
        """A call to Jira was answered, or broke."""
        with self._lock:
            self._calls[f"{site}|{call.method}|{call.endpoint}|{outcome}"] += 1

    def wrote(self, site: str, seconds: float) -> None:
        """An objective's fields were written, so long after the first event that asked for it."""
        with self._lock:
            self._lags[site] = self._lags.get(site, Lag()).with_one(max(0.0, seconds))

    def untold_calls(self) -> dict[str, int]:
        """How many calls each site got since this was asked last: what the budgets of the sites are told once."""
        with self._lock:
            total: Counter[str] = Counter()
            for key, number in self._calls.items():
                total[key.partition("|")[0]] += number
            fresh, self._told = total - self._told, total
        return dict(fresh)

    def counted(self) -> ProcessCounts:
        """The figures so far."""
        with self._lock:
            return ProcessCounts(dict(self._calls), dict(self._lags))

    def taken(self) -> ProcessCounts:
        """The figures since they were last taken."""
        with self._lock:
            found = ProcessCounts(dict(self._calls), dict(self._lags))
            self._calls.clear()
            self._lags.clear()
            self._told.clear()
        return found

    def add(self, counts: ProcessCounts) -> None:
        """What another process counted for this one."""
        with self._lock:
            self._calls.update(counts.calls)
            for site, lag in counts.lags.items():
                self._lags[site] = self._lags.get(site, Lag()) + lag
