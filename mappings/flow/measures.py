"""What the flow of issues comes to in a window: lead time, cycle time, age, throughput, efficiency, time to repair, time between failures.

Items are those that a source selects at the end of the window, and the window is [from, to).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from mappings.facts.local_time import MILLISECOND
from mappings.flow.clocks import Clock, hours
from mappings.flow.stays import FlowItem, Points, Span, Test, finish_of, start_of, stays_within


@dataclass(frozen=True, slots=True)
class Durations:
    """What each item that counts is worth, and the keys of those that cannot be told: finished without ever having been started."""

    values: tuple[Fraction, ...]
    gaps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio of two sums; `items` went into it."""

    part: Fraction
    whole: Fraction
    items: int
    gaps: tuple[str, ...] = ()

    @property
    def value(self) -> Fraction | None:
        """None where the whole is 0."""
        return self.part / self.whole if self.whole else None


@dataclass(frozen=True, slots=True)
class Uptime:
    """How long a window was up, in hours, and how many failures began in it."""

    window: Fraction
    down: Fraction
    failures: int

    @property
    def up(self) -> Fraction:
        """The window without what was down."""
        return self.window - self.down


def finished_items(
    items: Iterable[FlowItem], points: Points, window: Span
) -> tuple[tuple[FlowItem, datetime], ...]:
    """The items finished in the window, each with its finish."""
    each = ((item, finish_of(item, points)) for item in items)
    return tuple((item, at) for item, at in each if at is not None and window[0] <= at < window[1])


def lead_times(items: Iterable[FlowItem], points: Points, window: Span, clock: Clock) -> Durations:
    """From creation to finish."""
    return Durations(
        tuple(clock.worth((item.created, at)) for item, at in finished_items(items, points, window))
    )


def cycle_times(items: Iterable[FlowItem], points: Points, window: Span, clock: Clock) -> Durations:
    """From start to finish; what was never started is a gap, not 0."""
    spans, gaps = _cycles(items, points, window)
    return Durations(tuple(clock.worth(span) for _, span in spans), gaps)


def ages(items: Iterable[FlowItem], points: Points, end: datetime, clock: Clock) -> Durations:
    """From the start to the end of the span, of the items that are in progress then; as one finishes, its age is its cycle time."""
    values = []
    for item in items:
        if item.stays and points.started(item.stays[-1]):
            start = start_of(item, points, end)
            until = end - MILLISECOND if clock.kind == "calendar_days" else end
            if start is not None:
                values.append(clock.worth((start, until)))
    return Durations(tuple(values))


def efficiency(items: Iterable[FlowItem], points: Points, window: Span, active: Test, clock: Clock) -> Ratio:
    """Time in active statuses over the time from start to finish, as a ratio of sums."""
    spans, gaps = _cycles(items, points, window)
    worked = sum(
        (clock.worth(one) for item, span in spans for one in stays_within(item, active, *span)), Fraction(0)
    )
    return Ratio(worked, sum((clock.worth(span) for _, span in spans), Fraction(0)), len(spans), gaps)


def repair_times(
    items: Iterable[FlowItem], points: Points, window: Span, clock: Clock, *, from_creation: bool, whole: bool
) -> Durations:
    """All time not done from the start of each incident restored in the window to its finish; with `whole` the time it was closed in between, too."""
    values, gaps = list[Fraction](), list[str]()
    for item, at in finished_items(items, points, window):
        start = item.created if from_creation else start_of(item, points, at)
        if start is None:
            gaps.append(item.key)
        elif whole:
            values.append(clock.worth((start, at)))
        else:
            broken = stays_within(item, lambda stay: not points.done(stay), start, at)
            values.append(sum((clock.worth(one) for one in broken), Fraction(0)))
    return Durations(tuple(values), tuple(gaps))


def uptime(items: Iterable[FlowItem], points: Points, window: Span) -> Uptime:
    """What is down cannot fail: stretches that overlap or touch are one, and one that began before the window is no failure of it."""
    stretches = sorted(
        span
        for item in items
        for span in stays_within(item, lambda stay: not points.done(stay), item.created, window[1])
    )
    merged = _merged(stretches)
    down = sum((hours((max(start, window[0]), end)) for start, end in merged if end > window[0]), Fraction(0))
    return Uptime(hours(window), down, sum(start >= window[0] for start, _ in merged))


def _merged(stretches: Sequence[Span]) -> list[Span]:
    found: list[Span] = []
    for start, end in stretches:
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return found


def _cycles(
    items: Iterable[FlowItem], points: Points, window: Span
) -> tuple[list[tuple[FlowItem, Span]], tuple[str, ...]]:
    spans, gaps = list[tuple[FlowItem, Span]](), list[str]()
    for item, at in finished_items(items, points, window):
        start = start_of(item, points, at)
        if start is None:
            gaps.append(item.key)
        else:
            spans.append((item, (start, at)))
    return spans, tuple(gaps)
