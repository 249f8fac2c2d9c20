"""A KPI that has left the mapping, as the board shows it."""

from __future__ import annotations

from dataclasses import dataclass

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


def departure_row(one: Departure) -> DepartureRow:
    """One KPI for the board."""
    last = "" if one.counted_until is None else f" at the end of {day_text(one.counted_until.date())}"
    return DepartureRow(
        id=one.id,
        left=day_text(one.left.date()),
        kept_until=day_text(one.kept_until.date()),
        value=f"{value_words(one.value)}{last}",
        issue=one.key_result or "",
    )
