"""What sources share that read a field of issues: the numbers there are, and what an issue without one is."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from connectors.metrics.basis.source import FailureKind, Reach, SourceFailure
from mappings.kpi.cadence import Period
from mappings.kpi.sources import FieldOfIssuesOptions
from mappings.numbers import count_of

MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class FieldValues:
    """The numbers of the selected issues, how many issues were selected, and what is to be said of those without one."""

    values: tuple[Fraction, ...]
    selected: int
    note: str = ""


def field_values(options: FieldOfIssuesOptions, period: Period, reach: Reach) -> FieldValues | SourceFailure:
    """The numbers of a field, or why they are unknown: with `missing: unknown` one without a value makes all so."""
    issues = reach.selected(options.jql, period.last)
    found = [(one.key, reach.number(one, options.field)) for one in issues]
    gaps = [key for key, value in found if value is None]
    if gaps and options.missing == "unknown":
        reason = f"{name_keys(gaps)} without a value in {options.field}"
        return SourceFailure(FailureKind.NO_DATA, reason, "Fill the field, or write `missing: skip`.")
    values = [value for _, value in found if value is not None]
    if options.missing == "zero":
        values += [Fraction(0)] * len(gaps)
    if issues and not values:
        reason = f"none of the {count_of(len(issues), 'issue')} has a value in {options.field}"
        return SourceFailure(FailureKind.NO_DATA, reason, "Fill the field, or write `missing: zero`.")
    left = f"{name_keys(gaps)} without a value, left out" if gaps and options.missing == "skip" else ""
    return FieldValues(tuple(values), len(issues), left)


def name_keys(keys: list[str] | tuple[str, ...]) -> str:
    """Keys in a sentence; of many the first few."""
    more = f" and {len(keys) - MOST_NAMED} more" if len(keys) > MOST_NAMED else ""
    return f"{', '.join(sorted(keys)[:MOST_NAMED])}{more}"
