"""What this process counts while it works: calls to Jira, and how long events waited to be written. Knows no monitoring system."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

LAG_BOUNDS = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)
"""Seconds; the upper bounds of the classes of the histogram, the last class being without bound."""


@dataclass(frozen=True, slots=True)
class Lag:
    """Times from the first unserved event to the written field: how many in each class, and their sum in seconds."""

    classes: tuple[int, ...] = (0,) * (len(LAG_BOUNDS) + 1)
    seconds: float = 0.0

    def with_one(self, seconds: float) -> Lag:
        """One more."""
        at = bisect_left(LAG_BOUNDS, seconds)
        grown = tuple(number + (place == at) for place, number in enumerate(self.classes))
        return Lag(grown, self.seconds + seconds)

    def __add__(self, other: Lag) -> Lag:
        pairs = zip(self.classes, other.classes, strict=True)
        return Lag(tuple(one + two for one, two in pairs), self.seconds + other.seconds)


@dataclass(frozen=True, slots=True)
class Counted:
    """Figures since a beginning. `calls` by `site|method|endpoint|outcome`, `points` and `lags` by site.

    Points are an estimate: what Jira charges OAuth and Forge apps, one a call.
    """

    calls: Mapping[str, int] = field(default_factory=dict)
    lags: Mapping[str, Lag] = field(default_factory=dict)

    def __add__(self, other: Counted) -> Counted:
        calls = Counter(self.calls)
        calls.update(other.calls)
        sites = self.lags.keys() | other.lags.keys()
        lags = {site: self.lags.get(site, Lag()) + other.lags.get(site, Lag()) for site in sites}
        return Counted(dict(calls), lags)


class Meter:
    """Counts from any thread; cheap enough for every call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: Counter[str] = Counter()
        self._lags: dict[str, Lag] = {}

    def called(self, site: str, call: Any, outcome: str) -> None:
        """A call to Jira was answered, or broke."""
        with self._lock:
            self._calls[f"{site}|{call.method}|{call.endpoint}|{outcome}"] += 1

    def wrote(self, site: str, seconds: float) -> None:
        """An objective's fields were written, so long after the first event that asked for it."""
        with self._lock:
            self._lags[site] = self._lags.get(site, Lag()).with_one(max(0.0, seconds))

    def counted(self) -> Counted:
        """The figures so far."""
        with self._lock:
            return Counted(dict(self._calls), dict(self._lags))
