"""Where objectives stood at an instant: the issues as they stood then, measured by the same rules as those of now. Reads no clock.

What is not known of that instant is said of every number that hangs on it (`mappings.explain.certainty`).
"""

from __future__ import annotations

import collections.abc
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from mappings.document.mapping import Mapping
from mappings.explain.certainty import Certainty, NamedDoubt, Uncertainty, certainty
from mappings.explain.check_in import CheckIns
from mappings.explain.past import LinkHistory, PastIssues
from mappings.facts.forest import Forest
from mappings.facts.issue import Issue
from mappings.facts.moment import Moment
from mappings.rollup.assessment import NO_ENDS, Aims, Ends, KpiReadings
from mappings.rollup.cycles.carry import NO_CARRIES, Carries
from mappings.rollup.cycles.cycle_end import EndFacts, PastFacts, end_of, has_ended
from mappings.rollup.measurement import assess_among
from mappings.rollup.state import ObjectiveState
from mappings.rollup.structure.alignment import link_phrase

REMEMBERED = 3
"""Forests that are kept: one may be all issues of a site."""
States = collections.abc.Mapping[str, ObjectiveState]


@dataclass(frozen=True, slots=True)
class Records:
    """What our own records say of an instant: what people had said, what KPIs were worth, and of cycles that had ended.

    `fixed` are states that stand as they were noted, whatever the facts would come to.
    """

    check_ins: CheckIns = field(default_factory=dict)
    kpis: KpiReadings = field(default_factory=dict)
    ended: Ends = field(default_factory=dict)
    aims: Aims = field(default_factory=dict)
    carries: Carries = NO_CARRIES
    fixed: States = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PastStanding:
    """Where an objective stood, and how sure that is."""

    state: ObjectiveState
    doubts: tuple[NamedDoubt, ...] = ()

    @property
    def certainty(self) -> Certainty:
        """What the doubts come to."""
        return certainty(self.doubts, self.state.progress)


class Retrospect:
    """The issues of a site as they stood at any instants; cheapest where the latest instant is asked for first.

    At `now` they stand as they do: Jira's clock may be ahead of it.
    """

    def __init__(self, witness: PastFacts, now: datetime) -> None:
        self._witness = witness
        self._now = now
        self._issues = tuple(witness.issues)
        self._past: tuple[datetime, PastIssues] | None = None
        self._forests: dict[datetime, Forest] = {}
        self._touched: dict[datetime, dict[str, Issue]] = {}
        self._untold: dict[datetime, dict[str, str]] = {}
        self._statuses = {status.id for status in witness.catalogue.statuses}
        self._links: LinkHistory | None = None

    @property
    def begins(self) -> datetime | None:
        """When the oldest issue was created: before that nothing is known; None where there is no issue."""
        return min((issue.created for issue in self._issues), default=None)

    def forest(self, at: datetime) -> Forest:
        """The issues there were, as they were."""
        found = self._forests.get(at)
        if found is None:
            found = Forest.of(self._issues if at >= self._now else self._as_they_were(at))
            while len(self._forests) >= REMEMBERED:
                del self._forests[next(iter(self._forests))]
            self._forests[at] = found
        return found

    def _as_they_were(self, at: datetime) -> Iterator[Issue]:
        if self._past is None or self._past[0] < at:
            told = self._witness
            past = PastIssues(self._issues, told.histories, told.catalogue, told.former_keys)
        else:
            past = self._past[1]
        self._past = (at, past)
        return past.at(at)

    def touched_since(self, at: datetime) -> dict[str, Issue]:
        """The issues, as they are now, that were there then and were touched later; by id."""
        found = self._touched.get(at)
        if found is None:
            later = self._issues if at < self._now else ()
            found = {issue.id: issue for issue in later if issue.created <= at < issue.updated}
            self._touched = {at: found}
        return found

    def created(self, issue_id: str) -> datetime | None:
        """When an issue was created; None for one that is not known."""
        return next((issue.created for issue in self._issues if issue.id == issue_id), None)

    def untold(self, at: datetime) -> dict[str, str]:
        """Those among them whose history is not known: key by id."""
        found = self._untold.get(at)
        if found is None:
            told = self._witness.histories
            found = {id_: issue.key for id_, issue in self.touched_since(at).items() if id_ not in told}
            self._untold = {at: found}
        return found

    def links_told(self, issue_id: str, at: datetime) -> bool:
        """Whether the history of an issue tells the links that it had."""
        if self._links is None:
            self._links = self._witness.links_told
        return self._links.of(issue_id, at)

    def status_gone(self, issue: Issue) -> bool:
        """Whether it had a status that there no longer is."""
        return issue.status.category is None and issue.status.id not in self._statuses


def measure_as_of(
    mapping: Mapping, retrospect: Retrospect, moment: Moment, records: Records
) -> dict[str, ObjectiveState]:
    """The state of every objective there was at a moment."""
    forest = retrospect.forest(moment.now)
    written = [f"@{rule.part.id}" for rule in mapping.objectives if rule.select is None]
    ids = [id_ for id_ in (*forest.by_id, *written) if id_ not in records.fixed]

    def assessed(ended: Ends) -> dict[str, ObjectiveState]:
        return _assessed(mapping, forest, ids, moment, records, ended)

    states = assessed(records.ended)
    fresh = _ends(mapping, retrospect, moment, records, states)
    if fresh:
        states = assessed({**records.ended, **fresh})
    return {**records.fixed, **states}


def _assessed(
    mapping: Mapping, forest: Forest, ids: list[str], moment: Moment, records: Records, ended: Ends
) -> dict[str, ObjectiveState]:
    said, read, aims = records.check_ins, records.kpis, records.aims
    return assess_among(mapping, forest, ids, moment, records.fixed, said, ended, read, aims, records.carries)


def _ends(
    mapping: Mapping, retrospect: Retrospect, moment: Moment, records: Records, states: States
) -> dict[str, EndFacts]:
    """The facts of the ends of cycles that were over at the moment, of which no record tells."""
    waiting: dict[str, list[ObjectiveState]] = {}
    for state in states.values():
        known = records.ended.get(state.id)
        cycle = mapping.cycles.get(state.cycle_id)
        if cycle is not None and cycle.measured == "close":
            continue  # its facts are those of the moment, until it is closed
        if cycle is not None and has_ended(cycle, moment) and (known is None or known.cycle_id != cycle.id):
            waiting.setdefault(cycle.id, []).append(state)
    found: dict[str, EndFacts] = {}
    for cycle_id, ended in waiting.items():
        cycle = mapping.cycles.get(cycle_id)
        if cycle is None:  # pragma: no cover  it was there a moment ago
            continue
        then = retrospect.forest(end_of(cycle, mapping.zone))
        end = Moment(end_of(cycle, mapping.zone), mapping.zone, moment.account_id)
        end = then.moment(end, mapping.roots())
        written = [f"@{rule.part.id}" for rule in mapping.objectives if rule.select is None]
        alone = replace(records, fixed={})
        stood = _assessed(mapping, then, [*then.by_id, *written], end, alone, NO_ENDS)
        for state in ended:
            before = stood.get(state.id)
            touched = state.touched | {state.id} | (before.touched if before is not None else frozenset())
            if mapping.roots():
                touched |= then.above(touched)
            issues = tuple(one for id_ in sorted(touched) if (one := then.issue(id_)) is not None)
            aligned = tuple(stood[id_] for id_ in sorted(stood) if state.id in stood[id_].aligned_to)
            found[state.id] = EndFacts(cycle_id, issues, aligned)
    return found


def missing_histories(retrospect: Retrospect, at: datetime) -> tuple[NamedDoubt, ...]:
    """What is not certain of any state of an instant: nobody knows where an issue stood whose history is not known."""
    return tuple(NamedDoubt(Uncertainty.HISTORY_MISSING, key) for key in retrospect.untold(at).values())


def own_doubts(
    mapping: Mapping,
    retrospect: Retrospect,
    at: datetime,
    state: ObjectiveState,
    fields: Iterable[NamedDoubt] = (),
) -> tuple[NamedDoubt, ...]:
    """What is not certain of a state by the issues that it hangs on, and by `fields`, the doubts that come with the mapping.

    It costs as much as these issues, however large the site is. `missing_histories` stands beside it.
    """
    forest, mine = retrospect.forest(at), state.touched | {state.id}
    untold, touched = retrospect.untold(at), retrospect.touched_since(at)
    found = set(fields)
    found |= {NamedDoubt(Uncertainty.HISTORY_MISSING, untold[id_]) for id_ in mine if id_ in untold}
    if looks_at_links(mapping):
        doubtful = (id_ for id_ in mine if id_ in touched and not retrospect.links_told(id_, at))
        found |= {NamedDoubt(Uncertainty.LINKS_AS_NOW, touched[id_].key) for id_ in doubtful}
    there = (forest.issue(id_) for id_ in mine)
    found |= {
        NamedDoubt(Uncertainty.STATUS_GONE, issue.key)
        for issue in there
        if issue is not None and retrospect.status_gone(issue)
    }
    return tuple(sorted(found))


def looks_at_links(mapping: Mapping) -> bool:
    """Whether links decide what is a key result, a row or aligned, or what a JQL of the mapping selects."""
    besides = {*mapping.kpi_selectors(), mapping.coverage}  # no number of an objective hangs on these
    return any(one.linked for one in mapping.selectors() if one not in besides) or any(
        link_phrase(mapping, rule) is not None
        or any(hasattr(one.part.relation, "link") for one in rule.key_results)
        for rule in mapping.objectives
    )
