"""When a check-in is due: on every grid day on which nobody has said anything, and nothing was read, since the one before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from mappings.document.schema import CheckInsPart, CyclePart
from mappings.facts.moment import WEEKDAYS, duration
from mappings.rollup.state import HealthLevel, KeyResultState


@dataclass(frozen=True, slots=True)
class DueCheckIn:
    """Due since the grid day `since`; `missed` are the grid windows running without a word, the present one included, `last` is the day of the last word."""

    since: date
    missed: int
    last: date | None = None


def due_check_in(
    part: CheckInsPart, cycle: CyclePart, key_result: KeyResultState, today: date, last: date | None
) -> DueCheckIn | None:
    """Whether a key result is due on a day, where the last check-in or reading was on another; never where it is achieved or left out."""
    if key_result.kind == "delivery" and not part.delivery:
        return None
    if key_result.health.level is HealthLevel.ACHIEVED or key_result.health.rule == "excluded":
        return None
    if not cycle.start <= today <= cycle.end:
        return None
    every = duration(part.every)
    missed = [day for day in grid(part, cycle) if day <= today and (last is None or last <= day - every)]
    return DueCheckIn(missed[-1], len(missed), last) if missed else None


def is_to_score(cycle: CyclePart, today: date) -> bool:
    """Whether the cycle is over: from the day after its end until it is closed its objectives wait for their scores."""
    return today > cycle.end


def grid(part: CheckInsPart, cycle: CyclePart) -> Iterator[date]:
    """The days on which check-ins are due: the first of the weekday from the start + `every` on, and every `every` after it."""
    every = duration(part.every)
    day = cycle.start + every
    day += timedelta(days=(WEEKDAYS.index(part.on) - day.weekday()) % 7)
    while day <= cycle.end:
        yield day
        day += every
