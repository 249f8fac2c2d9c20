"""Contradictions inside the options of one progress rule, as far as they are written as numbers. Measures nothing."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from mappings.diagnostic import Severity
from mappings.document.codes import Code
from mappings.document.places import Path
from mappings.document.report import Report


class Fault(NamedTuple):
    """One contradiction: which option, what is wrong, what to do."""

    code: str
    option: str
    message: str
    remedy: str
    severity: Severity = Severity.ERROR


def check_progress(options: Any, path: Path, report: Report) -> None:
    """Reports the contradictions of one rule: ours by kind, and those that the rule's own file may name by `check(options)`."""
    for fault in CHECKS.get(options.kind, _nothing)(options):
        inner = (*path, *fault.option.split(".")) if fault.option else path
        value = _shown(options, fault.option)
        report.add(
            fault.code, fault.message, inner, value=value, remedy=fault.remedy, severity=fault.severity
        )
    own = getattr(importlib.import_module(type(options).__module__), "check", None)
    for code, message, remedy in own(options) if own else ():
        report.add(code, message, path, remedy=remedy)


def check_band(at_least: Any, at_most: Any) -> Iterator[Fault]:
    """A band needs a bound, and its bounds in order."""
    if at_least is None and at_most is None:
        yield Fault(
            Code.BAND_WITHOUT_BOUND, "", "a band needs a bound", "write `at_least`, `at_most` or both"
        )
    elif _numbers(at_least, at_most) and at_least > at_most:
        message = f"no number is at least {at_least} and at most {at_most}"
        yield Fault(Code.INVERTED_BAND, "at_least", message, "exchange the two bounds")


def _nothing(_options: Any) -> Iterator[Fault]:
    return iter(())


def _transition(options: Any) -> Iterator[Fault]:
    if _numbers(options.start, options.target) and options.start == options.target:
        yield _same(options.target)


def _same(value: Decimal) -> Fault:
    message = f"start and target are both {value}: there is no way to go"
    return Fault(Code.START_EQUALS_TARGET, "target", message, "write the target that is to be reached")


def _directed(options: Any, sign: int) -> Iterator[Fault]:
    if (options.by is None) == (options.target is None):
        message = f"`{options.kind}` needs exactly one of `target` and `by`"
        yield Fault(Code.BY_OR_TARGET, "", message, "keep one of them")
    if _numbers(options.start, options.target):
        way = (options.target - options.start) * sign
        if way == 0:
            yield _same(options.target)
        elif way < 0:
            message = f"`{options.kind}` from {options.start} to {options.target} goes the other way"
            other = "decrease" if options.kind == "increase" else "increase"
            yield Fault(
                Code.WRONG_DIRECTION, "target", message, f"correct the numbers, or write `kind: {other}`"
            )
    if options.by is not None:
        yield from _step(options)


def _step(options: Any) -> Iterator[Fault]:
    by = options.by
    if (by.amount is None) == (by.percent is None):
        message = "`by` needs exactly one of `amount` and `percent`"
        yield Fault(Code.AMOUNT_OR_PERCENT, "by", message, "keep one of them")
    for name in ("amount", "percent"):
        value = getattr(by, name)
        if _numbers(value) and value <= 0:
            message = f"`by` says how far, `{options.kind}` says which way: {value} is not above 0"
            yield Fault(Code.WRONG_DIRECTION, f"by.{name}", message, "write a number above 0")
    if by.percent is not None and _numbers(options.start) and options.start == 0:
        message = "a percentage of a start of 0 is 0: start and target would be the same"
        yield Fault(Code.PERCENT_OF_ZERO, "by.percent", message, "write `by: {amount: …}` or `target`")


def _increase(options: Any) -> Iterator[Fault]:
    return _directed(options, 1)


def _decrease(options: Any) -> Iterator[Fault]:
    return _directed(options, -1)


def _threshold(options: Any) -> Iterator[Fault]:
    yield from check_band(options.at_least, options.at_most)
    if options.score == "time_in_band":
        yield from _idle(options, ("tolerance", "start"), "with `score: time_in_band`")
        return
    if _numbers(options.tolerance) and options.tolerance <= 0:
        message = f"a tolerance of {options.tolerance} leaves nothing between 1 and 0"
        yield Fault(Code.TOLERANCE_NOT_POSITIVE, "tolerance", message, "write a number above 0")
    elif options.tolerance is None and _default_tolerance(options) == 0:
        message = "the tolerance is not written, and its default would be 0 here"
        yield Fault(
            Code.TOLERANCE_MISSING, "", message, "write `tolerance:`, the distance at which progress is 0"
        )
    if options.at_least is not None and options.at_most is not None:
        yield from _idle(options, ("start",), "where the band has two bounds")


def _default_tolerance(options: Any) -> Decimal | None:
    """The default where it can be known from the document alone."""
    low, high = options.at_least, options.at_most
    if low is not None and high is not None:
        return high - low if _numbers(low, high) else None
    bound = low if low is not None else high
    if options.start is not None:
        return abs(options.start - bound) if _numbers(options.start, bound) else None
    return abs(bound) if _numbers(bound) else None


def _baseline(options: Any) -> Iterator[Fault]:
    if (options.start is None) != (options.target is None):
        message = "a baseline becomes a transition only when both `start` and `target` are there"
        yield Fault(Code.HALF_TRANSITION, "", message, "write both, or none of them", Severity.WARNING)
    yield from _transition(options)


def _delivery(options: Any) -> Iterator[Fault]:
    if options.count_to is not None:
        yield from _idle(options, ("weight", "missing"), "with `count_to`, which counts issues")
    elif options.weight == "equal":
        yield from _idle(options, ("missing",), "where all weights are equal")


def _idle(options: Any, names: tuple[str, ...], why: str) -> Iterator[Fault]:
    for name in names:
        if name in options.model_fields_set and getattr(options, name) not in (None, "equal"):
            yield Fault(
                Code.OPTION_WITHOUT_EFFECT,
                name,
                f"`{name}` has no effect {why}",
                "remove it",
                Severity.WARNING,
            )


def _numbers(*values: object) -> bool:
    return all(isinstance(value, Decimal) for value in values)


def _shown(options: Any, option: str) -> object:
    value = options
    for name in option.split(".") if option else ():
        value = getattr(value, name)
    return value if option else None


CHECKS: Mapping[str, Callable[[Any], Iterator[Fault]]] = {
    "transition": _transition,
    "increase": _increase,
    "decrease": _decrease,
    "threshold": _threshold,
    "baseline": _baseline,
    "delivery": _delivery,
}
