"""What an objective is judged against: its cycle on this day, and its commitment."""

from __future__ import annotations

from fractions import Fraction

from mappings.assessment import Assessment
from mappings.cycles import cycle_of, duration, expected_on
from mappings.document.schema import CyclePart
from mappings.health import ACHIEVED_AT, Standing
from mappings.issue import Issue
from mappings.mapping import ObjectiveRule
from mappings.moment import Moment


def cycle_for(assessment: Assessment, rule: ObjectiveRule, objective: Issue | None) -> CyclePart | None:
    """The cycle the objective runs in, or None."""
    return cycle_of(assessment.mapping, rule.part.cycle, objective)


def standing_in(assessment: Assessment, cycle: CyclePart | None, commitment: str) -> Standing:
    """What a progress with this commitment is judged against; days are those of the mapping's time zone."""
    moment = assessment.moment
    today = Moment(moment.now, assessment.mapping.zone).today
    bar = ACHIEVED_AT[commitment]
    if cycle is None:
        return Standing(moment.now, today, achieved_at=bar)
    return Standing(
        moment.now,
        today,
        expected_on(cycle, today),
        cycle.end,
        bar,
        Fraction(cycle.health.on_track),
        Fraction(cycle.health.at_risk),
        duration(cycle.stale_after),
    )
