"""The statuses an issue stood in, one after the other, and the two points that flow is measured by: its start and its finish.

Statuses are known by id; their category is today's, since Jira keeps none of former times. One without a known category is neither
started nor done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from mappings.explain.past import FieldChange
from mappings.facts.issue import Issue

Span = tuple[datetime, datetime]
"""[from, to)"""
STATUS = "status"


@dataclass(frozen=True, slots=True)
class Stay:
    """One status that an issue stood in; it ends where the next begins, the last at the end of the span."""

    status_id: str
    category: str | None
    start: datetime
    end: datetime

    @property
    def span(self) -> Span:
        """From when to when."""
        return self.start, self.end


@dataclass(frozen=True, slots=True)
class FlowItem:
    """An issue of a flow: where it stood from its creation to the end of the span, without a gap."""

    id: str
    key: str
    created: datetime
    stays: tuple[Stay, ...]


Test = Callable[[Stay], bool]
"""Whether an issue is started, or done, while it stands so."""


@dataclass(frozen=True, slots=True)
class Points:
    """What counts as started and as done, and which entry into each is meant."""

    started: Test
    done: Test
    first_finish: bool = False
    last_start: bool = False


def item_of(
    issue: Issue, steps: Iterable[FieldChange], end: datetime, categories: Mapping[str, str | None]
) -> FlowItem:
    """An issue as it stood just before `end`, with the changes of its history, the oldest first; later ones are left out."""
    moves = [step for step in steps if step.field_id == STATUS and step.at < end]
    ids = [*(step.before_id or "" for step in moves), issue.status.id]
    bounds = [issue.created, *(step.at for step in moves), end]
    known = {issue.status.id: issue.status.category, **categories}
    stays = (
        Stay(id_, known.get(id_), start, max(start, after))
        for id_, (start, after) in zip(ids, pairwise(bounds), strict=True)
    )
    return FlowItem(issue.id, issue.key, issue.created, tuple(stays))


def finish_of(item: FlowItem, points: Points) -> datetime | None:
    """The last entry into done from not-done, where it is done at the end; with `first_finish` the first entry ever."""
    if points.first_finish:
        return next((stay.start for stay in item.stays if points.done(stay)), None)
    finish = None
    for stay in reversed(item.stays):
        if not points.done(stay):
            break
        finish = stay.start
    return finish


def start_of(item: FlowItem, points: Points, until: datetime) -> datetime | None:
    """The first entry into started up to an instant, or with `last_start` the last one from a status that is not."""
    entries = [
        stay.start
        for place, stay in enumerate(item.stays)
        if stay.start <= until
        and points.started(stay)
        and (place == 0 or not points.last_start or not points.started(item.stays[place - 1]))
    ]
    if not entries:
        return None
    return entries[-1] if points.last_start else entries[0]


def stays_within(item: FlowItem, test: Test, start: datetime, end: datetime) -> Iterator[Span]:
    """The stretches between two instants in which an issue stood so."""
    for stay in item.stays:
        if test(stay) and max(stay.start, start) < min(stay.end, end):
            yield max(stay.start, start), min(stay.end, end)
