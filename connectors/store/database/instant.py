"""Instants as the tables hold them: whole milliseconds since 1970-01-01 UTC. What is finer than a millisecond is cut off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def to_ms(moment: datetime) -> int:
    """Epoch milliseconds of an aware datetime; a naive one raises TypeError, for nobody knows which hour it means."""
    return (moment - EPOCH) // _MILLISECOND


def from_ms(milliseconds: int) -> datetime:
    """The aware UTC datetime of epoch milliseconds."""
    return EPOCH + timedelta(milliseconds=milliseconds)


def maybe_ms(moment: datetime | None) -> int | None:
    """The same where there may be none."""
    return None if moment is None else to_ms(moment)


def maybe_from_ms(milliseconds: int | None) -> datetime | None:
    """The same where there may be none."""
    return None if milliseconds is None else from_ms(milliseconds)
