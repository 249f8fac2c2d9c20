"""Compares datetimes and calendar days with the instants JQL names."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from mappings.facts.issue import Issue
from mappings.facts.moment import Moment
from mappings.jql.compilation import Compilation, Verdict, never
from mappings.jql.dates import Instant, literal_instant, remember_instant
from mappings.jql.functions.functions import call_instant
from mappings.jql.text.tree import FunctionCall, JqlValue

TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
MINUTE = timedelta(minutes=1)


def instant(compilation: Compilation, operand: JqlValue | FunctionCall) -> Instant | None:
    """The instant an operand stands for, computed once a moment; None, with a finding, where it is none."""
    found = (
        literal_instant(compilation, operand)
        if isinstance(operand, JqlValue)
        else call_instant(compilation, operand)
    )
    return remember_instant(found) if found else None


def datetimes_compare(
    read: Callable[[Issue], datetime | None],
) -> Callable[[Compilation, str, JqlValue | FunctionCall], Verdict]:
    """`created >= -2w`: exact instants."""

    def compare(compilation: Compilation, sign: str, operand: JqlValue | FunctionCall) -> Verdict:
        at = instant(compilation, operand)
        if at is None:
            return never
        test = TESTS[sign]

        def verdict(issue: Issue, moment: Moment) -> bool:
            value = read(issue)
            return value is not None and test(value, at(moment))

        return verdict

    return compare


def datetimes_among(
    read: Callable[[Issue], datetime | None],
) -> Callable[[Compilation, Sequence[JqlValue | FunctionCall]], Verdict]:
    """`created = "2026-10-01 12:30"`: within that minute, for literals know no seconds."""

    def among(compilation: Compilation, operands: Sequence[JqlValue | FunctionCall]) -> Verdict:
        instants = [found for operand in operands if (found := instant(compilation, operand))]

        def verdict(issue: Issue, moment: Moment) -> bool:
            value = read(issue)
            if value is None:
                return False
            for at in instants:
                begin = at(moment).replace(second=0, microsecond=0)
                if begin <= value < begin + MINUTE:
                    return True
            return False

        return verdict

    return among


def days_compare(
    read: Callable[[Issue], date | None],
) -> Callable[[Compilation, str, JqlValue | FunctionCall], Verdict]:
    """`due <= endOfMonth()`: the calendar day of the instant in the caller's zone."""

    def compare(compilation: Compilation, sign: str, operand: JqlValue | FunctionCall) -> Verdict:
        at = instant(compilation, operand)
        if at is None:
            return never
        test = TESTS[sign]

        def verdict(issue: Issue, moment: Moment) -> bool:
            value = read(issue)
            return value is not None and test(value, at(moment).astimezone(moment.zone).date())

        return verdict

    return compare


def days_among(
    read: Callable[[Issue], date | None],
) -> Callable[[Compilation, Sequence[JqlValue | FunctionCall]], Verdict]:
    """`due = "2026-10-01"`."""

    def among(compilation: Compilation, operands: Sequence[JqlValue | FunctionCall]) -> Verdict:
        instants = [found for operand in operands if (found := instant(compilation, operand))]

        def verdict(issue: Issue, moment: Moment) -> bool:
            value = read(issue)
            return value is not None and any(
                value == at(moment).astimezone(moment.zone).date() for at in instants
            )

        return verdict

    return among
