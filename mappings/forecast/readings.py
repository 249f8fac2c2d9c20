"""The readings of a metric key result, the last of each day, and the aim that they are on their way to."""

from __future__ import annotations

from datetime import date, tzinfo
from fractions import Fraction

from mappings.facts.issue import HISTORY, Issue
from mappings.forecast import trend
from mappings.forecast.answer import Forecast, TargetRange, none
from mappings.forecast.prospect import Prospect
from mappings.numbers import number_in
from mappings.rollup.state import Measurement


def forecast(prospect: Prospect, alias: str) -> Forecast:
    """Where the readings of the field behind this alias lead."""
    measurement = prospect.key_result.measurement
    field = prospect.mapping.fields.get(alias)
    issue = prospect.issues.get(prospect.key_result.issue_id or "")
    aim = aim_of(measurement)
    if aim is None or field is None or issue is None:
        return none(measurement.reason or "nothing says what is aimed at")
    if HISTORY in issue.unknowns and field.id not in issue.readings:
        return none(f"its readings cannot be had: {issue.unknowns[HISTORY]}")
    days = by_day(issue, field.id, prospect.mapping.zone)
    return trend.forecast(days, prospect.today, prospect.last, aim)


def aim_of(measurement: Measurement) -> TargetRange | None:
    """The target on its side of the start, or the band; None where either cannot be told."""
    start, target = measurement.start, measurement.target
    if measurement.at_least is not None or measurement.at_most is not None:
        return TargetRange(measurement.at_least, measurement.at_most)
    if start is None or target is None or start == target:
        return None
    return TargetRange(at_least=target) if target > start else TargetRange(at_most=target)


def by_day(issue: Issue, field_id: str, zone: tzinfo) -> dict[date, Fraction]:
    """The last reading of each local day that has a value; a field that never changed has held its value since the creation."""
    readings = issue.readings.get(field_id, ())
    known = sorted(
        ((one.at, one.value) for one in readings if one.value is not None), key=lambda reading: reading[0]
    )
    if not readings:
        held = number_in(issue.fields.get(field_id))
        known = [] if held is None else [(issue.created, held)]
    return {at.astimezone(zone).date(): value for at, value in known}
