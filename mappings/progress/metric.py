"""From start to target: what transition, increase, decrease and an established baseline have in common."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from fractions import Fraction

from mappings.diagnostic import Severity
from mappings.forecast import readings
from mappings.forecast.answer import Forecast
from mappings.forecast.prospect import Prospect
from mappings.numbers import plain
from mappings.progress.operands import OperandValue, literal, read_at, source_of, value_of
from mappings.progress.options import Operand, ReadingOperand, RuleOptions, TargetDistance, reading_alias
from mappings.progress.rule import (
    MeasuredSubject,
    NextTerms,
    OptionFinding,
    SeenValues,
    clamp,
    measurement_of,
    never_measured,
    unknown,
)
from mappings.rollup.state import Measurement

ONE_ISSUE = "it takes the fields of one issue, and the rule selects {count} for this key result"


def no_single_issue(subject: MeasuredSubject) -> Measurement | None:
    """Unknown where a metric does not stand on exactly one issue."""
    if subject.issue is not None:
        return None
    count = len(subject.selected)
    return unknown("no issue is selected" if count == 0 else ONE_ISSUE.format(count=count))


def along(
    subject: MeasuredSubject, start: OperandValue, current: ReadingOperand, target: OperandValue
) -> Measurement:
    """(current − start) ÷ (target − start), or why not; what is missing beside the current value weighs more."""
    now = value_of(subject, current, "current")
    seen: SeenValues = {"start": start.number, "current": now.number, "target": target.number}
    for value in (start, target):
        if value.number is None:
            return unknown(value.problem, **seen)
    if now.number is None:
        return never_measured(now.problem, **seen) if now.empty else unknown(now.problem, **seen)
    assert start.number is not None  # noqa: S101  both were seen to be there by the loop above
    assert target.number is not None  # noqa: S101
    if start.number == target.number:
        return unknown(f"start and target are both {plain(start.number)}", **seen)
    raw = (now.number - start.number) / (target.number - start.number)
    way = f"{plain(now.number)} on the way from {plain(start.number)} to {plain(target.number)}"
    reason = f"{way}{source_of(subject, current)}"
    seen["measured_at"] = read_at(subject, current)
    return measurement_of(raw, reason, **seen)


def at_reading(measurement: Measurement, current: Fraction) -> Fraction | None:
    """What another current value would have come to on the same way from start to target."""
    start, target = measurement.start, measurement.target
    if start is None or target is None or start == target:
        return None
    return clamp((current - start) / (target - start))


def forecast(options: RuleOptions, prospect: Prospect) -> Forecast:
    """Where the line through its readings leads."""
    return readings.forecast(prospect, reading_alias(options) or "")


def onward(options: RuleOptions, measurement: Measurement, first: date) -> NextTerms:  # noqa: ARG001
    """It begins anew where it stood at the end; the target stays."""
    start, current, target = (getattr(options, "start", None), measurement.current, measurement.target)
    if current is None:
        return NextTerms(flags=("nothing is known of where it stood at the end: its start stays",))
    if getattr(options, "by", None) is not None:
        return NextTerms(flags=("its target is said as a distance from its start: both stay",))
    if not isinstance(start, str) or literal(start) is not None:
        return NextTerms(flags=("its start is a number in the mapping: it stays",))
    reached = target is not None and measurement.progress == 1
    flags = ("it stands at or past its target: it needs a new one",) if reached else ()
    return NextTerms({start: current}, flags)


def one_way(
    subject: MeasuredSubject,
    start: Operand,
    current: ReadingOperand,
    target: Operand | None,
    by: TargetDistance | None,
    sign: int,
) -> Measurement:
    """A transition that may only go up (sign 1) or down (−1)."""
    problem = no_single_issue(subject)
    if problem is not None:
        return problem
    begin = value_of(subject, start, "start")
    end = _end(subject, begin, target, by, sign)
    if begin.number is not None and end.number is not None and (end.number - begin.number) * sign < 0:
        return unknown(wrong_way(begin.number, end.number, sign), start=begin.number, target=end.number)
    return along(subject, begin, current, end)


def wrong_way(start: Fraction, target: Fraction, sign: int) -> str:
    """The sentence for a target on the wrong side of the start."""
    word, side = ("an increase", "below") if sign > 0 else ("a decrease", "above")
    return f"{word} from {plain(start)} to {plain(target)}: the target is {side} the start"


def _end(
    subject: MeasuredSubject,
    start: OperandValue,
    target: Operand | None,
    by: TargetDistance | None,
    sign: int,
) -> OperandValue:
    if (target is None) == (by is None):
        return OperandValue(None, "exactly one of target and by has to be written")
    if target is not None:
        return value_of(subject, target, "target")
    return _stepped(subject, start, by or TargetDistance(), sign)


def _stepped(subject: MeasuredSubject, start: OperandValue, by: TargetDistance, sign: int) -> OperandValue:
    if (by.amount is None) == (by.percent is None):
        return OperandValue(None, "by: exactly one of amount and percent has to be written")
    if start.number is None:
        return start
    if by.amount is not None:
        step = value_of(subject, by.amount, "by.amount")
        return OperandValue(start.number + sign * step.number) if step.number is not None else step
    share = value_of(subject, by.percent or "", "by.percent")
    if share.number is None:
        return share
    if start.number == 0:
        return OperandValue(None, f"{plain(share.number)} % of a start of 0 is no distance")
    return OperandValue(start.number + sign * abs(start.number) * share.number / 100)


def check_one_way(
    start: Operand, target: Operand | None, by: TargetDistance | None, sign: int
) -> Iterable[OptionFinding]:
    """What is wrong with an increase or decrease as written."""
    if (target is None) == (by is None):
        yield OptionFinding("target-or-by", "exactly one of target and by is needed", "keep one of the two")
    if by is not None:
        yield from _check_step(by)
    begin, end = literal(start), literal(target)
    if begin is None or end is None:
        return
    if begin == end:
        yield start_is_target(begin)
    elif (end - begin) * sign < 0:
        other = "decrease" if sign > 0 else "increase"
        yield OptionFinding(
            "wrong-direction", wrong_way(begin, end, sign), f"swap them, or use kind: {other}", ("target",)
        )


def _check_step(by: TargetDistance) -> Iterable[OptionFinding]:
    if (by.amount is None) == (by.percent is None):
        yield OptionFinding(
            "amount-or-percent", "by: exactly one of amount and percent is needed", "keep one", ("by",)
        )
    percent = literal(by.percent)
    if percent is not None and 0 < percent < 1:
        message = f"by.percent is {plain(percent)}, which is less than one percent of the start"
        remedy = f"for a share of {plain(percent)} write {plain(percent * 100)}"
        yield OptionFinding(
            code="share-for-percent",
            message=message,
            remedy=remedy,
            option=("by", "percent"),
            severity=Severity.WARNING,
        )
    for name, operand in (("amount", by.amount), ("percent", by.percent)):
        number = literal(operand)
        if number is not None and number < 0:
            message = f"by.{name} is {plain(number)}: the kind already says the direction"
            remedy = "write it without the minus sign, or use the other kind"
            yield OptionFinding("wrong-direction", message, remedy, ("by", name))
        elif number == 0:
            message = f"by.{name} is 0: start and target are the same"
            yield OptionFinding("start-is-target", message, "write more than 0", ("by", name))


def start_is_target(value: Fraction) -> OptionFinding:
    """The finding for a key result with no way to go."""
    message = f"start and target are both {plain(value)}: there is no progress to measure"
    remedy = "give the target another value, or use kind: threshold to hold it"
    return OptionFinding("start-is-target", message, remedy, ("target",))
