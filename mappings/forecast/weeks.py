"""The past weeks of a delivery key result: what was finished in each, and what was added, from its rows as they are now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from mappings.forecast.answer import DeliveryWork, Week

MOST_WEEKS = 12
PLANNING = timedelta(days=7)
"""What is created in the first week of a cycle is planned, not added."""
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class FinishedRow:
    """One counted row in days of the mapping's time zone. `finished` without a day: nobody knows when."""

    created: date
    finished: bool = False
    finished_on: date | None = None
    by_resolution: bool = False
    missed: bool = False


def work_of(
    items: Sequence[FinishedRow],
    today: date,
    cycle: tuple[date, date],
    share: Fraction,
    count_to: Fraction | None = None,
) -> DeliveryWork:
    """The weeks of these rows up to today, and where they stand."""
    return DeliveryWork(
        today=today,
        last=cycle[1],
        rows=len(items),
        finished=sum(item.finished and not item.missed for item in items),
        share=share,
        weeks=_weeks(items, today, cycle[0] + PLANNING),
        count_to=count_to,
        missed=sum(item.missed for item in items),
        undated=sum(item.finished and item.finished_on is None for item in items),
        by_resolution=sum(item.by_resolution for item in items),
    )


def _weeks(items: Sequence[FinishedRow], today: date, planned_until: date) -> tuple[Week, ...]:
    first_day = min((item.created for item in items), default=today)
    count = min(max((today - first_day).days, 0) // 7, MOST_WEEKS)
    done, added = [0] * count, [0] * count
    for item in items:
        if item.finished_on is not None:
            _count(done, item.finished_on, today)
        if item.created >= planned_until:
            _count(added, item.created, today)
    return tuple(Week(today - WEEK * (place + 1), done[place], added[place]) for place in range(count))


def _count(weeks: list[int], day: date, today: date) -> None:
    """Week 0 is the seven days before today, and so on back."""
    place = ((today - day).days - 1) // 7
    if 0 <= place < len(weeks):
        weeks[place] += 1
