"""What flow sources share: the items that one selects with where they stood, the points and clocks as written, and the reading of durations."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time
from typing import Literal

from connectors.metrics.basis.field_values import name_keys
from connectors.metrics.basis.source import Answer, FailureKind, Reach, SourceFailure
from mappings.facts.issue import Issue
from mappings.facts.local_time import days_before
from mappings.facts.moment import WEEKDAYS
from mappings.flow.clocks import Clock, WorkingHours
from mappings.flow.measures import Durations
from mappings.flow.statistics import statistic
from mappings.flow.stays import FlowItem, Points, Span, Stay, Test, item_of
from mappings.kpi.cadence import Period
from mappings.kpi.reading import KpiReading
from mappings.kpi.sources import EndPart, StartPart, WorkingPart


def window_of(window: str, period: Period, reach: Reach) -> Span:
    """From when to when a source looks: the period itself, or so long up to its end."""
    start = period.start if window == "period" else days_before(period.end, window, reach.zone)
    return start, period.end


def test_of(part: StartPart | EndPart, reach: Reach) -> Test:
    """Whether a status is meant: one of those named, else one of the category."""
    if part.status:
        return in_statuses(part.status, reach)
    return lambda stay: stay.category == part.category


def in_statuses(names: tuple[str, ...], reach: Reach) -> Test:
    """Whether it is one of these statuses."""
    ids = frozenset(id_ for name in names for id_ in reach.status_ids(name))
    return lambda stay: stay.status_id in ids


def points_of(end: EndPart, reach: Reach, start: StartPart | None = None, finish: str = "last") -> Points:
    """The two points of a flow as written."""
    start = start or StartPart()
    return Points(
        test_of(start, reach), test_of(end, reach), finish == "first", last_start=start.entry == "last"
    )


def items_of(
    select: str, period: Period, reach: Reach, matters: Callable[[Issue], bool] = lambda _issue: True
) -> tuple[FlowItem, ...]:
    """The items at the end of the period that may matter, with every status they stood in until then. What is excluded is none."""
    issues = [one for one in reach.selected(select, period.last, reach.excluded) if matters(one)]
    histories = reach.histories(one.id for one in issues)
    return tuple(
        item_of(one, histories.get(one.id, ()), period.end, reach.categories)
        for one in sorted(issues, key=lambda each: (each.created, each.id))
    )


def touched_since(start: datetime) -> Callable[[Issue], bool]:
    """What was never touched since an instant cannot have been finished since."""
    return lambda issue: issue.updated >= start


def stands(issue: Issue, test: Test, reach: Reach) -> bool:
    """Whether an issue passes a test where it stands."""
    id_ = issue.status.id
    category = reach.categories.get(id_, issue.status.category)
    return test(Stay(id_, category, issue.created, issue.created))


def clock_of(kind: str, unit: str, working: WorkingPart | None, reach: Reach) -> Clock:
    """The clock as written."""
    counted: Literal["hours", "days"] = "hours" if unit == "hours" else "days"
    if kind == "calendar_days":
        return Clock("calendar_days", counted, reach.zone)
    if kind != "working_hours" or working is None:
        return Clock("elapsed", counted, reach.zone)
    days = frozenset(WEEKDAYS.index(day) for day in working.days)
    hours = WorkingHours(days, time.fromisoformat(working.from_), time.fromisoformat(working.to))
    return Clock("working_hours", counted, reach.zone, hours)


def enough(items: int, least: int, what: str) -> SourceFailure | None:
    """No reading where fewer items went into it than are wanted."""
    if items >= least:
        return None
    wanted = f", and {least} are wanted" if least > 1 else ""
    return SourceFailure(FailureKind.NO_DATA, f"{items or 'no'} {what}{wanted}")


def reading_of(
    kind: str, found: Durations, name: str, least: int, period: Period, now: datetime, what: str
) -> Answer:
    """The statistic of durations as a reading, or that there are too few."""
    value = statistic(name, found.values)
    missing = enough(len(found.values), least, what)
    if missing is not None or value is None:
        return missing or SourceFailure(FailureKind.NO_DATA, f"no {what}")
    return (
        KpiReading(
            at=period.last,
            value=value,
            received=now,
            source=kind,
            note=note_of(len(found.values), found.gaps),
        ),
    )


def note_of(items: int, gaps: tuple[str, ...]) -> str:
    """How many items went into a reading, and which could not."""
    counted = f"{items} item{'s' * (items != 1)}"
    return f"{counted}; never started: {name_keys(gaps)}" if gaps else counted
