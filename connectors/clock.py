"""The one place that reads the wall clock; everything else is handed a clock, or the instant itself."""

from __future__ import annotations

from datetime import UTC, datetime


def system_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


def system_seconds() -> float:
    """Now, in seconds since 1970."""
    return system_clock().timestamp()
