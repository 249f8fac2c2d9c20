"""When and for whom something is evaluated. The domain never reads a clock: a Moment is handed in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant (aware), the time zone whose calendar days count, and the account `currentUser()` stands for."""

    now: datetime
    zone: tzinfo = field(default=UTC)
    account_id: str | None = None

    @property
    def today(self) -> date:
        """The calendar day at this instant in the zone."""
        return self.now.astimezone(self.zone).date()
