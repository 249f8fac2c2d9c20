"""What the headers of a refused answer say about waiting. Pure: the instant is handed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal

from connectors.jira.http.allowance import interval_of, whole_number

Scope = Literal["endpoint", "issue", "site"]

BURST = "jira-burst-based"
PER_ISSUE = "jira-per-issue-on-write"
GATEWAY = "gateway"
USER = "user-rate"
"""Data Center, where an admin limits the calls of each account."""
LOCAL = "local-pacing"
"""A wait that our own governor asked for; Jira has refused nothing."""


@dataclass(frozen=True, slots=True)
class Limit:
    """Why Jira asks to wait and for how long; `retry_after` in seconds, both None where it does not say."""

    reason: str
    retry_after: float | None
    until: datetime | None

    @property
    def scope(self) -> Scope:
        """What has to wait: this endpoint, this issue, or everything."""
        return scope_of(self.reason)


@dataclass(frozen=True, slots=True)
class RemainingCalls:
    """How many calls (or points) Jira said at the instant `at` it still grants, of how many, and when that starts anew."""

    remaining: int
    most: int | None
    until: datetime | None
    at: datetime


def scope_of(reason: str) -> Scope:
    """Burst limits slow one endpoint, per-issue limits one issue; quotas and what is unknown stop the site."""
    if reason == PER_ISSUE:
        return "issue"
    if reason == BURST or "burst" in reason or "concurrent" in reason:
        return "endpoint"
    return "site"


def read_limit(headers: Mapping[str, str], now: datetime) -> Limit:
    """The limit told by `RateLimit-Reason`, `Retry-After` (seconds or HTTP date) and `X-RateLimit-Reset`.

    Atlassian's gateway sends 429 with neither reason nor Retry-After; its reset is used then. Data Center may say 0 seconds, when
    the next batch of calls is due at any moment: at the latest it comes after its interval. Elsewhere 0 seconds names no time:
    whoever asks again backs off by himself.
    """
    found = {name.lower(): value for name, value in headers.items()}
    reason = found.get("ratelimit-reason", "").strip() or _unnamed(found)
    told = _seconds(found.get("retry-after"), now)
    # a date that has just passed is 0 seconds: an answer, where none would mean to wait for the full hour of a quota
    retry_after = told or interval_of(found) if reason == USER else told
    if retry_after is not None:
        return Limit(reason, retry_after, now + timedelta(seconds=retry_after) if retry_after else None)
    reset = _instant(found.get("x-ratelimit-reset"))
    if reset is not None and timedelta(0) < reset - now < timedelta(days=1):
        return Limit(reason, (reset - now).total_seconds(), reset)
    return Limit(reason, None, None)


def read_left(headers: Mapping[str, str], now: datetime) -> RemainingCalls | None:
    """What an answer says is left, the quota of the hour before the burst of a second; None where it says nothing.

    Jira sends `RateLimit: "name";r=11000;t=600` (with `Beta-` before it while not enforced), elsewhere `X-RateLimit-Remaining`.
    """
    found = {name.lower(): value for name, value in headers.items()}
    said = found.get("ratelimit") or found.get("beta-ratelimit") or ""
    policy = found.get("ratelimit-policy") or found.get("beta-ratelimit-policy") or ""
    remaining, seconds = _part(said, "r"), _part(said, "t")
    if remaining is not None:
        until = None if seconds is None else now + timedelta(seconds=min(seconds, 86_400))
        return RemainingCalls(remaining, _part(policy, "q"), until, now)
    remaining, most = (whole_number(found.get(f"x-ratelimit-{name}")) for name in ("remaining", "limit"))
    return (
        None
        if remaining is None
        else RemainingCalls(remaining, most, _instant(found.get("x-ratelimit-reset")), now)
    )


def _part(said: str, name: str) -> int | None:
    """The whole number behind `name=` among parts that semicolons part; of several policies the first."""
    parts = (part.strip().partition("=") for part in said.partition(",")[0].split(";"))
    return next((whole_number(value) for key, _, value in parts if key == name), None)


def _unnamed(found: Mapping[str, str]) -> str:
    """Data Center names no reason; its limit is one per user and known by its own headers."""
    return USER if "x-ratelimit-fillrate" in found else GATEWAY


def _seconds(text: str | None, now: datetime) -> float | None:
    if text is None:
        return None
    text = text.strip()
    if text.replace(".", "", 1).isascii() and text.replace(".", "", 1).isdigit():
        return min(float(text), 86_400.0)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max((aware - now).total_seconds(), 0.0), 86_400.0)


def _instant(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
