"""What a piece of work will cost in calls, points and time, before it starts. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from connectors.jira.http.governor import CLOUD, Rates

ROUND_TRIP = 0.15
"""Seconds one call to Jira Cloud takes as a rule; calls of one worker follow each other."""


@dataclass(frozen=True, slots=True)
class CallEstimate:
    """So many calls of one kind (`POST search/jql`), which return or change so many issues."""

    bucket: str
    calls: int
    objects: int = 0


@dataclass(frozen=True, slots=True)
class Estimate:
    """Points are counted for OAuth and Forge credentials alone: 1 a call and 1 an issue read. API tokens have no points."""

    calls: int
    points: int
    seconds: float


def estimate(*works: CallEstimate, rates: Rates = CLOUD, workers: int = 1) -> Estimate:
    """The cost of all of it: time is what the slower of round trips and rate limits makes it."""
    calls = sum(work.calls for work in works)
    limited = sum(work.calls / rate for work in works if (rate := rates.of(work.bucket)))
    limited = max(limited, calls / rates.total if rates.total else 0.0)
    points = sum(work.calls + work.objects for work in works)
    return Estimate(calls, points, round(max(calls * ROUND_TRIP / max(workers, 1), limited), 1))


def estimate_searching(issues: int, page: int = 100) -> CallEstimate:
    """Searching so many issues with fields."""
    return CallEstimate("POST search/jql", max(1, ceil(issues / page)), issues)


def estimate_single_reads(issues: int) -> CallEstimate:
    """Reading so many issues one by one, as Data Center wants it for entity properties."""
    return CallEstimate("GET issue/*", issues, issues)
