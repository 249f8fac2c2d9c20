"""`baseline`: 0 until a reading exists, then 1; a transition only once someone has set both start and target."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Literal

from mappings.progress.metric import along, no_single_issue, start_is_target
from mappings.progress.metric import at_reading as along_the_way
from mappings.progress.operands import OperandValue, literal, read_at, value_of
from mappings.progress.options import Operand, ReadingOperand, RuleOptions
from mappings.progress.rule import (
    MeasuredSubject,
    OptionFinding,
    ProgressRule,
    SeenValues,
    measurement_of,
    unknown,
)
from mappings.rollup.health import HealthCriteria, judge
from mappings.rollup.state import Cause, Health, HealthLevel, Measurement


class BaselineOptions(RuleOptions):
    """`current` is the field whose first reading establishes the baseline; `start` and `target` turn it into a transition."""

    kind: Literal["baseline"]
    current: ReadingOperand
    start: Operand | None = None
    target: Operand | None = None


def measure(options: BaselineOptions, subject: MeasuredSubject) -> Measurement:
    """1 as soon as there is a reading; with start and target both set, a transition."""
    problem = no_single_issue(subject)
    if problem is not None:
        return problem
    start, target = _optional(subject, options.start, "start"), _optional(subject, options.target, "target")
    if start.number is not None and target.number is not None:
        return along(subject, start, options.current, target)
    current = value_of(subject, options.current, "current")
    if current.number is not None:
        seen: SeenValues = {"current": current.number, "measured_at": read_at(subject, options.current)}
        return measurement_of(Fraction(1), "the baseline is established", **seen)
    if not current.empty:
        return unknown(current.problem)
    return Measurement(Fraction(0), Fraction(0), Cause.NEVER_MEASURED, "no reading yet: nothing established")


def _optional(subject: MeasuredSubject, operand: Operand | None, role: str) -> OperandValue:
    return OperandValue(None, f"{role} is not set") if operand is None else value_of(subject, operand, role)


def health(measurement: Measurement, standing: HealthCriteria) -> Health:
    """Pending, then achieved, whatever the day; a baseline that has become a transition is judged as one."""
    if measurement.target is None and measurement.cause is Cause.NEVER_MEASURED:
        return Health(HealthLevel.PENDING, "baseline-pending", measurement.reason)
    return judge(measurement, standing)


def check(options: BaselineOptions) -> Iterable[OptionFinding]:
    """Start and target come together and differ."""
    if (options.start is None) != (options.target is None):
        message = "start and target only work together"
        written = "start" if options.start is not None else "target"
        yield OptionFinding("start-and-target", message, "write both, or neither", (written,))
    start, target = literal(options.start), literal(options.target)
    if start is not None and start == target:
        yield start_is_target(start)


def at_reading(measurement: Measurement, current: Fraction) -> Fraction | None:
    """Established by any reading; once it is a transition, on the way from start to target."""
    return Fraction(1) if measurement.target is None else along_the_way(measurement, current)


RULE = ProgressRule(
    kind="baseline",
    label="Establish a baseline",
    options=BaselineOptions,
    nature="outcome",
    measure=measure,
    judge=health,
    check=check,
    at_reading=at_reading,
    timed=False,
)
