"""What stands in place of a derived progress, a check-in or a closing as not achieved, with a ledger that says so and instead of what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import tzinfo

from mappings.explain.check_in import CheckIn, Measure, Ruling, ShownSource, day_of, rule_on, share
from mappings.facts.issue import Issue, Reading
from mappings.facts.moment import Moment
from mappings.numbers import plain
from mappings.progress import RULE_OF_KIND
from mappings.progress.options import current_kpi, has_reading, reading_alias
from mappings.progress.rule import clamp
from mappings.rollup.assessment import Assessment
from mappings.rollup.rows.ledger import CLOSING, DERIVED, Contribution, Disposition, Ledger
from mappings.rollup.rows.statuses import StatusReading
from mappings.rollup.rows.weights import ZERO
from mappings.rollup.state import Cause, Measurement
from mappings.rollup.structure.key_results import KeyResult

Measured = Callable[[KeyResult], Measurement]


def measure_of(kind: str) -> Measure:
    """What is checked in for key results of this kind: the current value where its rule reads one, else progress, also of a kind that is known no longer."""
    rule = RULE_OF_KIND.get(kind)
    return Measure.CURRENT if rule is not None and has_reading(rule.options) else Measure.PROGRESS


def checked_in(
    assessment: Assessment,
    objective_id: str,
    key_result: KeyResult,
    closed: StatusReading | None,
    measured: Measured,
) -> tuple[Measurement, Ruling | None]:
    """What the key result stands at, and what was ruled about its check-in, where there is one."""
    derived = measured(key_result)
    check_in = assessment.check_ins.get((objective_id, key_result.id))
    if check_in is None or check_in.value is None:
        return derived, None
    check_in = replace(check_in, confidence=None)  # that is the key result's, whatever stands
    zone = assessment.mapping.zone
    today = Moment(assessment.moment.now, zone).today
    ruling = rule_on(
        check_in,
        derived.progress,
        measure_of(key_result.progress.kind),
        today,
        closed.reason if closed else "",
    )
    if ruling.shows is ShownSource.DERIVED:
        return derived, ruling
    said = _said(assessment, key_result, check_in, derived, measured)
    return _explained(derived, said, check_in, zone), ruling


def _said(
    assessment: Assessment, key_result: KeyResult, check_in: CheckIn, derived: Measurement, measured: Measured
) -> Measurement:
    if check_in.measure is Measure.CURRENT:
        return measured(_holding(assessment, key_result, check_in))
    progress = None if check_in.value is None else clamp(check_in.value)
    return replace(derived, progress=progress, raw=check_in.value, cause=Cause.MEASURED, reason="")


def _holding(assessment: Assessment, key_result: KeyResult, check_in: CheckIn) -> KeyResult:
    """The key result as if its field had held the value since the check-in: every metric is measured from there by its own rule."""
    options, current = key_result.rule.part.progress, current_kpi(key_result.rule.part.progress)
    if current is not None and key_result.issue is not None:
        return replace(key_result, issue=_with_reading(key_result.issue, current.field_id, check_in))
    alias = reading_alias(options)
    field, issue = assessment.mapping.fields.get(alias or ""), key_result.issue
    if field is None or issue is None:
        return key_result
    return replace(key_result, issue=_with_reading(issue, field.id, check_in))


def _with_reading(issue: Issue, field_id: str, check_in: CheckIn) -> Issue:
    before = tuple(reading for reading in issue.readings.get(field_id, ()) if reading.at < check_in.at)
    return replace(
        issue,
        fields={**issue.fields, field_id: check_in.value},
        readings={**issue.readings, field_id: (*before, Reading(check_in.at, check_in.value))},
    )


def _explained(derived: Measurement, said: Measurement, check_in: CheckIn, zone: tzinfo) -> Measurement:
    """With the reason, and with rows that sum to what is shown: the derived ones, and one for the check-in."""
    known = derived.current if check_in.measure is Measure.CURRENT else derived.progress
    if check_in.measure is Measure.PROGRESS:
        instead = share(known)
    else:
        instead = "unknown" if known is None else plain(known)
    said_by = f"check-in by {check_in.by} on {day_of(check_in, zone)}: {check_in.said} instead of the derived {instead}"
    reason = "; ".join(part for part in (said_by, said.reason) if part)
    return replace(said, reason=reason, ledger=_ledger(derived, said, check_in, said_by))


def _ledger(derived: Measurement, said: Measurement, check_in: CheckIn, reason: str) -> Ledger:
    row = Contribution(
        id=f"check-in/{check_in.id}",
        key="",
        title=f"Check-in by {check_in.by}",
        disposition=Disposition.CHECKED_IN,
        reason=reason if not check_in.note else f"{reason} — “{check_in.note}”",
        progress=said.progress,
    )
    return _replaced(derived, row)


def not_achieved(derived: Measurement, reason: str) -> Measurement:
    """What a key result stands at whose issue was closed as not achieved: 0, with the row that takes away what it had reached."""
    row = Contribution(
        id=CLOSING,
        key="",
        title="Closed as not achieved",
        disposition=Disposition.NOT_ACHIEVED,
        reason=reason,
        progress=ZERO,
    )
    return replace(
        derived,
        progress=ZERO,
        cause=Cause.MEASURED,
        reason=reason,
        ledger=_replaced(derived, row),
    )


def _replaced(derived: Measurement, row: Contribution) -> Ledger:
    """The derived rows and the one that stands in their place, which adds what they lack; none adds to an unknown."""
    rows = derived.ledger.rows or derived_ledger(derived).rows
    if row.progress is None:
        return Ledger(tuple(replace(one, share=ZERO) for one in (*rows, row)), None)
    return Ledger((*rows, replace(row, share=row.progress - (derived.progress or ZERO))), row.progress)


def derived_ledger(derived: Measurement) -> Ledger:
    """The one row of a key result that is not made of rows."""
    known = derived.progress is not None
    row = Contribution(
        id=DERIVED,
        key="",
        title="Derived from Jira",
        disposition=Disposition.COUNTED if known else Disposition.BESIDE,
        reason=derived.reason,
        progress=derived.progress,
        share=derived.progress or ZERO,
        by_status=False,
    )
    return Ledger((row,), derived.progress)
