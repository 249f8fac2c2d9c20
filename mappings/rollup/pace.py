"""What an objective is judged against: its cycle on this day, and its commitment."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

from mappings.document.mapping import ObjectiveRule
from mappings.document.schema import CyclePart
from mappings.facts.issue import Issue
from mappings.facts.moment import Moment, duration
from mappings.rollup.assessment import Assessment
from mappings.rollup.cycles.cycle import expected_on
from mappings.rollup.health import ACHIEVED_AT, HealthCriteria


def cycle_for(assessment: Assessment, rule: ObjectiveRule, objective: Issue | None) -> CyclePart | None:
    """The cycle the objective runs in, or None."""
    id_ = f"@{rule.part.id}" if objective is None else objective.id
    locked = assessment.locked(id_, objective, rule)
    if locked is not None:
        return locked[2]
    today = Moment(assessment.moment.now, assessment.mapping.zone).today
    return assessment.carries.cycle_of(assessment.mapping, rule.part.cycle, id_, objective, today)


def standing_in(assessment: Assessment, cycle: CyclePart | None, commitment: str) -> HealthCriteria:
    """What a progress with this commitment is judged against; days are those of the mapping's time zone."""
    key = (None if cycle is None else (cycle.id, cycle.start, cycle.end), commitment)
    known = assessment.standings.get(key)
    if known is None:
        known = assessment.standings[key] = _standing(assessment, cycle, ACHIEVED_AT[commitment])
    return known


def _standing(assessment: Assessment, cycle: CyclePart | None, achieved_at: Fraction) -> HealthCriteria:
    now = assessment.moment.now
    today = Moment(now, assessment.mapping.zone).today
    if assessment.over:
        today += timedelta(days=1)  # the last day is over
    if cycle is None:
        return HealthCriteria(now, today, achieved_at=achieved_at)
    return HealthCriteria(
        now=now,
        today=today,
        expected=expected_on(cycle, today),
        cycle_end=cycle.end,
        achieved_at=achieved_at,
        on_track=Fraction(cycle.health.on_track),
        at_risk=Fraction(cycle.health.at_risk),
        stale_after=duration(cycle.stale_after),
    )
