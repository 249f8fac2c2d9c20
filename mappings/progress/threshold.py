"""`threshold`: inside a band (bounds inclusive) is 1, outside falls off over a tolerance; or the share of time in the band."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field

from mappings.facts.issue import HISTORY, Issue
from mappings.forecast import readings
from mappings.forecast.answer import Forecast, none
from mappings.forecast.prospect import Prospect
from mappings.numbers import plain
from mappings.progress.metric import no_single_issue
from mappings.progress.operands import (
    OperandValue,
    field_id,
    literal,
    operand_name,
    read_at,
    source_of,
    value_of,
)
from mappings.progress.options import Operand, ReadingOperand, RuleOptions, reading_alias
from mappings.progress.rule import (
    MeasuredSubject,
    OptionFinding,
    ProgressRule,
    SeenValues,
    clamp,
    measurement_of,
    never_measured,
    unknown,
)
from mappings.rollup.health import HealthCriteria, by_level, judge_achieved, judge_unmeasured, stale
from mappings.rollup.state import Health, Measurement

NO_BOUND = "neither at_least nor at_most is written"


class ThresholdOptions(RuleOptions):
    """`at_least`, `at_most` or both; `tolerance` must be written where its default would be 0."""

    kind: Literal["threshold"]
    current: ReadingOperand
    at_least: Operand | None = None
    at_most: Operand | None = None
    start: Operand | None = None
    tolerance: Annotated[
        Operand | None, Field(description="The distance from the band at which progress is 0.")
    ] = None
    score: Annotated[
        Literal["distance", "time_in_band"],
        Field(description="distance from the band, or the share of time spent in it."),
    ] = "distance"


@dataclass(frozen=True, slots=True)
class HealthyBand:
    """The healthy values, bounds inclusive; a missing bound is open."""

    low: Fraction | None
    high: Fraction | None

    def distance(self, value: Fraction) -> Fraction:
        """How far outside a value lies; 0 inside."""
        below = self.low - value if self.low is not None else Fraction(0)
        above = value - self.high if self.high is not None else Fraction(0)
        return max(below, above, Fraction(0))

    def __str__(self) -> str:
        low = f"at least {plain(self.low)}" if self.low is not None else ""
        high = f"at most {plain(self.high)}" if self.high is not None else ""
        return " and ".join(part for part in (low, high) if part)


def measure(options: ThresholdOptions, subject: MeasuredSubject) -> Measurement:
    """How well a value keeps to its band."""
    problem = no_single_issue(subject)
    if problem is not None:
        return problem
    band = _band(options, subject)
    if isinstance(band, str):
        return unknown(band, current=value_of(subject, options.current, "current").number)
    if options.score == "time_in_band":
        return _over_time(options, subject, band)
    return _by_distance(options, subject, band)


def _band(options: ThresholdOptions, subject: MeasuredSubject) -> HealthyBand | str:
    low, high = _bound(subject, options.at_least, "at_least"), _bound(subject, options.at_most, "at_most")
    if low is None and high is None:
        return NO_BOUND
    for bound in (low, high):
        if bound is not None and bound.number is None:
            return bound.problem
    band = HealthyBand(low.number if low else None, high.number if high else None)
    return empty_band(band) or band


def _bound(subject: MeasuredSubject, operand: Operand | None, role: str) -> OperandValue | None:
    return None if operand is None else value_of(subject, operand, role)


def empty_band(band: HealthyBand) -> str:
    """The sentence for a band no value can be in, or an empty string."""
    if band.low is not None and band.high is not None and band.low > band.high:
        return f"no value is {band}"
    return ""


def _by_distance(options: ThresholdOptions, subject: MeasuredSubject, band: HealthyBand) -> Measurement:
    tolerance = _tolerance(options, subject, band)
    current = value_of(subject, options.current, "current")
    seen: SeenValues = {
        "current": current.number,
        "at_least": band.low,
        "at_most": band.high,
        "tolerance": tolerance.number,
    }
    if tolerance.number is None:
        return unknown(tolerance.problem, **seen)
    if current.number is None:
        return never_measured(current.problem, **seen) if current.empty else unknown(current.problem, **seen)
    raw = 1 - band.distance(current.number) / tolerance.number
    reason = f"{plain(current.number)}, meant to be {band} (tolerance {plain(tolerance.number)}){source_of(subject, options.current)}"
    seen["measured_at"] = read_at(subject, options.current)
    return measurement_of(raw, reason, **seen)


def at_reading(measurement: Measurement, current: Fraction) -> Fraction | None:
    """How well another value would keep to the same band; None where the time decides."""
    band, tolerance = HealthyBand(measurement.at_least, measurement.at_most), measurement.tolerance
    if measurement.clocked or tolerance is None:
        return None
    return clamp(1 - band.distance(current) / tolerance)


def _tolerance(options: ThresholdOptions, subject: MeasuredSubject, band: HealthyBand) -> OperandValue:
    start = _bound(subject, options.start, "start")
    written = _bound(subject, options.tolerance, "tolerance")
    if written is None and start is not None and start.number is None and one_bound(band) is not None:
        return start
    found = written or OperandValue(default_tolerance(band, start.number if start else None))
    if found.number is not None and found.number <= 0:
        return OperandValue(None, f"the tolerance is {plain(found.number)}: write one above 0")
    return found


def one_bound(band: HealthyBand) -> Fraction | None:
    """The only bound of a half-open band, else None."""
    if band.low is not None and band.high is not None:
        return None
    return band.low if band.low is not None else band.high


def default_tolerance(band: HealthyBand, start: Fraction | None) -> Fraction:
    """The width of the band; for one bound its distance from the start, else the bound itself."""
    if band.low is not None and band.high is not None:
        return band.high - band.low
    bound = one_bound(band) or Fraction(0)
    return abs(bound) if start is None else abs(start - bound)


def _over_time(options: ThresholdOptions, subject: MeasuredSubject, band: HealthyBand) -> Measurement:
    issue = subject.issue
    if issue is not None and _is_lost(options, subject, issue):
        return unknown(f"{operand_name(options.current)}: {issue.unknowns[HISTORY]}")
    history = _history(options, subject, issue) if issue is not None else []
    now = subject.assessment.moment.now
    history = [(at, value) for at, value in history if at <= now]
    seen: SeenValues = {"at_least": band.low, "at_most": band.high, "clocked": True}
    if not history:
        return never_measured(f"{operand_name(options.current)} has no reading", **seen)
    raw = _share_inside(history, now, band)
    reason = f"the share of the time since {history[0][0]:%Y-%m-%d} in which the value was {band}"
    seen["current"], seen["measured_at"] = history[-1][1], read_at(subject, options.current)
    return measurement_of(raw, reason, **seen)


def _is_lost(options: ThresholdOptions, subject: MeasuredSubject, issue: Issue) -> bool:
    return HISTORY in issue.unknowns and field_id(subject, options.current) not in issue.readings


def _history(
    options: ThresholdOptions, subject: MeasuredSubject, issue: Issue
) -> list[tuple[datetime, Fraction]]:
    readings = issue.readings.get(field_id(subject, options.current) or "", ())
    known = [(reading.at, reading.value) for reading in readings if reading.value is not None]
    if known:
        return sorted(known, key=lambda reading: reading[0])
    current = value_of(subject, options.current, "current")
    return [(issue.created, current.number)] if current.number is not None else []


def _share_inside(history: list[tuple[datetime, Fraction]], now: datetime, band: HealthyBand) -> Fraction:
    ends = [at for at, _ in history[1:]] + [now]
    whole = now - history[0][0]
    if not whole:
        return Fraction(int(band.distance(history[-1][1]) == 0))
    spans = zip(history, ends, strict=True)
    inside = sum((end - at for (at, value), end in spans if band.distance(value) == 0), timedelta())
    second = timedelta(microseconds=1)
    return Fraction(inside // second, whole // second)


def forecast(options: ThresholdOptions, prospect: Prospect) -> Forecast:
    """Whether the line through its readings lies in the band on the last day; a share of time follows from no single day."""
    if options.score == "time_in_band":
        return none("no forecast for a share of the time: no single day decides it")
    return readings.forecast(prospect, reading_alias(options) or "")


def health(measurement: Measurement, standing: HealthCriteria) -> Health:
    """Read by its progress alone, and achieved only once the cycle has ended."""
    final = judge_achieved(measurement, standing) if standing.ended else None
    waiting = final or judge_unmeasured(measurement) or stale(measurement, standing)
    return waiting or by_level(measurement.progress or Fraction(0), standing)


def check(options: ThresholdOptions) -> Iterable[OptionFinding]:
    """At least one bound, in order, and a tolerance that is not 0."""
    if options.at_least is None and options.at_most is None:
        yield OptionFinding("no-bound", NO_BOUND, "write at_least, at_most or both")
        return
    band = HealthyBand(literal(options.at_least), literal(options.at_most))
    if empty_band(band):
        yield OptionFinding("empty-band", empty_band(band), "swap at_least and at_most")
    yield from _check_tolerance(options, band)


def _check_tolerance(options: ThresholdOptions, band: HealthyBand) -> Iterable[OptionFinding]:
    if options.score == "time_in_band":
        return
    written = literal(options.tolerance)
    if written is not None and written <= 0:
        yield OptionFinding(
            "tolerance-zero", f"tolerance is {plain(written)}", "write a tolerance above 0", ("tolerance",)
        )
    all_written = all(
        operand is None or literal(operand) is not None
        for operand in (options.at_least, options.at_most, options.start)
    )
    if options.tolerance is None and all_written and default_tolerance(band, literal(options.start)) == 0:
        message = f"the default tolerance of a band of {band} is 0"
        yield OptionFinding("tolerance-zero", message, "write tolerance: the distance at which progress is 0")


RULE = ProgressRule(
    kind="threshold",
    label="Stay within",
    options=ThresholdOptions,
    nature="outcome",
    measure=measure,
    judge=health,
    check=check,
    at_reading=at_reading,
    timed=False,
    forecast=forecast,
)
