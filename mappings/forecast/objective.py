"""The forecast of an objective: as likely as the least likely of the key results that make its number. No product: they hang together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from mappings.explain.check_in import ShownSource
from mappings.facts.issue import Issue
from mappings.facts.moment import Moment
from mappings.forecast.answer import Forecast, Likelihood, chance, level_of, none
from mappings.forecast.prospect import Prospect
from mappings.progress import RULE_OF_KIND
from mappings.rollup.cycles.cycle import cycle_in_span
from mappings.rollup.health import ACHIEVED_AT
from mappings.rollup.state import Cause, HealthLevel, KeyResultState, ObjectiveState

if TYPE_CHECKING:
    from mappings.document.mapping import KeyResultRule
    from mappings.document.mapping import Mapping as BoundMapping
    from mappings.document.schema import CyclePart

NOT_ACHIEVED = "not-achieved"
BESIDE_CHECK_IN = "a check-in stands for its number; the forecast goes by what Jira holds"


@dataclass(frozen=True, slots=True)
class KeyResultForecast:
    """One key result with what is said of it; `contributing` ones decide about the objective."""

    id: str
    name: str
    title: str
    kind: str
    contributing: bool
    answer: Forecast


@dataclass(frozen=True, slots=True)
class ObjectiveForecast:
    """What is said of an objective on one day, with all of its key results. `reason` says why nothing is, where nothing is."""

    objective_id: str
    today: date
    cycle_id: str | None
    last: date | None
    key_results: tuple[KeyResultForecast, ...] = ()
    reason: str = ""

    @property
    def contributing(self) -> tuple[KeyResultForecast, ...]:
        """Those that make the objective's number."""
        return tuple(one for one in self.key_results if one.contributing)

    @property
    def told(self) -> tuple[KeyResultForecast, ...]:
        """Those of them that have a forecast."""
        return tuple(one for one in self.contributing if one.answer.probability is not None)

    @property
    def deciding(self) -> KeyResultForecast | None:
        """The least likely of them, the first of equals; None where none has a forecast."""
        return min(self.told, key=lambda one: one.answer.probability or Fraction(0), default=None)

    @property
    def probability(self) -> Fraction | None:
        """At most so likely; None where nothing can be said."""
        return None if self.deciding is None else self.deciding.answer.probability

    @property
    def level(self) -> Likelihood | None:
        """How that is called."""
        return None if self.probability is None else level_of(self.probability)

    @property
    def reached(self) -> bool:
        """Whether all that makes its number is reached already."""
        return bool(self.contributing) and all(one.answer.reached for one in self.contributing)

    @property
    def share(self) -> str:
        """`2 of 3 forecast`; empty where all of them are."""
        told, all_ = len(self.told), len(self.contributing)
        return "" if told == all_ else f"{told} of {all_} forecast"

    @property
    def sentence(self) -> str:
        """`at most 35 %: PLAT-9 (2 of 3 forecast)`, `reached`, or why there is no answer."""
        deciding, beside = self.deciding, f" ({self.share})" if self.share else ""
        if self.reached:
            return "reached"
        if deciding is None or self.probability is None:
            return self.reason or "none of its key results can be forecast"
        return f"at most {chance(self.probability)}: {deciding.name}{beside}"


def forecast(
    mapping: BoundMapping, state: ObjectiveState, issues: Mapping[str, Issue], moment: Moment
) -> ObjectiveForecast:
    """What is said of an objective at a moment; `issues` has to hold its key-result issues and their rows."""
    today = Moment(moment.now, mapping.zone).today
    cycle = cycle_in_span(mapping.cycles.get(state.cycle_id or ""), state.span)
    last = None if cycle is None else cycle.end
    outside = _outside(cycle, today)
    if cycle is None or outside:
        return ObjectiveForecast(state.id, today, state.cycle_id, last, reason=outside)
    rules = _rules(mapping, state)
    found = tuple(
        KeyResultForecast(
            id=one.id,
            name=one.key or one.title,
            title=one.title,
            kind=one.kind,
            contributing=one.contributing,
            answer=_answer(mapping, one, rules.get(one.rule_id), issues, today, cycle),
        )
        for one in state.key_results
    )
    nothing = "" if any(one.contributing for one in found) else "no key result makes its number"
    return ObjectiveForecast(
        objective_id=state.id, today=today, cycle_id=cycle.id, last=last, key_results=found, reason=nothing
    )


def _outside(cycle: CyclePart | None, today: date) -> str:
    if cycle is None:
        return "it runs in no cycle, so nothing says by when"
    if today < cycle.start:
        return f"its cycle begins on {cycle.start}"
    return f"its cycle ended on {cycle.end}" if today > cycle.end else ""


def _rules(mapping: BoundMapping, state: ObjectiveState) -> dict[str, KeyResultRule]:
    found = (rule for rule in mapping.objectives if rule.part.id == state.rule_id)
    return {part.part.id: part for rule in found for part in rule.key_results}


def _answer(
    mapping: BoundMapping,
    key_result: KeyResultState,
    rule: KeyResultRule | None,
    issues: Mapping[str, Issue],
    today: date,
    cycle: CyclePart,
) -> Forecast:
    measurement = key_result.measurement
    if key_result.health.level is HealthLevel.ACHIEVED:
        return Forecast(Fraction(1), reached=True, likely_by=today, safe_by=today)
    if key_result.health.rule == NOT_ACHIEVED:
        return none(key_result.health.sentence)
    if rule is None:
        return none("the mapping has another rule for it by now")
    if measurement.cause is Cause.UNKNOWN:
        return none(measurement.reason)
    achieved_at = ACHIEVED_AT[key_result.commitment]
    prospect = Prospect(
        mapping=mapping,
        key_result=key_result,
        issues=issues,
        today=today,
        first=cycle.start,
        last=cycle.end,
        achieved_at=achieved_at,
    )
    answer = RULE_OF_KIND[key_result.kind].forecast(rule.part.progress, prospect)
    said = key_result.check_in is not None and key_result.check_in.shows is not ShownSource.DERIVED
    return replace(answer, notes=(*answer.notes, BESIDE_CHECK_IN)) if said else answer


def issues_of(state: ObjectiveState) -> frozenset[str]:
    """Ids of the issues that a forecast of it is made from: its key results, and the rows of their ledgers."""
    own = (one.issue_id for one in state.key_results if one.issue_id is not None)
    rows = (row.id for one in state.key_results for row in one.measurement.ledger.rows)
    return frozenset((*own, *rows))
