"""How long ago something was, in one unit: the same words at every door."""

from __future__ import annotations

from datetime import timedelta

STEPS = (
    (timedelta(seconds=90), timedelta(seconds=1), "s"),
    (timedelta(minutes=90), timedelta(minutes=1), "min"),
    (timedelta(hours=48), timedelta(hours=1), "h"),
    (timedelta(days=3650), timedelta(days=1), "days"),
)


def ago(age: timedelta) -> str:
    """`12 s ago`, `in 5 min`: one unit, whole numbers."""
    size = abs(age)
    if size < timedelta(seconds=1):
        return "just now"
    amount = next((f"{size // unit} {word}" for below, unit, word in STEPS if size < below), "years")
    return f"{amount} ago" if age > timedelta(0) else f"in {amount}"
