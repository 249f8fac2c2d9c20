"""One row of an objective's rollup, before it is weighed: a key result, or an objective that is aligned to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from mappings.document.schema import Weight, WeightPart
from mappings.facts.issue import Issue
from mappings.numbers import exact, first_filled
from mappings.rollup.assessment import Assessment
from mappings.rollup.methods import METHODS, MeasuredRow
from mappings.rollup.rows.ledger import Contribution, Disposition, Ledger
from mappings.rollup.rows.weights import COUNTING, ONE, ZERO, AlikeRows, WeighedRow, no_weight, weigh
from mappings.rollup.state import Cause, Health, HealthLevel, Measurement

if TYPE_CHECKING:
    from mappings.rollup.rows.statuses import StatusReading

BROKEN_WEIGHT = Health(HealthLevel.UNKNOWN, "broken-weight", "its weight cannot be used")


@dataclass(frozen=True, slots=True)
class RowEntry:
    """A row with what it stands at; `weight` None takes the place of its siblings' mean unless `missing` says otherwise.

    `broken` says why its weight cannot be read: the row is unknown then.
    """

    id: str
    key: str
    title: str
    status: str
    disposition: Disposition
    reason: str
    progress: Fraction | None
    health: Health
    weight: Fraction | None = ONE
    missing: str = "siblings_mean"
    divisor: int = 1
    broken: str = ""

    @property
    def name(self) -> str:
        """The key and title as the page shows them."""
        return f"{self.key} {self.title}".strip()


Row = tuple[RowEntry, WeighedRow]
"""An entry, and what it weighs."""


class RequestedWeight(NamedTuple):
    """The weight that a rule asks for, what stands in where it is missing, and why it cannot be read, where it cannot."""

    weight: Fraction | None
    missing: str = "siblings_mean"
    broken: str = ""


def asked_weight(assessment: Assessment, weight: Weight | None, issue: Issue | None) -> RequestedWeight:
    """The weight a rule asks for: 1 where none is asked for."""
    if weight is None:
        return RequestedWeight(ONE)
    said = weight.field if isinstance(weight, WeightPart) else weight
    missing = weight.missing if isinstance(weight, WeightPart) else "siblings_mean"
    if isinstance(said, Decimal):
        return RequestedWeight(exact(said), missing)
    aliases = (said,) if isinstance(said, str) else said
    ids = [assessment.mapping.fields[alias].id for alias in aliases if alias in assessment.mapping.fields]
    raw = first_filled(issue.fields, ids) if issue is not None else None
    found = assessment.numbers.read(raw)
    return RequestedWeight(found, missing, no_weight(raw) if found is None and raw is not None else "")


def dispose(closed: StatusReading | None, measurement: Measurement) -> tuple[Disposition, str]:
    """What becomes of a key result, by how its issue is closed and whether it could be measured."""
    if closed is not None:
        return closed.disposition, closed.reason
    if measurement.progress is None:
        never = measurement.cause is Cause.NEVER_MEASURED
        return Disposition.UNKNOWN, f"never measured: {measurement.reason}" if never else measurement.reason
    return Disposition.COUNTED, measurement.reason


def weighed_entries(entries: Sequence[RowEntry]) -> list[Row]:
    """The entries with their dispositions and weights under the weight rules, siblings being all of them."""
    if all(entry.weight is ONE and entry.divisor == 1 for entry in entries):
        return [(entry, WeighedRow(entry.disposition, ONE)) for entry in entries]
    groups = [AlikeRows(_disposition(entry), entry.weight) for entry in entries]
    by_missing = {missing: weigh(groups, missing) for missing in {entry.missing for entry in entries}}
    return [
        (entry, by_missing[entry.missing][place].split(entry.divisor)) for place, entry in enumerate(entries)
    ]


def _disposition(entry: RowEntry) -> Disposition:
    return Disposition.UNKNOWN if entry.broken and entry.disposition in COUNTING else entry.disposition


def rolled_up(rows: Sequence[Row], method: str, *, unknown: bool = False) -> Ledger:
    """The ledger of these rows under a method; with `unknown` the rows stand, but no number comes of them."""
    counting = [place for place, (_, item) in enumerate(rows) if item.disposition in COUNTING]
    rolled = METHODS[method]([_measured(*rows[place]) for place in counting])
    used = dict(zip(counting, zip(rolled.weights, rolled.shares, strict=True), strict=True))
    contributions = [
        _contribution(entry, item, *used.get(place, (item.weight, ZERO)), zero=unknown)
        for place, (entry, item) in enumerate(rows)
    ]
    return Ledger(tuple(contributions), None if unknown else rolled.total)


def total_of(rows: Sequence[Row], method: str) -> Fraction | None:
    """The number alone, of rows that count."""
    return METHODS[method]([_measured(*row) for row in rows]).total


def _measured(entry: RowEntry, weighed: WeighedRow) -> MeasuredRow:
    achieved = entry.health.level is HealthLevel.ACHIEVED
    return MeasuredRow(weighed.weight or ONE, entry.progress or ZERO, achieved)


def _contribution(
    entry: RowEntry, weighed: WeighedRow, weight: Fraction | None, share: Fraction, *, zero: bool
) -> Contribution:
    reason = "; ".join(part for part in (entry.reason, weighed.note, entry.broken) if part)
    own = weight == weighed.weight
    return Contribution(
        id=entry.id,
        key=entry.key,
        title=entry.title,
        disposition=weighed.disposition,
        reason=reason,
        weight=weight,
        progress=entry.progress,
        share=ZERO if zero else share,
        status=entry.status,
        stand_in=weighed.stand_in if own else "",
        divisor=weighed.divisor if own else 1,
        by_status=False,
    )


def healths(rows: Sequence[Row]) -> list[tuple[str, Health]]:
    """Names and healths of the rows an objective's health is taken from: those that count, are unknown or are gaps."""
    found = []
    for entry, weighed in rows:
        if weighed.disposition in COUNTING or weighed.disposition is Disposition.UNKNOWN:
            found.append((entry.name, BROKEN_WEIGHT if entry.broken else entry.health))
        elif weighed.disposition is Disposition.GAP:
            found.append((entry.name, BROKEN_WEIGHT))
    return found
