"""The bands of a KPI: healthy and watch, by the day, and the level of a value in them. Knows no readings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

from mappings.document.schema import BandPart, KpiPart, PointPart


class KpiLevel(StrEnum):
    """What a value is in its bands; no value is no data, never healthy."""

    HEALTHY = "healthy"
    WATCH = "watch"
    UNHEALTHY = "unhealthy"
    NO_DATA = "no_data"


class Direction(StrEnum):
    """Which way is better; it words the trend and decides nothing."""

    UP = "up"
    DOWN = "down"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Band:
    """Inclusive bounds; None is a side without one."""

    at_least: Fraction | None = None
    at_most: Fraction | None = None

    def holds(self, value: Fraction) -> bool:
        """Whether a value lies in it."""
        return self.crossed(value) is None

    def holds_from(self, value: Fraction) -> bool:
        """Whether every number from this one on lies in it."""
        return self.at_most is None and self.holds(value)

    def crossed(self, value: Fraction) -> Fraction | None:
        """The bound that a value has crossed, None while it is in the band."""
        if self.at_most is not None and value > self.at_most:
            return self.at_most
        if self.at_least is not None and value < self.at_least:
            return self.at_least
        return None


@dataclass(frozen=True, slots=True)
class Bands:
    """What a period is judged by: the healthy band and the wider one, which is the same where there is no watch zone."""

    healthy: Band
    watch: Band

    def level(self, value: Fraction | None) -> KpiLevel:
        """The level of a value."""
        if value is None:
            return KpiLevel.NO_DATA
        if self.healthy.holds(value):
            return KpiLevel.HEALTHY
        return KpiLevel.WATCH if self.watch.holds(value) else KpiLevel.UNHEALTHY


def bands_on(kpi: KpiPart, day: date) -> Bands:
    """The bands of a local day: the target point that holds then, or `healthy` before the first; `watch` moves along."""
    written = _band(kpi.healthy)
    healthy = _target(kpi, day) or written
    if kpi.watch is None:
        return Bands(healthy, healthy)
    watch = _band(kpi.watch)
    at_least = _moved(watch.at_least, written.at_least, healthy.at_least)
    return Bands(healthy, Band(at_least, _moved(watch.at_most, written.at_most, healthy.at_most)))


def direction_of(kpi: KpiPart) -> Direction:
    """As written, else as the band has it: towards its only bound, or staying between two."""
    if kpi.direction is not None:
        return Direction(kpi.direction)
    if kpi.healthy.at_least is not None and kpi.healthy.at_most is not None:
        return Direction.KEEP
    return Direction.DOWN if kpi.healthy.at_most is not None else Direction.UP


def trend(kpi: KpiPart, before: Fraction | None, now: Fraction | None) -> str:
    """`better`, `worse`, `changed` or `unchanged`; empty where either value is unknown."""
    if before is None or now is None:
        return ""
    if before == now:
        return "unchanged"
    way = direction_of(kpi)
    if way is Direction.KEEP:
        return "changed"
    return "better" if (now > before) is (way is Direction.UP) else "worse"


def _target(kpi: KpiPart, day: date) -> Band | None:
    points = kpi.targets.points if kpi.targets is not None else ()
    reached = [point for point in points if point.from_ <= day]
    if not reached:
        return None
    here = _band(reached[-1])
    if kpi.targets is not None and kpi.targets.shape == "linear":
        for one, following in pairwise(points):
            if one is reached[-1]:
                return _between(one, following, day)
    return here


def _between(one: PointPart, following: PointPart, day: date) -> Band:
    """Straight lines by days for the bounds that both points have; the rest holds until the next point."""
    share = Fraction((day - one.from_).days, (following.from_ - one.from_).days)
    here, there = _band(one), _band(following)
    if here.at_least is not None and there.at_least is not None:
        here = replace(here, at_least=here.at_least + (there.at_least - here.at_least) * share)
    if here.at_most is not None and there.at_most is not None:
        here = replace(here, at_most=here.at_most + (there.at_most - here.at_most) * share)
    return here


def _moved(watch: Fraction | None, written: Fraction | None, healthy: Fraction | None) -> Fraction | None:
    """The watch bound of a side: moved as far as the healthy one was; the healthy one itself where there is none."""
    if watch is None or written is None or healthy is None:
        return healthy
    return watch + (healthy - written)


def _band(part: BandPart | PointPart) -> Band:
    return Band(
        None if part.at_least is None else Fraction(part.at_least),
        None if part.at_most is None else Fraction(part.at_most),
    )
