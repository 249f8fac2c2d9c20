"""The state of one objective: its key results measured and judged, its headline, and what stands beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from functools import partial

from mappings.document.mapping import ObjectiveRule
from mappings.document.schema import AlignmentPart, CyclePart
from mappings.explain.check_in import Ruling
from mappings.explain.confidence import ConfidenceLevel, SpokenConfidence, least
from mappings.facts.issue import Issue
from mappings.facts.moment import Moment
from mappings.progress.options import current_kpi
from mappings.progress.rule import MeasuredSubject, unknown
from mappings.rollup.assessment import Assessment
from mappings.rollup.check_in_override import checked_in, derived_ledger, not_achieved
from mappings.rollup.cycles.cycle import cycle_in_span, span_of
from mappings.rollup.cycles.cycle_end import EndFacts, has_ended
from mappings.rollup.health import HealthCriteria, circular, judge_weighted, pace, plain_parent, worst
from mappings.rollup.pace import cycle_for, standing_in
from mappings.rollup.perspective import perspective_of
from mappings.rollup.rows.ledger import Disposition, Ledger
from mappings.rollup.rows.statuses import StatusReading
from mappings.rollup.rows.subject import (
    Row,
    RowEntry,
    asked_weight,
    dispose,
    healths,
    rolled_up,
    total_of,
    weighed_entries,
)
from mappings.rollup.rows.weights import COUNTING, ZERO
from mappings.rollup.state import Health, HealthLevel, KeyResultState, Measurement, ObjectiveState
from mappings.rollup.structure.alignment import targets_of
from mappings.rollup.structure.key_results import KeyResult, closed_as, counting_ids, key_results_of
from mappings.rollup.team import team_of

UNMOVED = "100 % delivered, outcome unmoved"
UNMEASURED = "100 % delivered, outcome not measured"
DOUBTED = "people doubt it"
TRUSTED = "people trust it"


@dataclass(frozen=True, slots=True)
class MeasuredKeyResult:
    """A key result with its measurement, its health and the row it makes in the objective's rollup."""

    key_result: KeyResult
    measurement: Measurement
    entry: RowEntry
    commitment: str
    check_in: Ruling | None = None
    confidence: SpokenConfidence | None = None

    @property
    def dropped(self) -> bool:
        """Whether it is a key result of the objective only by another rule."""
        return self.entry.disposition is Disposition.ELSEWHERE

    @property
    def stands(self) -> bool:
        """Whether it is one of the objective's key results: neither counted elsewhere nor closed and left out."""
        return self.entry.disposition not in (Disposition.ELSEWHERE, Disposition.EXCLUDED)


@dataclass(frozen=True, slots=True)
class Objective:
    """An objective with its key results measured, before anything that is aligned to it is known."""

    id: str
    rule: ObjectiveRule
    issue: Issue | None
    cycle: CyclePart | None
    standing: HealthCriteria
    key_results: tuple[MeasuredKeyResult, ...]
    aligned_to: tuple[str, ...]
    assessment: Assessment
    """What it was measured by: now, or as of the end of its cycle."""
    span: tuple[date, date] | None = None
    """Its own days, where it has such: they give the expected share."""
    aligned: tuple[ObjectiveState, ...] | None = None
    """What is aligned to it, where that was noted at the end of its cycle."""

    @property
    def key(self) -> str:
        """The issue key, or `@id` where no issue stands for it."""
        return self.issue.key if self.issue is not None else ""

    @property
    def title(self) -> str:
        """The issue's summary, or the title the mapping gives."""
        return self.issue.summary if self.issue is not None else self.rule.part.title or self.rule.part.id


def measured_objective(assessment: Assessment, rule: ObjectiveRule, issue: Issue | None) -> Objective:
    """Find, measure and judge the key results of one objective; of a cycle that has ended, all of it as of the end."""
    id_ = issue.id if issue is not None else f"@{rule.part.id}"
    cycle = cycle_for(assessment, rule, issue)
    noted: EndFacts | None = None
    if cycle is not None and has_ended(cycle, Moment(assessment.moment.now, assessment.mapping.zone)):
        noted = assessment.ended.get(id_)
        noted = noted if noted is not None and noted.cycle_id == cycle.id else None
        assessment = assessment.at_end(cycle, noted)
        then = assessment.forest.issue(id_)
        rule, issue = (assessment.rule_for(then) or rule, then) if then is not None else (rule, issue)
    span = span_of(assessment.mapping, rule.part.cycle, issue, cycle)
    days = cycle_in_span(cycle, span)
    carried = assessment.carries.get(id_, cycle.id) if cycle is not None else None
    found = key_results_of(assessment, rule, id_, issue, carried)
    return Objective(
        id=id_,
        rule=rule,
        issue=issue,
        cycle=cycle,
        standing=standing_in(assessment, days, rule.part.commitment),
        key_results=tuple(_measured(assessment, rule, id_, days, key_result) for key_result in found),
        aligned_to=targets_of(assessment, rule, issue),
        assessment=assessment,
        span=span,
        aligned=noted.aligned if noted is not None else None,
    )


def _measured(
    assessment: Assessment,
    rule: ObjectiveRule,
    objective_id: str,
    cycle: CyclePart | None,
    key_result: KeyResult,
) -> MeasuredKeyResult:
    commitment = key_result.rule.part.commitment or rule.part.commitment
    closed = closed_as(assessment, key_result)
    measurement, ruling = checked_in(
        assessment, objective_id, key_result, closed, partial(_measurement, assessment, objective_id)
    )
    standing = standing_in(assessment, cycle, commitment)
    if closed is not None and closed.disposition is Disposition.NOT_ACHIEVED:
        measurement = not_achieved(measurement, closed.reason)
    judged = plain_parent() if rule.plain else key_result.progress.judge(measurement, standing)
    health = _closing_health(closed) or judged
    entry = _key_result_entry(assessment, key_result, measurement, health, closed)
    said = assessment.check_ins.get((objective_id, key_result.id))
    spoken = None if said is None else said.confidence
    return MeasuredKeyResult(
        key_result=key_result,
        measurement=measurement,
        entry=entry,
        commitment=commitment,
        check_in=ruling,
        confidence=spoken,
    )


def _measurement(assessment: Assessment, objective_id: str, key_result: KeyResult) -> Measurement:
    measurement = _by_rule(assessment, objective_id, key_result)
    if measurement.ledger.rows or measurement.progress is None or key_result.progress.by_rows:
        return measurement
    return replace(measurement, ledger=derived_ledger(measurement))


def _by_rule(assessment: Assessment, objective_id: str, key_result: KeyResult) -> Measurement:
    if key_result.problem:
        return unknown(key_result.problem)
    if key_result.issue is not None and key_result.issue.gap and not key_result.progress.by_rows:
        return unknown(key_result.issue.gap)
    issue, current = key_result.issue, current_kpi(key_result.rule.part.progress)
    if issue is not None and current is not None:
        issue = assessment.with_kpi(issue, current)
    below = key_result.rule.part.relation in ("child", "descendant")
    subject = MeasuredSubject(
        assessment=assessment,
        selected=key_result.selected,
        issue=issue,
        top_id=objective_id if below else None,
        subtasks=key_result.rule.part.subtasks,
        conditions=key_result.rule.conditions,
        elsewhere=key_result.elsewhere,
        divisors=key_result.divisors,
        done_before=key_result.done_before,
    )
    return key_result.progress.measure(key_result.rule.part.progress, subject)


def _closing_health(closed: StatusReading | None) -> Health | None:
    if closed is None:
        return None
    if closed.disposition is Disposition.EXCLUDED:
        return Health(HealthLevel.UNKNOWN, "excluded", closed.reason)
    return Health(HealthLevel.OFF_TRACK, "not-achieved", closed.reason)


def _key_result_entry(
    assessment: Assessment,
    key_result: KeyResult,
    measurement: Measurement,
    health: Health,
    closed: StatusReading | None,
) -> RowEntry:
    issue = key_result.issue
    disposition, reason = dispose(closed, measurement)
    if key_result.counted_elsewhere:
        disposition, reason = Disposition.ELSEWHERE, key_result.counted_elsewhere
    asked = asked_weight(assessment, key_result.rule.part.weight, issue)
    divisor = 1 if key_result.progress.by_rows or issue is None else key_result.divisors.get(issue.id, 1)
    reason = _told(reason, issue)
    status = issue.status.name if issue is not None else ""
    return RowEntry(
        id=key_result.id,
        key=key_result.key,
        title=key_result.title,
        status=status,
        disposition=disposition,
        reason=reason,
        progress=measurement.progress,
        health=health,
        weight=asked.weight,
        missing=asked.missing,
        divisor=divisor,
        broken=asked.broken,
    )


def _told(reason: str, issue: Issue | None) -> str:
    """The reason, and what of the issue cannot be used."""
    unusable = issue.unusable if issue is not None else ""
    return f"{reason}; {unusable}" if unusable else reason


def finish_objective(
    objective: Objective,
    aligned: Sequence[ObjectiveState],
    circle: Sequence[str] = (),
) -> ObjectiveState:
    """Roll an objective up, with the states of the objectives aligned to it; `circle` names the one it is in."""
    rollup = objective.rule.part.rollup
    aligned = aligned if objective.aligned is None else objective.aligned
    own = [item.entry for item in objective.key_results]
    below = [_aligned_entry(objective.assessment, state) for state in aligned]
    rows = weighed_entries([*own, *below])
    own_rows, aligned_rows = rows[: len(own)], rows[len(own) :]
    heading = _heading(objective)
    main = [row for row, leads in zip(own_rows, heading, strict=True) if leads]
    others = [row for row, leads in zip(own_rows, heading, strict=True) if not leads]
    ledger = rolled_up([*main, *aligned_rows], rollup.method, unknown=bool(circle))
    beside = rolled_up(others, rollup.method)
    outcome = _nature_total(objective, own_rows, "outcome")
    delivery = _nature_total(objective, own_rows, "delivery")
    issue, part = objective.issue, objective.rule.part
    key_results = _key_result_states(objective, own_rows, heading)
    spoken = (one.confidence for one in key_results if one.contributing)
    contributing = [state for state, row in zip(aligned, below, strict=True) if row.disposition in COUNTING]
    unwritten = _unwritten(objective, contributing)
    return ObjectiveState(
        id=objective.id,
        rule_id=part.id,
        title=objective.title,
        progress=ledger.total,
        health=_health(objective, ledger, [*main, *aligned_rows], circle),
        ledger=ledger,
        key_results=key_results,
        issue_id=issue.id if issue is not None else None,
        key=issue.key if issue is not None else "",
        status=issue.status.name if issue is not None else "",
        owner=part.owner if issue is None else _assignee(issue),
        project_key=issue.project.key if issue is not None else "",
        cycle_id=objective.cycle.id if objective.cycle is not None else None,
        commitment=part.commitment,
        delivery=delivery,
        outcome=outcome,
        expected=objective.standing.expected,
        pace=pace(ledger.total, objective.standing.expected),
        beside=beside,
        flags=(
            *_flags(objective, delivery, outcome, circle),
            *((f"not written to Jira: {unwritten}",) if unwritten else ()),
        ),
        aligned_to=objective.aligned_to,
        touched=_touched(objective, aligned),
        confidence=least(one.confidence for one in spoken if one is not None),
        plain=objective.rule.plain,
        team=None if objective.rule.plain else team_of(objective.assessment.mapping, part, issue),
        perspective=perspective_of(objective.assessment.mapping, part, issue),
        span=objective.span,
        unwritten=unwritten,
    )


def _unwritten(objective: Objective, contributing: Sequence[ObjectiveState]) -> str:
    """Why no number of it is written: restricted issues count in it, and the mapping refuses that."""
    assessment = objective.assessment
    rule = assessment.mapping.restricted
    if rule is None or rule.policy != "refuse":
        return ""
    standing = (item.key_result for item in objective.key_results if item.stands)
    ids = {id_ for one in standing for id_ in counting_ids(assessment, one)}
    ids |= {state.issue_id for state in contributing if state.issue_id is not None}
    found = (assessment.forest.issue(id_) for id_ in ids)
    number = sum(issue is not None and rule.when.matches(issue, assessment.moment) for issue in found)
    if number:
        return f"{number} restricted issue{'s count' if number > 1 else ' counts'} in it"
    below = any(state.unwritten for state in contributing)
    return "an objective that counts in it has restricted issues in its number" if below else ""


def _assignee(issue: Issue | None) -> str | None:
    return issue.assignee.name if issue is not None and issue.assignee is not None else None


def _heading(objective: Objective) -> list[bool]:
    """For each key result, whether it is one of those that make the headline."""
    found = objective.key_results
    if objective.rule.part.rollup.headline == "all":
        return [True] * len(found)
    outcomes = any(item.key_result.progress.nature == "outcome" and item.stands for item in found)
    leading = "outcome" if outcomes else "delivery"
    return [item.key_result.progress.nature == leading or item.dropped for item in found]


def _nature_total(objective: Objective, rows: Sequence[Row], nature: str) -> Fraction | None:
    """The number of the key results of one nature alone."""
    chosen = [
        row
        for item, row in zip(objective.key_results, rows, strict=True)
        if item.key_result.progress.nature == nature
    ]
    counting = [row for row in chosen if row[1].disposition in COUNTING]
    return total_of(counting, objective.rule.part.rollup.method) if counting else None


def _health(objective: Objective, ledger: Ledger, rows: Sequence[Row], circle: Sequence[str]) -> Health:
    if objective.rule.plain:
        return plain_parent()
    if circle:
        return circular(" → ".join(circle))
    if objective.rule.part.rollup.health == "weighted":
        return judge_weighted(ledger.total, healths(rows), objective.standing)
    return worst(healths(rows))


def _key_result_states(
    objective: Objective, rows: Sequence[Row], heading: Sequence[bool]
) -> tuple[KeyResultState, ...]:
    return tuple(
        _key_result_state(item, row, leads)
        for item, row, leads in zip(objective.key_results, rows, heading, strict=True)
        if not item.dropped
    )


def _key_result_state(item: MeasuredKeyResult, row: Row, leads: bool) -> KeyResultState:
    found, (entry, weighed) = item.key_result, row
    left_out = weighed.disposition in (Disposition.EXCLUDED, Disposition.WEIGHTLESS)
    return KeyResultState(
        id=found.id,
        rule_id=found.rule.part.id,
        kind=found.progress.kind,
        nature=found.progress.nature,
        title=found.title,
        measurement=item.measurement,
        health=entry.health,
        weight=weighed.weight,
        contributing=leads and not left_out,
        issue_id=found.issue.id if found.issue is not None else None,
        key=found.key,
        status=entry.status,
        owner=_assignee(found.issue),
        commitment=item.commitment,
        check_in=item.check_in,
        confidence=item.confidence,
    )


def _aligned_entry(assessment: Assessment, state: ObjectiveState) -> RowEntry:
    """The row of an objective that is aligned to this one: counted where it contributes, else only shown."""
    rule = next((rule for rule in assessment.mapping.objectives if rule.part.id == state.rule_id), None)
    alignment = rule.part.aligned_to if rule is not None else None
    contributes = isinstance(alignment, AlignmentPart) and alignment.contributes
    weight = alignment.weight if isinstance(alignment, AlignmentPart) else None
    issue = assessment.forest.issue(state.issue_id) if state.issue_id is not None else None
    closed = assessment.statuses.closed(issue) if issue is not None else None
    disposition, reason, progress = Disposition.COUNTED, "aligned, and contributes", state.progress
    if not contributes:
        disposition, reason = Disposition.BESIDE, "aligned, and does not contribute"
    elif closed is not None:
        disposition, reason = closed.disposition, closed.reason
        progress = ZERO if disposition is Disposition.NOT_ACHIEVED else progress
    elif progress is None:
        disposition, reason = Disposition.UNKNOWN, f"aligned, but unknown: {state.health.sentence}"
    reason = _told(reason, issue)
    asked = asked_weight(assessment, weight, issue)
    return RowEntry(
        id=state.id,
        key=state.key or state.id,
        title=state.title,
        status=state.status,
        disposition=disposition,
        reason=reason,
        progress=progress,
        health=state.health,
        weight=asked.weight if contributes else None,
        missing=asked.missing,
        broken=asked.broken if contributes else "",
    )


def _flags(
    objective: Objective, delivery: Fraction | None, outcome: Fraction | None, circle: Sequence[str]
) -> tuple[str, ...]:
    flags = []
    has_outcome = any(
        item.key_result.progress.nature == "outcome" and item.stands for item in objective.key_results
    )
    if delivery == 1 and has_outcome and outcome is None:
        flags.append(UNMEASURED)
    if delivery == 1 and outcome == 0:
        flags.append(UNMOVED)
    flags += [
        f"{item.check_in.sentence} ({item.entry.name})"
        for item in objective.key_results
        if item.check_in is not None and item.check_in.asks and not item.dropped
    ]
    flags += [flag for item in objective.key_results if not item.dropped for flag in _contradicted(item)]
    if circle:
        flags.append(f"aligned in a circle: {' → '.join(circle)}")
    return tuple(flags)


def _contradicted(item: MeasuredKeyResult) -> Iterator[str]:
    """Where what people believe and what the figures say are two things."""
    if item.confidence is None:
        return
    told, health = item.confidence.confidence, item.entry.health.level
    where = f"{item.entry.name}: {told.said}, {health.value.replace('_', ' ')}"
    if told.level is ConfidenceLevel.OFF and health in (HealthLevel.ON_TRACK, HealthLevel.ACHIEVED):
        yield f"{DOUBTED} ({where})"
    if told.level is ConfidenceLevel.ON and health is HealthLevel.OFF_TRACK:
        yield f"{TRUSTED} ({where})"


def _touched(objective: Objective, aligned: Sequence[ObjectiveState]) -> frozenset[str]:
    """Every issue id the state was computed from."""
    own = {objective.issue.id} if objective.issue is not None else set()
    own.update(id_ for id_ in objective.aligned_to if not id_.startswith("@"))
    own.update(state.issue_id for state in aligned if state.issue_id is not None)
    for item in objective.key_results:
        if item.key_result.issue is not None:
            own.add(item.key_result.issue.id)
    return frozenset(own).union(*(item.key_result.seen for item in objective.key_results))
