"""When a site's credential expires. Jira tells nobody: the day is what an admin entered, and decides nothing but what is said."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Literal

State = Literal["known", "unknown", "soon", "over"]

SOON_DAYS = 14
RENEW = (
    "Make a new token (Cloud: id.atlassian.com, Security, API tokens; Data Center: your profile, Personal access tokens) and "
    "enter it with its day under Sites, or in the settings of the connector where the site comes from these."
)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Expiry:
    """What is known of a credential's end: `day` is the last on which it may work, `days` how far off, below 0 once it is over."""

    state: State
    day: date | None = None
    days: int | None = None

    @property
    def wants_renewal(self) -> bool:
        """Whether a person has to do something before the site stands still."""
        return self.state in ("soon", "over")

    @property
    def said(self) -> str:
        """`expires 3 Mar 2027, in 101 days`."""
        if self.day is None or self.days is None:
            return "expiry not known"
        return f"{'expired' if self.state == 'over' else 'expires'} {_day_text(self.day)}, {_distance(self.days)}"

    @property
    def remedy(self) -> str:
        """What to do about it; empty where nothing is."""
        if self.state == "unknown":
            return "enter it under Sites"
        return RENEW if self.wants_renewal else ""


def expiry(day: date | None, today: date) -> Expiry:
    """How a credential stands that expires on this day; None where nobody entered one."""
    if day is None:
        return Expiry("unknown")
    days = (day - today).days
    return Expiry("over" if days < 0 else "soon" if days <= SOON_DAYS else "known", day, days)


def expiry_at(day: date | None, now: datetime) -> Expiry:
    """The same at an instant: days are those of UTC, so that pages, commands and metrics agree."""
    return expiry(day, now.astimezone(UTC).date())


def seconds_left(day: date, now: datetime) -> float:
    """Until the end of the day in UTC; below 0 from then on."""
    return (datetime.combine(day, time.max, UTC) - now).total_seconds()


def day_given(text: str) -> date | None:
    """The day that a person entered, None for nothing; ValueError says how days are written."""
    if not text.strip():
        return None
    try:
        if _DAY.fullmatch(text.strip()):
            return date.fromisoformat(text.strip())
    except ValueError:
        pass
    raise ValueError(f"{text.strip()} is no day. Write it as year-month-day, for example 2027-03-01.")


def _day_text(day: date) -> str:
    return f"{day.day} {day:%b} {day.year}"


def _distance(days: int) -> str:
    if days == 0:
        return "today"
    amount = f"{abs(days)} {'day' if abs(days) == 1 else 'days'}"
    return f"in {amount}" if days > 0 else f"{amount} ago"
