"""Instants as Jira writes them."""

from __future__ import annotations

from datetime import MAXYEAR, MINYEAR, UTC, datetime


def instant(text: str) -> datetime:
    """`2026-10-01T10:00:00.000+0000`, with or without the colon, as an aware UTC datetime; ValueError for what is none, or has no room around it in the calendar."""
    moment = datetime.fromisoformat(text)
    if not MINYEAR < moment.year < MAXYEAR:
        raise ValueError(f"{text!r} lies at the edge of the calendar")
    if moment.tzinfo is UTC:
        return moment
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return moment.astimezone(UTC)
