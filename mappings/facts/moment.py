"""When and for whom something is evaluated. The domain never reads a clock: a Moment is handed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Literal, get_args

DAYS_PER = {"d": 1, "w": 7}
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
"""As mappings write them, in the order of Python's `weekday()`."""


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant (aware), the time zone whose calendar days count, and the account `currentUser()` stands for.

    `below` holds, for each issue of which a JQL asks what is below it, its own id and those of all below it by parent.
    """

    now: datetime
    zone: tzinfo = field(default=UTC)
    account_id: str | None = None
    below: Mapping[str, frozenset[str]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def today(self) -> date:
        """The calendar day at this instant in the zone."""
        return self.now.astimezone(self.zone).date()


def duration(text: str) -> timedelta:
    """`14d` or `2w`, as mappings and check-ins write it."""
    return timedelta(days=int(text[:-1]) * DAYS_PER[text[-1]])


def day_in(value: object, zone: tzinfo) -> date | None:
    """The calendar day a date (`2026-11-30`) or date-time field means in a zone, or None."""
    if not isinstance(value, str):
        return None
    try:
        if len(value) == len("2026-11-30"):
            return date.fromisoformat(value)
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    return at.astimezone(zone).date() if at.tzinfo else at.date()
