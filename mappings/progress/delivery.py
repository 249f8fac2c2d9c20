"""`delivery`: weight × fraction over the rows of a key result, or rows done ÷ a fixed count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field

from mappings.issue import Issue
from mappings.ledger import Contribution, Disposition, Ledger
from mappings.progress.operands import field_id
from mappings.progress.options import RuleOptions
from mappings.progress.rule import Finding, ProgressRule, Subject, clamped, measured, unknown
from mappings.rollup.mean import weighted_mean
from mappings.rows import Row, rows_of
from mappings.state import Measurement
from mappings.weights import COUNTING, ONE, ZERO, Weighed, weigh

ESTIMATE_FIELD = "timeoriginalestimate"


class DeliveryOptions(RuleOptions):
    """`weight` is a field alias, `equal` or `time_estimate`; `count_to` counts done rows towards a fixed number."""

    kind: Literal["delivery"]
    weight: str = "equal"
    missing: Literal["siblings_mean", "zero", "one", "error"] = "siblings_mean"
    count_to: Annotated[Decimal, Field(gt=0)] | None = None


def measure(options: DeliveryOptions, subject: Subject) -> Measurement:
    """The weighted mean of the rows, or how many of them are done."""
    rows = rows_of(subject)
    weighed = _weighed(options, subject, rows)
    if options.count_to is not None:
        return _counted(Fraction(options.count_to), subject, rows, weighed)
    counting = [
        (item.weight, row.fraction)
        for row, item in zip(rows, weighed, strict=True)
        if item.disposition in COUNTING and item.weight is not None and row.fraction is not None
    ]
    total, shares = weighted_mean(counting)
    ledger = Ledger(_contributions(rows, weighed, shares), total)
    if total is None:
        return unknown(_why_not(weighed), ledger=ledger)
    return measured(total, f"{_issues(len(counting))} of {len(rows)} count", ledger=ledger)


def _weighed(options: DeliveryOptions, subject: Subject, rows: Sequence[Row]) -> list[Weighed]:
    weight_of = _weight_reader(options.weight, subject)
    dispositions = [row.disposition for row in rows]
    if weight_of is None:
        equal = {
            disposition: Weighed(disposition, _one_if_counting(disposition)) for disposition in Disposition
        }
        weighed = [equal[disposition] for disposition in dispositions]
    else:
        weighed = weigh(dispositions, [weight_of(row.issue) for row in rows], options.missing)
    return _split(subject, rows, weighed) if subject.divisors else weighed


def _one_if_counting(disposition: Disposition) -> Fraction | None:
    return ONE if disposition in COUNTING else None


def _weight_reader(name: str, subject: Subject) -> Callable[[Issue], Fraction | None] | None:
    """What reads a row's weight; None where all rows weigh the same."""
    id_ = ESTIMATE_FIELD if name == "time_estimate" else field_id(subject, name)
    if name == "equal" or id_ is None:
        return None
    read, field = subject.assessment.numbers.read, id_
    return lambda issue: read(issue.fields.get(field))


def _split(subject: Subject, rows: Sequence[Row], weighed: Sequence[Weighed]) -> list[Weighed]:
    """Issues that several key results share weigh their part of it in each."""
    found = []
    for row, item in zip(rows, weighed, strict=True):
        divisor = subject.divisors.get(row.issue.id)
        if divisor is None or item.weight is None:
            found.append(item)
        else:
            note = f"split among {divisor} key results"
            found.append(
                Weighed(item.disposition, item.weight / divisor, f"{item.note}; {note}".lstrip("; "))
            )
    return found


def _counted(aim: Fraction, subject: Subject, rows: Sequence[Row], weighed: Sequence[Weighed]) -> Measurement:
    """Rows done ÷ the aim. Over the aim the rows share what is shown, so that they still sum to it."""
    parts = [_part(subject, row, item) for row, item in zip(rows, weighed, strict=True)]
    done = sum((part for part in parts if part is not None), ZERO)
    if rows and all(part is None for part in parts) and not _only_excluded(weighed):
        return unknown(_why_not(weighed), ledger=Ledger(_contributions(rows, weighed, [])))
    raw = done / aim
    scale = clamped(raw) / done if done else ZERO
    shares = [part * scale for part in parts if part is not None]
    ledger = Ledger(_contributions(rows, weighed, shares), clamped(raw))
    return measured(raw, f"{_issues(done)} done of the {aim} aimed at", ledger=ledger)


def _part(subject: Subject, row: Row, item: Weighed) -> Fraction | None:
    if item.disposition not in COUNTING:
        return None
    return Fraction(row.fraction == 1, subject.divisors.get(row.issue.id, 1))


def _only_excluded(weighed: Sequence[Weighed]) -> bool:
    return all(item.disposition is Disposition.EXCLUDED for item in weighed)


def _issues(number: Fraction | int) -> str:
    return f"{number} issue" if number == 1 else f"{number} issues"


def _why_not(weighed: Sequence[Weighed]) -> str:
    if not weighed:
        return "no issue is selected"
    found = Counter(item.disposition for item in weighed)
    if set(found) <= {Disposition.WEIGHTLESS}:
        return "the weights of all its issues are 0"
    parts = (f"{number} {disposition.replace('_', ' ')}" for disposition, number in sorted(found.items()))
    return f"no selected issue can be counted: {', '.join(parts)}"


def _contributions(
    rows: Sequence[Row], weighed: Sequence[Weighed], shares: Iterable[Fraction]
) -> tuple[Contribution, ...]:
    """The ledger's rows; `shares` are those of the counting rows, in order (none where the number is unknown)."""
    following = iter(shares)
    found = []
    for row, (disposition, weight, note) in zip(rows, weighed, strict=True):
        issue, share = row.issue, next(following, ZERO) if disposition in COUNTING else ZERO
        reason = f"{row.reason}; {note}" if note else row.reason
        found.append(
            Contribution(
                issue.id,
                issue.key,
                issue.summary,
                disposition,
                reason,
                weight,
                row.fraction,
                share,
                issue.status.name,
            )
        )
    return tuple(found)


def check(options: DeliveryOptions) -> Iterable[Finding]:
    """A count takes no weights."""
    if options.count_to is not None and options.weight != "equal":
        message = f"count_to counts issues, so the weight {options.weight} decides only which are dropped"
        yield Finding("weight-not-used", message, "leave weight out, or leave count_to out")


RULE = ProgressRule("delivery", DeliveryOptions, "delivery", measure, check=check, by_rows=True)
