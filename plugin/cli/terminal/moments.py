"""Instants as people read them on a terminal: how long ago, and when, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

UNITS = (
    (timedelta(seconds=90), timedelta(seconds=1), "second"),
    (timedelta(minutes=90), timedelta(minutes=1), "minute"),
    (timedelta(hours=48), timedelta(hours=1), "hour"),
    (timedelta(days=730), timedelta(days=1), "day"),
    (timedelta.max, timedelta(days=365), "year"),
)


def spoken(at: datetime, now: datetime) -> str:
    """`3 minutes ago (12:05 UTC)`, `in 40 seconds (12:09 UTC)`; with the day where that is another one than today."""
    moment = at.astimezone(UTC)
    day = "" if moment.date() == now.astimezone(UTC).date() else f"{moment.day} {moment:%b %Y}, "
    return f"{distance(now - at)} ({day}{moment:%H:%M} UTC)"


def distance(age: timedelta) -> str:
    """`12 seconds ago`, `in 5 minutes`: one unit, whole numbers."""
    size = abs(age)
    if size < timedelta(seconds=1):
        return "just now"
    amount, unit = next((size // one, word) for below, one, word in UNITS if size < below)
    text = f"{amount} {unit}" if amount == 1 else f"{amount} {unit}s"
    return f"{text} ago" if age > timedelta(0) else f"in {text}"
