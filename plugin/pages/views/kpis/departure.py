"""A KPI that has left the mapping, as the board shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo

from mappings.facts.local_time import local_day
from plugin.pages.views.words.moments import day_text
from plugin.use_cases.kpis.departures import Departure
from plugin.use_cases.kpis.kpi_words import value_words


@dataclass(frozen=True, slots=True)
class DepartureRow:
    """What was counted of it last, and until when that is kept; `issue` is the key of a key result that is open still."""

    id: str
    left: str
    kept_until: str
    value: str
    issue: str


def departure_row(one: Departure, zone: tzinfo) -> DepartureRow:
    """One KPI for the board, with days of this zone."""
    counted = one.counted_until
    last = "" if counted is None else f" at the end of {day_text(local_day(counted, zone))}"
    return DepartureRow(
        id=one.id,
        left=day_text(local_day(one.left, zone)),
        kept_until=day_text(local_day(one.kept_until, zone)),
        value=f"{value_words(one.value)}{last}",
        issue=one.key_result or "",
    )
