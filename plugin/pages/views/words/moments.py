"""Instants as people read them: absolute in the site's zone (which is named), relative to now, and ISO for the script."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from plugin.use_cases.health.moments import ago

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class MomentText:
    """One instant: `iso` for machines, `text` in the site's zone, `ago` relative to the moment of rendering."""

    iso: str
    text: str
    ago: str


def when(at: datetime, now: datetime, zone: tzinfo) -> MomentText:
    """The instant as a page shows it."""
    local = at.astimezone(zone)
    text = f"{day_text(local.date())}, {local:%H:%M} {zone_text(zone, local)}"
    return MomentText(at.isoformat(timespec="seconds"), text, ago(now - at))


def when_known(at: datetime | None, now: datetime, zone: tzinfo) -> MomentText | None:
    """The same for an instant that may never have been."""
    return None if at is None else when(at, now, zone)


def day_text(day: date) -> str:
    """`22 Nov 2026`: no order of numbers to guess."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def own_days(span: tuple[date, date] | None) -> str:
    """`1 Nov 2026 – 10 Feb 2027`; empty where an objective has no days of its own."""
    return "" if span is None else f"{day_text(span[0])} – {day_text(span[1])}"


def short_day(day: date) -> str:
    """`22 Nov`, for axes."""
    return f"{day.day} {MONTHS[day.month - 1]}"


def zone_text(zone: tzinfo, local: datetime) -> str:
    """The zone's own name where it has one (`Europe/Berlin`), else its offset or abbreviation."""
    return str(getattr(zone, "key", None) or local.tzname() or "")
