"""`transition`: (current − start) ÷ (target − start), in either direction."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from mappings.progress.metric import along, at_reading, forecast, no_single_issue, onward, start_is_target
from mappings.progress.operands import literal, value_of
from mappings.progress.options import Operand, ReadingOperand, RuleOptions
from mappings.progress.rule import MeasuredSubject, OptionFinding, ProgressRule
from mappings.rollup.state import Measurement


class TransitionOptions(RuleOptions):
    """`start` and `target` are field aliases or numbers; `current` is a field alias."""

    kind: Literal["transition"]
    start: Operand
    current: ReadingOperand
    target: Operand


def measure(options: TransitionOptions, subject: MeasuredSubject) -> Measurement:
    """How far the current value is on its way from start to target."""
    start, target = value_of(subject, options.start, "start"), value_of(subject, options.target, "target")
    return no_single_issue(subject) or along(subject, start, options.current, target)


def check(options: TransitionOptions) -> Iterable[OptionFinding]:
    """Start and target must differ."""
    start, target = literal(options.start), literal(options.target)
    if start is not None and start == target:
        yield start_is_target(start)


RULE = ProgressRule(
    kind="transition",
    label="From start to target",
    options=TransitionOptions,
    nature="outcome",
    measure=measure,
    check=check,
    at_reading=at_reading,
    forecast=forecast,
    onward=onward,
)
