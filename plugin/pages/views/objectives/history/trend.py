"""History as the points of an SVG line: progress holds between two moments, so lines are steps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from mappings.numbers import WHOLE, count_of
from plugin.pages.views.words.figures import percent_text
from plugin.use_cases.objectives.objective_list import TrendPoint

WIDTH, HEIGHT, INSET = 88, 22, 2
Known = tuple[datetime, Fraction | None]


@dataclass(frozen=True, slots=True)
class Spark:
    """A trend line in a box of 88 × 22; `lines` break where progress was unknown."""

    lines: tuple[str, ...]
    end: tuple[str, str] | None
    description: str


def spark(history: Sequence[TrendPoint], now: datetime, points: int, achieved_at: Fraction = WHOLE) -> Spark:
    """The trend of one objective from its first point to now; `points` is how many there are, drawn or not."""
    moments: list[Known] = [(point.at, point.progress) for point in history]
    if not moments:
        return Spark((), None, "No history yet")
    place = Scale(start=moments[0][0], end=now, width=WIDTH, height=HEIGHT, inset=INSET)
    lines = tuple(place.line(part) for part in stretches(moments, now))
    last = moments[-1][1]
    end = None if last is None else (place.x(now), place.y(last))
    return Spark(lines, end, _in_words(moments, points, achieved_at))


def _in_words(moments: Sequence[Known], points: int, achieved_at: Fraction) -> str:
    first, last = (percent_text(value, 0, achieved_at) for value in (moments[0][1], moments[-1][1]))
    if all(value is None for _, value in moments):
        return "Never measured"
    if len(moments) == 1:
        return f"{last} since the first measurement"
    return f"From {first} to {last} in {count_of(points, 'step')}"


def stretches(moments: Sequence[Known], now: datetime) -> list[list[tuple[datetime, Fraction]]]:
    """The runs of known values as steps, each held until the next moment and the last until now."""
    found: list[list[tuple[datetime, Fraction]]] = []
    ends = [*(at for at, _ in moments[1:]), now][: len(moments)]
    current: list[tuple[datetime, Fraction]] = []
    for (at, value), end in zip(moments, ends, strict=True):
        if value is None:
            current = []
            continue
        if not current:
            found.append(current)
        current += [(at, value), (max(at, end), value)]
    return found


@dataclass(frozen=True, slots=True)
class Scale:
    """Places instants and shares of 1 in a box whose top is 100 %."""

    start: datetime
    end: datetime
    width: int
    height: int
    inset: int = 0

    def share(self, at: datetime) -> Fraction:
        """How far along the box an instant is, 0…1."""
        whole = Fraction((self.end - self.start).total_seconds()) or Fraction(1)
        return min(max(Fraction((at - self.start).total_seconds()) / whole, Fraction(0)), Fraction(1))

    def x(self, at: datetime) -> str:
        return _place(self.inset, (at - self.start) / (self.end - self.start or _MOMENT), self.width)

    def y(self, value: Fraction) -> str:
        return _place(self.inset, 1 - value.numerator / value.denominator, self.height)

    def line(self, moments: Iterable[tuple[datetime, Fraction]]) -> str:
        """`x,y x,y …` as polylines want it."""
        return " ".join(f"{self.x(at)},{self.y(value)}" for at, value in moments)


def _place(inset: int, share: float, size: int) -> str:
    """Where a share lies in the box, to a tenth: a drawing needs no more, and a list draws thousands of points."""
    return f"{inset + min(max(share, 0.0), 1.0) * (size - 2 * inset):.1f}"


_MOMENT = timedelta(microseconds=1)
