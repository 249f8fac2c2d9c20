"""What to do when a reconcile fails: wait and try again, or give it to a person. A decision is a value; nothing here sleeps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.jira.http.errors import JiraError, JiraRefusal, RateLimitError
from connectors.store import StoreError
from mappings.numbers import count_of

MOST_ATTEMPTS = 12
MOST_REFUSALS = 8
"""What Jira itself refuses may be let through again when a permission comes back: some five minutes are given to that."""
LONGEST_WAIT = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Postponement:
    """Try again at `until`."""

    until: datetime
    error: str


@dataclass(frozen=True, slots=True)
class Burial:
    """Give up until a person or a new event wants it again."""

    error: str
    remedy: str


def after_failure(error: Exception, attempts: int, now: datetime, chance: float) -> Postponement | Burial:
    """Decide by the kind of error; `chance` (0…1) spreads retries so that workers do not return in step."""
    if isinstance(error, RateLimitError):
        return Postponement(error.until or now + _backoff(attempts, chance), str(error))
    if not is_passing(error):
        return Burial(f"{type(error).__name__}: {error}", getattr(error, "remedy", "") or UNEXPECTED)
    if attempts >= (MOST_REFUSALS if isinstance(error, JiraRefusal) else MOST_ATTEMPTS):
        return Burial(
            str(error), f"Tried {count_of(attempts, 'time')}. {getattr(error, 'remedy', '')}".strip()
        )
    return Postponement(now + _backoff(attempts, chance), str(error))


def is_passing(error: Exception) -> bool:
    """Whether the same reconcile may succeed later by itself: whatever Jira says may be otherwise a minute later, and the database
    may be busy or restarting.
    """
    if isinstance(error, StoreError):
        return error.passing
    return isinstance(error, JiraError)


UNEXPECTED = (
    "This is a fault of the connector: please report it with the log lines of this objective, then retry."
)


def _backoff(attempts: int, chance: float) -> timedelta:
    """2, 4, 8 … seconds with a jitter of ±30 %, as Atlassian's rate-limit page asks, capped."""
    seconds = min(2.0 ** min(attempts, 10), LONGEST_WAIT.total_seconds())
    return timedelta(seconds=seconds * (0.7 + 0.6 * chance))
