"""What it takes to make an objective's number again with other values, anywhere: its rows with their exact figures, and the rules it goes by.

It is given only where the rules really come to the number that stands: where a check-in, a closing or a circle decides, there is nothing to play with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from mappings.document.mapping import ObjectiveRule
from mappings.document.schema import ThresholdsPart
from mappings.progress import RULE_OF_KIND
from mappings.rollup.health import ACHIEVED_AT
from mappings.rollup.methods import METHODS, MeasuredRow
from mappings.rollup.rows.children import count_of_children, mean_of_children
from mappings.rollup.rows.ledger import Contribution, Disposition, Ledger
from mappings.rollup.rows.weights import COUNTING, ONE, ZERO, AlikeRows, WeighedRow
from mappings.rollup.state import Cause, HealthLevel, KeyResultState, Measurement, ObjectiveState

MOST_ROWS = 500
"""A key result of more rows than these is taken as it stands."""


@dataclass(frozen=True, slots=True)
class ChangeableRow:
    """A row of a delivery that counts. `weight` is before it is split among `divisor` key results."""

    id: str
    weight: Fraction
    progress: Fraction
    divisor: int
    fixed: bool


@dataclass(frozen=True, slots=True)
class ReadingPath:
    """What another reading would be measured against: start and target, or a band."""

    current: Fraction
    start: Fraction | None = None
    target: Fraction | None = None
    at_least: Fraction | None = None
    at_most: Fraction | None = None
    tolerance: Fraction | None = None


@dataclass(frozen=True, slots=True)
class ChangeableKeyResult:
    """A key result whose number can be made again: of its rows, or of a reading."""

    id: str
    progress: Fraction
    level: HealthLevel
    achieved_at: Fraction
    timed: bool
    rows: tuple[ChangeableRow, ...] = ()
    aim: Fraction | None = None
    reading: ReadingPath | None = None


@dataclass(frozen=True, slots=True)
class HeadlineRow:
    """A row of the headline: a key result, or an objective that is aligned. `progress` None is unknown."""

    id: str
    weight: Fraction
    progress: Fraction | None
    level: HealthLevel


@dataclass(frozen=True, slots=True)
class Calculation:
    """An objective's number, ready to be made again."""

    method: str
    health: str
    progress: Fraction
    level: HealthLevel
    expected: Fraction | None
    achieved_at: Fraction
    on_track: Fraction
    at_risk: Fraction
    ended: bool
    rows: tuple[HeadlineRow, ...]
    key_results: tuple[ChangeableKeyResult, ...]


def calculation_of(
    state: ObjectiveState,
    rule: ObjectiveRule,
    thresholds: ThresholdsPart,
    aligned: Mapping[str, HealthLevel],
    *,
    ended: bool,
) -> Calculation | None:
    """How the number of a state is made; None where it is unknown or the rules alone do not come to it.

    `aligned` says the health of the objectives aligned to it, by id.
    """
    rollup = rule.part.rollup
    levels = {**aligned, **{one.id: one.health.level for one in state.key_results}}
    rows = tuple(_headline(row, levels) for row in state.ledger.rows if _judged(row))
    counting = [row for row in rows if row.progress is not None]
    measured = [
        MeasuredRow(row.weight, row.progress or ZERO, row.level is HealthLevel.ACHIEVED) for row in counting
    ]
    total = METHODS[rollup.method](measured).total
    if state.progress is None or total != state.progress:
        return None
    counted = {row.id for row in state.ledger.rows if row.disposition is Disposition.COUNTED}
    found = (_changeable(one) for one in state.key_results if one.id in counted)
    return Calculation(
        method=rollup.method,
        health=rollup.health,
        progress=state.progress,
        level=state.health.level,
        expected=state.expected,
        achieved_at=ACHIEVED_AT[state.commitment],
        on_track=Fraction(thresholds.on_track),
        at_risk=Fraction(thresholds.at_risk),
        ended=ended,
        rows=rows,
        key_results=tuple(one for one in found if one is not None),
    )


def _judged(row: Contribution) -> bool:
    return row.disposition in COUNTING or row.disposition in (Disposition.UNKNOWN, Disposition.GAP)


def _headline(row: Contribution, levels: Mapping[str, HealthLevel]) -> HeadlineRow:
    counts = row.disposition in COUNTING
    level = HealthLevel.UNKNOWN if row.disposition is Disposition.GAP else levels.get(row.id)
    return HeadlineRow(
        id=row.id,
        weight=row.weight or ONE,
        progress=(row.progress or ZERO) if counts else None,
        level=level or HealthLevel.UNKNOWN,
    )


def _changeable(one: KeyResultState) -> ChangeableKeyResult | None:
    measurement, rule = one.measurement, RULE_OF_KIND.get(one.kind)
    if rule is None:
        return None
    if measurement.cause is not Cause.MEASURED or measurement.progress is None or one.check_in is not None:
        return None
    rows = _rows(measurement.ledger) if rule.by_rows else ()
    path = None if rule.by_rows else _path(measurement)
    if path is not None and rule.at_reading(measurement, path.current) != measurement.progress:
        return None
    if not rows and path is None:
        return None
    return ChangeableKeyResult(
        id=one.id,
        progress=measurement.progress,
        level=one.health.level,
        achieved_at=ACHIEVED_AT[one.commitment],
        timed=rule.timed,
        rows=rows,
        aim=measurement.ledger.aim if rows else None,
        reading=path,
    )


def _rows(ledger: Ledger) -> tuple[ChangeableRow, ...]:
    counting = [row for row in ledger.rows if row.disposition in COUNTING]
    if not counting or len(counting) > MOST_ROWS or _made_again(counting, ledger.aim) != ledger.total:
        return ()
    return tuple(
        ChangeableRow(
            id=row.id,
            weight=(row.weight or ZERO) * row.divisor,
            progress=row.progress or ZERO,
            divisor=row.divisor,
            fixed=row.disposition is Disposition.NOT_ACHIEVED,
        )
        for row in counting
    )


def _made_again(rows: Sequence[Contribution], aim: Fraction | None) -> Fraction | None:
    groups = [AlikeRows(row.disposition, row.weight, row.progress) for row in rows]
    weighed = [WeighedRow(row.disposition, row.weight, divisor=row.divisor) for row in rows]
    if aim is None:
        return mean_of_children(groups, weighed, shares=False).total
    return count_of_children(groups, weighed, aim).total


def _path(measurement: Measurement) -> ReadingPath | None:
    if measurement.current is None or measurement.clocked:
        return None
    way = measurement.start is not None and measurement.target is not None
    band = measurement.tolerance is not None
    if way == band:
        return None
    return ReadingPath(
        current=measurement.current,
        start=measurement.start if way else None,
        target=measurement.target if way else None,
        at_least=measurement.at_least,
        at_most=measurement.at_most,
        tolerance=measurement.tolerance,
    )
