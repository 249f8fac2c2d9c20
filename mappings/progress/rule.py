"""What a progress rule is, and what it is given to measure one key result. The rules themselves have a file each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, TypeAlias, TypedDict, TypeVar, Unpack

from mappings.diagnostic import Severity
from mappings.facts.issue import Issue
from mappings.facts.selector import Selector
from mappings.forecast.answer import Forecast
from mappings.forecast.prospect import Prospect, not_forecast
from mappings.progress.options import RuleOptions
from mappings.rollup.health import HealthCriteria, judge
from mappings.rollup.state import Cause, Health, Measurement

if TYPE_CHECKING:  # the mapping's schema imports the rules
    from mappings.rollup.assessment import Assessment
    from mappings.rollup.rows.ledger import Ledger

Options = TypeVar("Options", bound=RuleOptions)


class OptionFinding(NamedTuple):
    """Something wrong with a rule's options as written, for the mapping's diagnostics.

    `option` is the way to the one to point at (`by`, `percent`); empty for all of them together.
    """

    code: str
    message: str
    remedy: str
    option: tuple[str, ...] = ()
    severity: Severity = Severity.ERROR


class Doubt(NamedTuple):
    """What a rule takes at its word and people may not mean, found on a real issue; the issues concerned are told behind the message."""

    code: str
    message: str
    remedy: str
    option: str
    value: str


@dataclass(frozen=True, slots=True)
class MeasuredSubject:
    """One key result to be measured.

    `issue` is the key-result issue, None where issues together are one key result. `selected` are the issues its rule
    selects, in stable order; `elsewhere` says, by issue id, where an issue counts already; `divisors` says, by issue id, among how many key results an
    issue is split. `done_before` are so many rows as were done when it was carried here from an earlier cycle. `conditions` are the JQL options of the rule, compiled.
    """

    assessment: Assessment
    selected: Sequence[Issue]
    issue: Issue | None = None
    top_id: str | None = None
    subtasks: str = "selected"
    conditions: Mapping[str, Selector] = field(default_factory=dict)
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    divisors: Mapping[str, int] = field(default_factory=dict)
    done_before: int = 0


def _nothing_wrong(options: RuleOptions) -> Iterable[OptionFinding]:  # noqa: ARG001
    return ()


def _nothing_doubtful(options: RuleOptions, ids: Sequence[str], issue: Issue) -> Doubt | None:  # noqa: ARG001
    return None


@dataclass(frozen=True, slots=True)
class NextTerms:
    """With what a key result goes on in the next cycle: what its fields are set to (by alias, or id of a field of Jira), and what a person should look at."""

    sets: Mapping[str, Fraction | None] = field(default_factory=dict)
    flags: tuple[str, ...] = ()


def _as_it_is(options: RuleOptions, measurement: Measurement, first: date) -> NextTerms:  # noqa: ARG001
    return NextTerms()


def _cannot_be_told(measurement: Measurement, current: Fraction) -> Fraction | None:  # noqa: ARG001
    return None


@dataclass(frozen=True, slots=True)
class ProgressRule(Generic[Options]):
    """One kind of key result: its options, how it is measured, judged and checked.

    `by_rows` kinds take their progress from the selected issues together (`as: one_key_result` unless said otherwise);
    the others from the fields of one key-result issue. `judge` gives the health; `check` finds what is wrong with
    options whose operands are written out as numbers. Why it moved asks what another reading would have come to under the
    start, target and band of a measurement (`at_reading`; None where that cannot be told), and whether the status of the
    key-result issue decides (`by_status`). `label` is its name on pages. `timed` kinds are expected to grow with the days of
    their cycle. `doubt` says what an issue of a rule makes doubtful, given the ids of the fields that it is read from. `forecast`
    says how likely a key result of the kind is to be reached by the end of its cycle. `onward` says with what it begins in the next
    cycle (which begins on `first`), given what it came to: as it is, unless a kind says otherwise.
    """

    kind: str
    label: str
    options: type[Options]
    nature: Literal["outcome", "delivery"]
    measure: Callable[[Options, MeasuredSubject], Measurement]
    judge: Callable[[Measurement, HealthCriteria], Health] = judge
    check: Callable[[Options], Iterable[OptionFinding]] = _nothing_wrong
    by_rows: bool = False
    at_reading: Callable[[Measurement, Fraction], Fraction | None] = _cannot_be_told
    by_status: bool = False
    timed: bool = True
    doubt: Callable[[Options, Sequence[str], Issue], Doubt | None] = _nothing_doubtful
    forecast: Callable[[Options, Prospect], Forecast] = not_forecast
    onward: Callable[[Options, Measurement, date], NextTerms] = _as_it_is


AnyRule: TypeAlias = ProgressRule[Any]
"""A rule among others: which options it takes is known to itself alone."""


class SeenValues(TypedDict, total=False):
    """What was seen while measuring, by the names of a `Measurement`."""

    start: Fraction | None
    current: Fraction | None
    target: Fraction | None
    measured_at: datetime | None
    due: date | None
    late: bool
    ledger: Ledger
    at_least: Fraction | None
    at_most: Fraction | None
    tolerance: Fraction | None
    clocked: bool
    undated: str


def unknown(reason: str, **seen: Unpack[SeenValues]) -> Measurement:
    """A measurement that cannot be made, and why."""
    return Measurement(None, None, Cause.UNKNOWN, reason, **seen)


def never_measured(reason: str, **seen: Unpack[SeenValues]) -> Measurement:
    """A metric without a reading."""
    return Measurement(None, None, Cause.NEVER_MEASURED, reason, **seen)


def measurement_of(raw: Fraction, reason: str, **seen: Unpack[SeenValues]) -> Measurement:
    """A measurement; progress is the raw value clamped to 0…1."""
    return Measurement(clamp(raw), raw, Cause.MEASURED, reason, **seen)


def clamp(value: Fraction) -> Fraction:
    """Within 0…1."""
    return min(max(value, Fraction(0)), Fraction(1))
