"""What every objective stands at under a mapping: the whole, one by one, and which of them a changed issue concerns."""

from __future__ import annotations

import collections.abc
from collections.abc import Iterable, Sequence
from dataclasses import replace

from mappings.document.mapping import Mapping, ObjectiveRule
from mappings.explain.check_in import CheckIns
from mappings.facts.forest import Forest, issue_order
from mappings.facts.issue import Issue
from mappings.facts.moment import Moment
from mappings.rollup.assessment import (
    NO_AIMS,
    NO_CHECK_INS,
    NO_ENDS,
    NO_KPIS,
    Aims,
    Assessment,
    Ends,
    KpiReadings,
)
from mappings.rollup.cycles.carry import NO_CARRIES, Carries
from mappings.rollup.objective import Objective, finish_objective, measured_objective
from mappings.rollup.pace import cycle_for
from mappings.rollup.state import ObjectiveState
from mappings.rollup.structure.alignment import Graph, circles_in, from_below
from mappings.rollup.structure.reach import affected_objectives

__all__ = ["affected_objectives", "assess", "assess_among", "assess_one", "objective_rule"]

States = collections.abc.Mapping[str, ObjectiveState]


def objective_rule(mapping: Mapping, issue: Issue, moment: Moment) -> ObjectiveRule | None:
    """The first objective rule that selects the issue within the mapping's scope; None where it is no objective."""
    return Assessment(mapping, Forest.of(()), moment).rule_for(issue)


def assess(
    mapping: Mapping,
    forest: Forest,
    moment: Moment,
    check_ins: CheckIns = NO_CHECK_INS,
    *,
    ledgers: bool = True,
    ended: Ends = NO_ENDS,
    kpis: KpiReadings = NO_KPIS,
    aims: Aims = NO_AIMS,
    carries: Carries = NO_CARRIES,
    settled: States | None = None,
) -> dict[str, ObjectiveState]:
    """The state of every objective by id: those of issues in the order of their ids, then the written ones (`@id`), then those that
    are `settled`, which stand as they are, also for whatever is above them.

    Without `ledgers` the delivery key results come with their numbers but without their rows: a third of the time, for
    finding out which of very many objectives differ.
    """
    assessment = Assessment(
        mapping,
        forest,
        moment,
        check_ins,
        ledgers=ledgers,
        ended=ended,
        kpis=kpis,
        aims=aims,
        carries=carries,
    )
    assessment.look_at_all()
    stands = settled or {}
    measured = {objective.id: objective for objective in _objectives(assessment, stands.keys())}
    return _finished(measured, stands) | dict(stands)


def _objectives(
    assessment: Assessment, besides: collections.abc.Set[str]
) -> collections.abc.Iterator[Objective]:
    for issue in assessment.forest:
        if issue.id in besides:
            continue
        rule, stands = _standing(assessment, issue)
        if rule is not None:
            yield measured_objective(assessment, rule, stands)
    for id_, rule in assessment.written():
        if id_ not in besides:
            yield measured_objective(assessment, rule, None)


def _finished(measured: dict[str, Objective], others: States) -> dict[str, ObjectiveState]:
    """What was measured with what is aligned to it, those of a circle without; `others` are believed."""
    graph = {id_: state.aligned_to for id_, state in others.items()}
    graph |= {id_: objective.aligned_to for id_, objective in measured.items()}
    circles, below = circles_in(graph), _below(graph)
    keys = {id_: state.key for id_, state in others.items()}
    keys |= {id_: objective.key for id_, objective in measured.items()}
    named = {id_: [keys[one] or one for one in circle] for id_, circle in circles.items()}
    known = {id_: _unknown_in(circles, id_, state) for id_, state in others.items()}
    known |= {id_: finish_objective(measured[id_], (), named[id_]) for id_ in circles if id_ in measured}
    for id_ in from_below(graph, circles):
        if id_ in measured:
            aligned = [known[other] for other in below.get(id_, ()) if other in known]
            known[id_] = finish_objective(measured[id_], aligned, named.get(id_, ()))
    return {id_: known[id_] for id_ in measured}


def _below(graph: Graph) -> dict[str, list[str]]:
    """Ids of the objectives aligned to each, in stable order."""
    below: dict[str, list[str]] = {}
    for id_ in sorted(graph, key=issue_order):
        for target in dict.fromkeys(graph[id_]):
            if target != id_:
                below.setdefault(target, []).append(id_)
    return below


def assess_one(
    mapping: Mapping,
    forest: Forest,
    objective_id: str,
    moment: Moment,
    aligned: States | None = None,
    check_ins: CheckIns = NO_CHECK_INS,
) -> ObjectiveState | None:
    """The state of one objective, equal to what `assess` says of it; None where that issue is no objective.

    `forest` has to hold the objective's issue, its descendants and linked issues, and all issues where a relation is by
    JQL. `aligned` has to hold the states of the objectives aligned to it, and of those aligned to them (for circles);
    more does no harm.
    """
    return assess_among(mapping, forest, [objective_id], moment, aligned, check_ins).get(objective_id)


def assess_among(
    mapping: Mapping,
    forest: Forest,
    ids: Iterable[str],
    moment: Moment,
    settled: States | None = None,
    check_ins: CheckIns = NO_CHECK_INS,
    ended: Ends = NO_ENDS,
    kpis: KpiReadings = NO_KPIS,
    aims: Aims = NO_AIMS,
    carries: Carries = NO_CARRIES,
    *,
    ledgers: bool = True,
) -> dict[str, ObjectiveState]:
    """The states of these objectives, each equal to what `assess` says of it, those below before those above; what is none is left out.

    `forest` as for `assess_one`, for all of them. `settled` has to hold the states of all other objectives that hang below any of
    these: they are believed, those of `ids` are measured.
    """
    assessment = Assessment(
        mapping,
        forest,
        moment,
        check_ins,
        ledgers=ledgers,
        ended=ended,
        kpis=kpis,
        aims=aims,
        carries=carries,
    )
    measured: dict[str, Objective] = {}
    for id_ in dict.fromkeys(ids):
        rule, issue = _one(assessment, id_)
        if rule is not None:
            measured[id_] = measured_objective(assessment, rule, issue)
    return _finished(measured, {id_: state for id_, state in (settled or {}).items() if id_ not in measured})


def _one(assessment: Assessment, objective_id: str) -> tuple[ObjectiveRule | None, Issue | None]:
    if objective_id.startswith("@"):
        return next((rule for id_, rule in assessment.written() if id_ == objective_id), None), None
    issue = assessment.forest.issue(objective_id)
    return _standing(assessment, issue) if issue is not None else (None, None)


def _standing(assessment: Assessment, issue: Issue) -> tuple[ObjectiveRule | None, Issue]:
    """The rule by which an issue is an objective: now; or, where it runs in no cycle now, at the end of the cycle it was in last."""
    rule, facts = assessment.rule_for(issue), assessment.ended.get(issue.id)
    if facts is None or (rule is not None and cycle_for(assessment, rule, issue) is not None):
        return rule, issue
    cycle, then = assessment.mapping.cycles.get(facts.cycle_id), facts.forest.issue(issue.id)
    if cycle is None or then is None:
        return rule, issue
    return assessment.at_end(cycle, facts).rule_for(then) or rule, then


def _unknown_in(
    circles: collections.abc.Mapping[str, Sequence[str]], id_: str, state: ObjectiveState
) -> ObjectiveState:
    """A state from before a circle was closed still has a number: within the circle it has none."""
    if id_ not in circles or state.progress is None:
        return state
    return replace(state, progress=None)
