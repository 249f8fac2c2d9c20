"""How much of the work serves the objectives of a cycle, and what serves none of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from mappings.document.mapping import Mapping
from mappings.document.schema import CyclePart
from mappings.facts.forest import Forest
from mappings.facts.issue import Issue
from mappings.facts.moment import Moment
from mappings.numbers import first_filled
from mappings.practice.double_count import work_rows
from mappings.rollup.assessment import Assessment
from mappings.rollup.rows.ledger import Disposition
from mappings.rollup.rows.weights import COUNTING, AlikeRows, weigh
from mappings.rollup.state import ObjectiveState
from mappings.rollup.team import issue_team

DONE = "done"
SHOWN_KEYS = 200
"""So many keys stand in the JQL of a project; more make an address that no browser takes."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A piece of work that could serve an objective. `weight` None: it has none of its own."""

    id: str
    key: str
    project: str
    team: str | None
    weight: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Orphans:
    """The work of one project that serves no objective of the cycle: how much it is, and JQL for (the first of) it."""

    project: str
    count: int
    keys: tuple[str, ...]

    @property
    def jql(self) -> str:
        """What finds it in Jira."""
        return f"key in ({', '.join(self.keys)})"


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many of the candidates serve. `weighed` is the share by weight, None where the mapping has no weight, or nothing weighs."""

    candidates: int
    serving: int
    weighed: Fraction | None
    orphans: tuple[Orphans, ...]

    @property
    def share(self) -> Fraction | None:
        """The share by count; unknown where there is no work at all."""
        return Fraction(self.serving, self.candidates) if self.candidates else None


class CandidateSearch:
    """Finds candidates among the issues of a site, for one cycle at one moment."""

    def __init__(
        self, mapping: Mapping, cycle: CyclePart, moment: Moment, states: Iterable[ObjectiveState]
    ) -> None:
        """`states` are all objectives of the site: they and their key results are no work where the mapping does not say what is."""
        self._assessment = Assessment(mapping, Forest.of(()), moment)
        self._cycle = cycle
        self._part = mapping.document.coverage
        self._weights = [
            mapping.fields[alias].id for alias in weight_aliases(mapping) if alias in mapping.fields
        ]
        self._aims = {id_ for state in states for id_ in aim_ids(state)}

    def candidate(self, issue: Issue) -> Candidate | None:
        """The issue as a candidate; None where it is none."""
        if not self._selected(issue) or not self._live(issue) or not self._assessment.inside(issue):
            return None
        mapping = self._assessment.mapping
        raw = first_filled(issue.fields, self._weights)
        weight = self._assessment.numbers.read(raw)
        if weight is None and raw is not None:
            weight = Fraction(0)  # text in a weight field: it weighs nothing that could be told
        return Candidate(
            id=issue.id,
            key=issue.key,
            project=issue.project.key,
            team=issue_team(mapping, issue),
            weight=weight,
        )

    def _selected(self, issue: Issue) -> bool:
        selector = self._assessment.mapping.coverage
        if selector is not None:
            return selector.matches(issue, self._assessment.moment)
        return issue.type.level == 0 and issue.id not in self._aims

    def _live(self, issue: Issue) -> bool:
        """Open at the moment or finished in the cycle, and not excluded."""
        closed = self._assessment.statuses.closed(issue)
        if closed is not None and closed.disposition is Disposition.EXCLUDED:
            return False
        if issue.status.category != DONE:
            return True
        finished = issue.resolved or issue.status_changed
        return finished is not None and self._within(finished)

    def _within(self, at: datetime) -> bool:
        day = at.astimezone(self._assessment.mapping.zone).date()
        return self._cycle.start <= day <= self._cycle.end


def weight_aliases(mapping: Mapping) -> tuple[str, ...]:
    """The fields that work is weighed by."""
    part = mapping.document.coverage
    if part is None or part.weight is None:
        return ()
    return (part.weight,) if isinstance(part.weight, str) else part.weight


def aim_ids(state: ObjectiveState) -> Iterable[str]:
    """The issues that are the objective and its key results."""
    found = (state.issue_id, *(one.issue_id for one in state.key_results))
    return [id_ for id_ in found if id_ is not None]


def issues_served(states: Iterable[ObjectiveState]) -> frozenset[str]:
    """The issues that are a row of a key result of these objectives; one that is measured by its children serves as well."""
    return frozenset(row.id for state in states for row in work_rows(state))


def coverage(candidates: Iterable[Candidate], serving: frozenset[str], *, weighed: bool = False) -> Coverage:
    """Of these candidates, how many serve; `weighed`: also by weight, a missing one being the mean of those that are there."""
    found = sorted(candidates, key=lambda one: (one.project, _number(one.key), one.key))
    orphans: dict[str, list[str]] = defaultdict(list)
    for one in found:
        if one.id not in serving:
            orphans[one.project].append(one.key)
    return Coverage(
        len(found),
        sum(one.id in serving for one in found),
        _weighed(found, serving) if weighed else None,
        tuple(Orphans(project, len(keys), tuple(keys[:SHOWN_KEYS])) for project, keys in orphans.items()),
    )


def _weighed(found: list[Candidate], serving: frozenset[str]) -> Fraction | None:
    weights = weigh([AlikeRows(Disposition.COUNTED, one.weight) for one in found], "siblings_mean")
    known = [
        (one.id in serving, weight.weight)
        for one, weight in zip(found, weights, strict=True)
        if weight.disposition in COUNTING and weight.weight is not None
    ]
    whole = sum((weight for _, weight in known), Fraction(0))
    return sum((weight for serves, weight in known if serves), Fraction(0)) / whole if whole else None


def _number(key: str) -> int:
    digits = key.rpartition("-")[2]
    return int(digits) if digits.isdecimal() else 0
