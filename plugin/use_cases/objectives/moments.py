"""Moments as people and programs write them, and the question of a movement that is made of two: read once, for every door."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Protocol

from mappings.facts.local_time import day_end, day_start, days_before
from plugin.next_steps import Door
from plugin.runtime.connector import Refusal

CHOICES = {
    "yesterday": "yesterday",
    "week": "last week",
    "cycle": "the start of the cycle",
    "first": "the first measurement",
}
"""Moments that have a name, and how people call them; any day stands for its first instant."""
SINCE = (
    f"An instant (2026-11-01T09:00:00Z), a day (its first instant), or one of: {', '.join(CHOICES)}. "
    "Left out: a week ago, or the first measurement where the history is shorter."
)
UNTIL = "An instant, or a day to its end; now where it is left out or yet to come."
WEEK = timedelta(days=7)
MILLISECOND = timedelta(milliseconds=1)


class DatedStart(Protocol):
    """Whatever began on a day: a cycle."""

    @property
    def start(self) -> date: ...


@dataclass(frozen=True, slots=True)
class MovementQuestion:
    """Between which moments, as it was written: SINCE and UNTIL say what may be, and what is meant where one is left out."""

    since: str | None = None
    until: str | None = None


@dataclass(frozen=True, slots=True)
class AskedSpan:
    """Between which instants, and which of CHOICES the first of them is (empty: a day or an instant)."""

    since: datetime
    until: datetime
    choice: str


class UnknownMoment(Refusal):
    """A text that is no moment here: `place` is the part of the question, `remedy` says what can be written."""

    def __init__(self, place: str, text: str) -> None:
        self.place = place
        choices = f", or one of: {', '.join(CHOICES)}" if place == "since" else ""
        self.remedy = f"Write a day (2026-11-01) or an instant (2026-11-01T09:00:00Z){choices}."
        lacking = "; it runs in no cycle" if text == "cycle" and place == "since" else ""
        super().__init__(f"{text!r} is no moment here{lacking}.", place)

    def remedy_at(self, door: Door) -> str:  # noqa: ARG002
        """The same at every door."""
        return self.remedy


def span_asked(
    asked: MovementQuestion,
    now: datetime,
    zone: tzinfo,
    cycle: DatedStart | None = None,
    begins: datetime | None = None,
) -> AskedSpan:
    """What a question means for an objective of this cycle whose history begins then; raises UnknownMoment."""
    since = asked.since or ("first" if begins is not None and begins > now - WEEK else "week")
    start = instant_of(since, now, zone, cycle, begins)
    if start is None and since == "first":
        start = now  # nothing was measured yet, which the answer says
    if start is None:
        raise UnknownMoment("since", since)
    end = instant_at(asked.until, now, zone) if asked.until else now
    if end is None:
        raise UnknownMoment("until", asked.until or "")
    return AskedSpan(start.astimezone(UTC), min(end, now), since if since in CHOICES else "")


def instant_of(
    choice: str, now: datetime, zone: tzinfo, cycle: DatedStart | None = None, begins: datetime | None = None
) -> datetime | None:
    """The moment a person means: one of CHOICES, a day (2026-11-01) or an instant; None for any other text, or a cycle there is not."""
    if choice == "yesterday":
        return days_before(now, "1d", zone)
    if choice == "week":
        return days_before(now, "7d", zone)
    if choice == "cycle":
        return None if cycle is None else _first_known(day_start(cycle.start, zone), begins)
    if choice == "first":
        return begins
    try:
        return day_start(date.fromisoformat(choice), zone)
    except OverflowError:
        return None
    except ValueError:
        return _instant(choice)


def instant_at(text: str, now: datetime, zone: tzinfo) -> datetime | None:
    """An instant, or the last millisecond of a day in a zone (a day that goes on: now), in UTC: so it is told. None for any other text."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return _instant(text)
    if day == now.astimezone(zone).date():
        return now
    try:
        return day_end(day, zone)
    except OverflowError:
        return None


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def _first_known(start: datetime, begins: datetime | None) -> datetime:
    """The first instant of a cycle, or of what is known of it: a history that begins on its way tells of the rest."""
    return start if begins is None else max(start, begins)
