"""`increase`: a transition that may only go up, to a target or by an amount or percentage of the start."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from mappings.progress.metric import at_reading, check_one_way, forecast, one_way, onward
from mappings.progress.options import Operand, ReadingOperand, RuleOptions, Way
from mappings.progress.rule import MeasuredSubject, OptionFinding, ProgressRule
from mappings.rollup.state import Measurement

SIGN = 1


class IncreaseOptions(RuleOptions):
    """Exactly one of `target` (alias or number) and `by` (`{amount: n}` or `{percent: n}` of the start)."""

    kind: Literal["increase"]
    start: Operand
    current: ReadingOperand
    target: Operand | None = None
    by: Way = None


def measure(options: IncreaseOptions, subject: MeasuredSubject) -> Measurement:
    """A transition; a target on the wrong side of the start is unknown, with the reason."""
    return one_way(subject, options.start, options.current, options.target, options.by, SIGN)


def check(options: IncreaseOptions) -> Iterable[OptionFinding]:
    """One of target and by, in the right direction."""
    return check_one_way(options.start, options.target, options.by, SIGN)


RULE = ProgressRule(
    kind="increase",
    label="Increase",
    options=IncreaseOptions,
    nature="outcome",
    measure=measure,
    check=check,
    at_reading=at_reading,
    forecast=forecast,
    onward=onward,
)
