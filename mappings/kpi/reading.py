"""Readings of a KPI: what one more receipt makes of those there are, and the value of a period. Order of receipt decides, not the clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction

AHEAD = timedelta(minutes=5)
"""How far after its receipt a reading may lie: clocks differ, but nothing is read of the future."""
LONGEST_NOTE = 2_000


@dataclass(frozen=True, slots=True)
class FormerReading:
    """What a reading said before it was corrected, and when that was received."""

    value: Fraction | None
    received: datetime


@dataclass(frozen=True, slots=True)
class KpiReading:
    """What a KPI stood at: `at` in whole milliseconds, `received` when the value that counts came in. None is no value.

    `former` are the values that counted before, the oldest first.
    """

    at: datetime
    value: Fraction | None
    received: datetime
    source: str = "push"
    note: str = ""
    former: tuple[FormerReading, ...] = ()

    @property
    def first_received(self) -> datetime:
        """When anything was received for this instant."""
        return self.former[0].received if self.former else self.received


def known_at(one: KpiReading, instant: datetime) -> KpiReading | None:
    """The reading as it was known at an instant; None where nothing had come in for it yet."""
    if one.received <= instant:
        return one
    heard = [former for former in one.former if former.received <= instant]
    if not heard:
        return None
    return replace(
        one, value=heard[-1].value, received=heard[-1].received, former=one.former[: len(heard) - 1]
    )


class Receipt(StrEnum):
    """What became of a reading that came in."""

    NEW = "new"
    UNCHANGED = "unchanged"
    CORRECTED = "corrected"


def receive(known: KpiReading | None, news: KpiReading) -> tuple[Receipt, KpiReading]:
    """What a receipt is, and the reading that stands after it. The one received last counts; what it said before is kept."""
    if known is None:
        return Receipt.NEW, news
    if known.value == news.value:
        return Receipt.UNCHANGED, known
    former = (*known.former, FormerReading(known.value, known.received))
    return Receipt.CORRECTED, replace(news, former=former)


def is_ahead(at: datetime, now: datetime) -> bool:
    """Whether a reading lies too far in the future to be kept."""
    return at - now > AHEAD


AGGREGATES: Mapping[str, Callable[[Sequence[Fraction]], Fraction]] = {
    "last": lambda values: values[-1],
    "sum": lambda values: sum(values, Fraction(0)),
    "mean": lambda values: sum(values, Fraction(0)) / len(values),
    "min": min,
    "max": max,
}
"""How the values of a period, by time, become its value. A mean is not weighted by time."""


def value_of(readings: Iterable[KpiReading], aggregate: str, least: int) -> Fraction | None:
    """The value of a period from its readings, in any order; None where fewer than `least` of them have a value."""
    valued = sorted((one.at, one.value) for one in readings if one.value is not None)
    if len(valued) < max(least, 1):
        return None
    return AGGREGATES[aggregate]([value for _, value in valued])
