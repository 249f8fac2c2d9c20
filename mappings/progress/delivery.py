"""`delivery`: weight × fraction over the rows of a key result, or rows done ÷ a fixed count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from mappings.diagnostic import Severity
from mappings.facts.issue import Issue
from mappings.forecast import rows as forecast_rows
from mappings.forecast.answer import Forecast
from mappings.forecast.prospect import Prospect
from mappings.numbers import first_filled, plain
from mappings.progress.operands import field_id
from mappings.progress.options import MOST_WEIGHTS, FieldAlias, Number, RuleOptions
from mappings.progress.rule import (
    Doubt,
    MeasuredSubject,
    OptionFinding,
    ProgressRule,
    measurement_of,
    unknown,
)
from mappings.rollup.rows.children import count_of_children, mean_of_children, weighed_children
from mappings.rollup.rows.ledger import Contribution, Disposition, Ledger
from mappings.rollup.rows.rows import DeliveryRow, rows_of
from mappings.rollup.rows.weights import COUNTING, ONE, ZERO, AlikeRows, WeighedRow, no_weight
from mappings.rollup.state import Measurement

ESTIMATE_FIELD = "timeoriginalestimate"
ESTIMATE = {"time_estimate": ESTIMATE_FIELD}
WEIGHT_WORDS = {"equal": None, **ESTIMATE}
"""Words that may stand for the alias of a weight, with the field that each is read from."""
SECONDS = frozenset({ESTIMATE_FIELD, "timeestimate", "timespent", "aggregatetimeoriginalestimate"})
"""Fields of Jira itself whose numbers are seconds."""


RowWeight = (
    Annotated[str, FieldAlias(words=WEIGHT_WORDS, meaning="weight of the issues")]
    | Annotated[
        tuple[Annotated[str, FieldAlias(words=ESTIMATE, meaning="weight of the issues")], ...],
        Field(min_length=1, max_length=MOST_WEIGHTS),
    ]
)
"""What each row weighs: a field alias, a word that may stand for one, or several fields of which the first that is filled counts."""
MissingWeight = Literal["siblings_mean", "zero", "one", "error"]
"""What a row without a weight weighs."""


class DeliveryOptions(RuleOptions):
    """`weight` is a field alias, `equal` or `time_estimate`, or several fields of which the first that is filled counts.

    `count_to` counts done rows towards a fixed number.
    """

    kind: Literal["delivery"]
    weight: RowWeight = "equal"
    missing: MissingWeight = "siblings_mean"
    count_to: Annotated[
        Annotated[Number, Field(gt=0)] | None,
        Field(description="Counts issues that are done towards a fixed number."),
    ] = None


class RowShare(NamedTuple):
    """What all rows of one key have in common: what they weigh, and the share each of them has in the number."""

    weighed: WeighedRow
    share: Fraction


Key = tuple[int, int, int, int]
"""Identities of disposition, fraction and weight, and the divisor: rows with one key are alike in the sum."""


class RowGroups:
    """Rows grouped by what decides about their shares, so that sums run over a few groups instead of all rows."""

    __slots__ = ("groups", "keys", "rows")

    def __init__(
        self, rows: Sequence[DeliveryRow], weights: Sequence[Fraction | None], divisors: Mapping[str, int]
    ):
        self.rows = rows
        self.keys: list[Key] = [
            (id(row[1]), id(row[3]), id(weight), divisors.get(row[0].id, 1) if divisors else 1)
            for row, weight in zip(rows, weights, strict=True)
        ]
        alike = dict(zip(self.keys, zip(rows, weights, strict=True), strict=True))
        numbers = Counter(self.keys)
        self.groups = {
            key: AlikeRows(row[1], weight, row[3], numbers[key]) for key, (row, weight) in alike.items()
        }

    def weighed(self, missing: str) -> dict[Key, WeighedRow]:
        """What the rows of each key weigh; those shared among several key results their part of it."""
        divisors = [key[3] for key in self.groups]
        found = weighed_children(list(self.groups.values()), divisors, missing)
        return dict(zip(self.groups, found, strict=True))


def measure(options: DeliveryOptions, subject: MeasuredSubject) -> Measurement:
    """The weighted mean of the rows, or how many of them are done."""
    rows, weights = _with_weights(options, subject, rows_of(subject))
    tally = RowGroups(rows, weights, subject.divisors)
    weighed = tally.weighed(options.missing)
    if options.count_to is not None:
        aim = Fraction(options.count_to) - subject.done_before
        if aim <= 0:
            done = f"{subject.done_before} of {plain(Fraction(options.count_to))} were done before"
            why = f"{done} it was carried here: it needs a new number to count to"
            return unknown(why, ledger=_ledger(subject, tally, weighed, {}, None))
        return _counted(aim, subject, tally, weighed)
    found = mean_of_children(
        list(tally.groups.values()), list(weighed.values()), shares=subject.assessment.ledgers
    )
    shares = dict(zip(tally.groups, found.shares, strict=True))
    ledger = _ledger(subject, tally, weighed, shares, found.total)
    if found.total is None:
        return unknown(_why_not(tally, weighed), ledger=ledger)
    number = sum(tally.groups[key].number for key, item in weighed.items() if item.disposition in COUNTING)
    return measurement_of(found.total, f"{_issues(number)} of {len(rows)} count", ledger=ledger)


def _with_weights(
    options: DeliveryOptions, subject: MeasuredSubject, rows: Sequence[DeliveryRow]
) -> tuple[Sequence[DeliveryRow], Sequence[Fraction | None]]:
    """The rows and what they weigh by their fields; all 1 where they weigh the same. A weight that is no number makes its row unknown."""
    ids = _weight_fields(options, subject)
    if not ids:
        return rows, [ONE] * len(rows)
    read, found, weights = subject.assessment.numbers.read, [], []
    for row in rows:
        raw = first_filled(row.issue.fields, ids)
        weight = None if raw is None else read(raw)
        broken = weight is None and raw is not None and row.disposition in COUNTING
        found.append(row._replace(disposition=Disposition.UNKNOWN, reason=no_weight(raw)) if broken else row)
        weights.append(weight)
    return found, weights


def _weights(options: DeliveryOptions) -> tuple[str, ...]:
    """What the weights are read from, in the order in which it is looked at; empty where the rows weigh the same."""
    weight = options.weight
    return () if weight == "equal" else (weight,) if isinstance(weight, str) else weight


def _weight_fields(options: DeliveryOptions, subject: MeasuredSubject) -> tuple[str, ...]:
    """Ids of the fields that may hold the weight, in the order in which they are looked at."""
    found = (ESTIMATE.get(alias) or field_id(subject, alias) for alias in _weights(options))
    return tuple(id_ for id_ in found if id_ is not None)


def _counted(
    aim: Fraction, subject: MeasuredSubject, tally: RowGroups, weighed: Mapping[Key, WeighedRow]
) -> Measurement:
    """Rows done ÷ the aim; unknown where none can be counted, though some are there."""
    counting = any(item.disposition in COUNTING for item in weighed.values())
    if not counting and any(item.disposition is not Disposition.EXCLUDED for item in weighed.values()):
        return unknown(_why_not(tally, weighed), ledger=_ledger(subject, tally, weighed, {}, None, aim))
    found = count_of_children(list(tally.groups.values()), list(weighed.values()), aim)
    shares = dict(zip(tally.groups, found.shares, strict=True))
    ledger = _ledger(subject, tally, weighed, shares, found.total, aim)
    return measurement_of(
        found.raw or ZERO, f"{_issues(found.done)} done of the {plain(aim)} aimed at", ledger=ledger
    )


def _issues(number: Fraction | int) -> str:
    return "1 issue" if number == 1 else f"{plain(Fraction(number))} issues"


def _why_not(tally: RowGroups, weighed: Mapping[Key, WeighedRow]) -> str:
    found: Counter[Disposition] = Counter()
    for key, item in weighed.items():
        found[item.disposition] += tally.groups[key].number
    if not found:
        return "no issue is selected"
    if set(found) == {Disposition.WEIGHTLESS}:
        return "the weights of all its issues are 0"
    parts = (f"{number} {disposition.replace('_', ' ')}" for disposition, number in sorted(found.items()))
    return f"no selected issue can be counted: {', '.join(parts)}"


def _ledger(
    subject: MeasuredSubject,
    tally: RowGroups,
    weighed: Mapping[Key, WeighedRow],
    shares: Mapping[Key, Fraction],
    total: Fraction | None,
    aim: Fraction | None = None,
) -> Ledger:
    if not subject.assessment.ledgers:
        return Ledger((), total, aim)
    parts = {key: RowShare(item, shares.get(key, ZERO)) for key, item in weighed.items()}
    return Ledger(tuple(map(_contribution, tally.rows, map(parts.__getitem__, tally.keys))), total, aim)


def _contribution(row: DeliveryRow, part: RowShare) -> Contribution:
    (issue, _, reason, fraction, by_status), (weighed, share) = row, part
    disposition, weight, note, stand_in, divisor = weighed
    note = "; ".join(part for part in (note, issue.unusable) if part) if issue.unknowns else note
    return Contribution(
        id=issue.id,
        key=issue.key,
        title=issue.summary,
        disposition=disposition,
        reason=f"{reason}; {note}" if note else reason,
        weight=weight,
        progress=fraction,
        share=share,
        status=issue.status.name,
        stand_in=stand_in,
        divisor=divisor,
        by_status=by_status,
    )


def check(options: DeliveryOptions) -> Iterable[OptionFinding]:
    """A count takes no weights."""
    if options.count_to is not None and options.weight != "equal":
        message = f"count_to counts issues, so the weight {' or '.join(_weights(options))} decides only which are dropped"
        yield OptionFinding(
            code="weight-not-used",
            message=message,
            remedy="leave weight out, or leave count_to out",
            option=("weight",),
            severity=Severity.WARNING,
        )


def doubt(options: DeliveryOptions, ids: Sequence[str], issue: Issue) -> Doubt | None:
    """A missing weight of 1 beside weights in seconds."""
    if options.missing != "one" or options.count_to is not None:
        return None
    if not SECONDS.intersection(ids) or first_filled(issue.fields, ids) is not None:
        return None
    remedy = (
        "write `missing: siblings_mean`, or zero, so that an hour of work does not weigh 3600 times as much"
    )
    return Doubt(
        code="one-beside-seconds",
        message="no estimate, so a weight of 1 beside seconds",
        remedy=remedy,
        option="missing",
        value="one",
    )


def forecast(options: DeliveryOptions, prospect: Prospect) -> Forecast:
    """By the weeks of its own rows; a fixed number of them where they are counted to one."""
    if options.count_to is None:
        return forecast_rows.forecast(prospect, None)
    return forecast_rows.forecast(
        prospect, prospect.key_result.measurement.ledger.aim or Fraction(options.count_to)
    )


RULE = ProgressRule(
    kind="delivery",
    label="Delivery",
    options=DeliveryOptions,
    nature="delivery",
    measure=measure,
    check=check,
    by_rows=True,
    doubt=doubt,
    forecast=forecast,
)
