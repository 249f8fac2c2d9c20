"""What a mapping takes at its word and people may not mean, told with the issues concerned: found among issues that were read before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Generic, TypeVar

from mappings.document.calendar import looks_like
from mappings.document.mapping import KeyResultRule
from mappings.document.mapping import Mapping as BoundMapping
from mappings.document.text.places import Path
from mappings.facts.issue import Issue
from mappings.facts.moment import Moment
from mappings.numbers import number_in
from mappings.progress import RULE_OF_KIND
from mappings.progress.rule import Doubt
from mappings.rollup.cycles.cycle import cycle_of, names_of_cycles
from mappings.rollup.measurement import objective_rule
from mappings.rollup.rows.ledger import Disposition
from mappings.rollup.rows.statuses import DONE, StatusReader

NAMED = 5
"""How many issues are named before the others are only counted."""
CANCELLED = frozenset(
    [
        "cancelled",
        "canceled",
        "abandoned",
        "rejected",
        "declined",
        "discarded",
        "dropped",
        "obsolete",
        "withdrawn",
        "duplicate",
        "invalid",
        "abgebrochen",
        "abgelehnt",
        "verworfen",
        "annulé",
        "abandonné",
        "rejeté",
        "cancelado",
        "rechazado",
        "descartado",
        "annullato",
        "rifiutato",
        "geannuleerd",
        "anulowane",
    ]
) | {"won't do", "won't fix", "will not do", "not doing", "won’t do", "won’t fix"}
"""What people call a status that is an end, but no success."""


Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class IssueSample:
    """Issues that something is said of: the keys of the first, and how many there are."""

    keys: tuple[str, ...] = ()
    number: int = 0

    def __str__(self) -> str:
        more = f" and {self.number - len(self.keys)} more" if self.number > len(self.keys) else ""
        count = "1 issue" if self.number == 1 else f"{self.number} issues"
        return f"{count} ({', '.join(self.keys)}{more})"


@dataclass(frozen=True, slots=True)
class Doubts:
    """Whom what concerns: statuses named as cancelled that count as done, by name; what progress rules find doubtful, by place;
    fields for story points that say different things, by their ids; names that look like cycles and are none, by rule and name.
    """

    cancelled: Mapping[str, IssueSample] = field(default_factory=dict)
    by_rules: Mapping[tuple[Path, Doubt], IssueSample] = field(default_factory=dict)
    points: Mapping[tuple[str, str], IssueSample] = field(default_factory=dict)
    cycles: Mapping[tuple[Path, str], IssueSample] = field(default_factory=dict)


class _FoundIssues(Generic[Key]):
    """Issues by what they are found for."""

    def __init__(self) -> None:
        self._issues: dict[Key, list[str]] = {}

    def add(self, key: Key, issue: Issue) -> None:
        self._issues.setdefault(key, []).append(issue.key)

    def concerned(self) -> dict[Key, IssueSample]:
        return {key: IssueSample(tuple(keys[:NAMED]), len(keys)) for key, keys in self._issues.items()}


def doubts(
    mapping: BoundMapping, issues: Iterable[Issue], moment: Moment, points: Iterable[str] = ()
) -> Doubts:
    """What is found among these issues of the scope; `points` are the ids of all fields of the site for story points."""
    reader = StatusReader(mapping.statuses, moment)
    rules = list(_by_rows(mapping))
    pairs = list(_pairs(points))
    cancelled, differing = _FoundIssues[str](), _FoundIssues[tuple[str, str]]()
    doubted, unlisted = _FoundIssues[tuple[Path, Doubt]](), _FoundIssues[tuple[Path, str]]()
    for issue in issues:
        for named in _cycles_nobody_knows(mapping, issue, moment):
            unlisted.add(named, issue)
        mine = [
            (path, rule) for path, rule in rules if rule.select is None or rule.select.matches(issue, moment)
        ]
        if mine and _is_cancelled(issue, reader):
            cancelled.add(issue.status.name, issue)
        for path, rule in mine:
            options = rule.part.progress
            doubt = RULE_OF_KIND[options.kind].doubt(options, mapping.ids_read(options), issue)
            if doubt is not None:
                doubted.add(((*path, doubt.option), doubt), issue)
        for pair in pairs:
            if _differ(issue, *pair):
                differing.add(pair, issue)
    return Doubts(cancelled.concerned(), doubted.concerned(), differing.concerned(), unlisted.concerned())


def _cycles_nobody_knows(mapping: BoundMapping, issue: Issue, moment: Moment) -> Iterator[tuple[Path, str]]:
    """What an objective says of its cycle and no cycle is called; a bare label only where it looks like one."""
    rule = objective_rule(mapping, issue, moment)
    if rule is None or isinstance(rule.part.cycle, str | None):
        return
    if cycle_of(mapping, rule.part.cycle, issue, moment.today) is not None:
        return
    path = (*rule.path, "cycle")
    for name in names_of_cycles(mapping, rule.part.cycle, issue):
        if looks_like(name) is not None:
            yield path, name


def _by_rows(mapping: BoundMapping) -> Iterator[tuple[Path, KeyResultRule]]:
    for objective in mapping.objectives:
        for index, rule in enumerate(objective.key_results):
            if RULE_OF_KIND[rule.part.progress.kind].by_rows:
                options = () if objective.plain else ("progress",)
                yield objective.path_of(index, *options), rule


def _pairs(points: Iterable[str]) -> Iterator[tuple[str, str]]:
    known = list(dict.fromkeys(points))
    for place, one in enumerate(known):
        yield from ((one, other) for other in known[place + 1 :])


def _is_cancelled(issue: Issue, reader: StatusReader) -> bool:
    if issue.status.category != DONE or issue.status.name.strip().casefold() not in CANCELLED:
        return False
    reading = reader.read(issue)
    return reading.disposition is Disposition.COUNTED and reading.fraction == Fraction(1)


def _differ(issue: Issue, one: str, other: str) -> bool:
    values = [number_in(issue.fields.get(id_)) for id_ in (one, other)]
    return None not in values and values[0] != values[1]
