"""Which rows moved a number, so that the brake can ask of each whether Jira has a word on it. Pure.

A change is explained where every row that moved was edited in Jira since, or where none did and the clock alone moved it. What changed
without an edit (a field that was deleted, a status in another category) explains nothing, and a comment on such a row does neither: its
`updated` grew, but its history does not tell of what moved. That holds for links, for fields of apps and for issues that were not known, too.
A sprint that ends and a version that is released edit no issue: there Jira's word is what it says of that very thing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from mappings.explain.past import LINKS, FieldChange
from mappings.facts.issue import STATUS_CATEGORY, Issue, JiraValue
from mappings.facts.selector import Selector
from mappings.fields.thing_states import StateChange, ThingReader, changes
from mappings.rollup.rows.ledger import Contribution
from mappings.rollup.state import KeyResultState, ObjectiveState

SECOND = timedelta(seconds=1)
Print = tuple[object, ...]
ALIGNED, TOGETHER = "aligned", "together"
"""Subjects of rows that are no issue of a key result: what is aligned, and what together is one key result."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The ids of the issues that moved an objective, and which of them moved the key result that is an issue, by its id.

    `aligned` are the objectives below that moved it.
    """

    all: frozenset[str] = frozenset()
    of_key_result: Mapping[str, frozenset[str]] = field(default_factory=dict)
    aligned: frozenset[str] = frozenset()

    def with_others(self, others: Mapping[str, frozenset[str]]) -> Rows:
        """And with those that moved these rows."""
        every = frozenset[str]().union(*others.values())
        of_key_result = {
            id_: rows.union(*(others[row] for row in rows & others.keys()))
            for id_, rows in self.of_key_result.items()
        }
        return replace(self, all=self.all | every, of_key_result=of_key_result)

    def behind(self, issue_id: str, objective_id: str) -> frozenset[str]:
        """What moved the number on this issue: the objective itself, or one of its key results."""
        return self.all if issue_id == objective_id else self.of_key_result.get(issue_id, self.all)


@dataclass(frozen=True, slots=True)
class UnheardEdit:
    """An issue that says something else than it did, and that Jira dates later: when it was edited as it was `known`, when it is `updated` now, and of which
    fields (ids, as histories tell them) it says something else. `ends` are the issues at the other ends of links that came or went.

    An issue that `came` was not known, though it was made before all were read last, or it went out of the scope: an entry of one of
    these fields is what brought it in, or out.
    """

    known: datetime
    updated: datetime
    moved: frozenset[str] = frozenset()
    ends: frozenset[str] = frozenset()
    came: bool = False
    former: Mapping[str, str] = field(default_factory=dict)
    """What it said before, by field as short names of the values: of those that moved; of one that went out, of all."""

    @property
    def tellable(self) -> bool:
        """Whether a history could tell of all that moved."""
        return STATUS_CATEGORY not in self.moved

    def told_by(self, steps: Iterable[FieldChange]) -> bool:
        """Whether a history tells of all that moved.

        A change of the very second that was known last is taken for the one that was seen: some databases keep of an issue's `updated`
        no more than the second, and of its history the millisecond. Else an edit of before would explain what changed without one.
        """
        seen = self.known.replace(microsecond=0) + SECOND
        told = {one.field_id for one in steps if one.at >= seen}
        return self.tellable and (not self.moved.isdisjoint(told) if self.came else self.moved <= told)

    def without_links(self) -> UnheardEdit:
        """The same where the issues at the other ends are gone: their links went with them, and no history tells of that."""
        return replace(self, moved=self.moved - {LINKS}, ends=frozenset())


Same = Callable[[str, object, object], bool]
"""Whether two raw values of a field, given by its id, are the same."""


def moved_facts(before: Issue, after: Issue, told: Iterable[str], same: Same) -> frozenset[str]:
    """The ids of the fields of which two readings of an issue say something else, of those that numbers depend on.

    `told` are the fields whose raw values are kept, those of apps too: a computed one of which no history tells explains nothing. The category of a status is no field: where it alone is another one, that stands for it.
    """
    facts = {name: (of(before), of(after)) for name, of in FACTS.items()}
    found = {name for name, (old, new) in facts.items() if old != new}
    if "status" not in found and before.status.category != after.status.category:
        found.add(STATUS_CATEGORY)
    if changed_ends(before, after):
        found.add(LINKS)
    for name in told:
        old, new = before.fields.get(name), after.fields.get(name)
        if old != new and not same(name, old, new):
            found.add(name)
    return frozenset(found)


def plain_facts(issue: Issue) -> dict[str, object]:
    """What an issue says of Jira's own fields, its links, and the category of its status, as JSON values that are equal where that is the same."""
    found = {name: _plain(of(issue)) for name, of in FACTS.items()}
    links = sorted(f"{one.type_id} {one.issue_id} {one.outward}" for one in issue.links)
    return {**found, LINKS: links, STATUS_CATEGORY: issue.status.category}


def _plain(value: object) -> object:
    return sorted(value) if isinstance(value, frozenset) else str(value) if isinstance(value, date) else value


def moved_since(base: Mapping[str, str], now: Mapping[str, str]) -> frozenset[str]:
    """The ids of the fields that say something else than they did, by the short names of both; what was not noted then did not move."""
    found = {name for name, one in base.items() if now.get(name, one) != one}
    return frozenset(found - {STATUS_CATEGORY} if "status" in found else found)


def state_changes(before: Issue, after: Issue, stating: Mapping[str, ThingReader]) -> tuple[StateChange, ...]:
    """The sprints and versions held by both readings of an issue of which Jira says another state; `stating` reads the fields that hold such."""
    found = (
        one
        for field_id, read in stating.items()
        for one in changes(read(before.fields.get(field_id)), read(after.fields.get(field_id)))
    )
    return tuple(dict.fromkeys(found))


def changed_ends(before: Issue, after: Issue) -> frozenset[str]:
    """The issues at the other ends of links that one reading of an issue has and another has not. What a link is called is no matter, and the way it points none where that was not kept."""
    kept = all(link.outward is not None for link in (*before.links, *after.links))
    old, new = (
        {(link.type_id, link.issue_id, link.outward if kept else None) for link in issue.links}
        for issue in (before, after)
    )
    return frozenset(end for _, end, _ in old ^ new)


def entrances(scope: Selector) -> frozenset[str]:
    """The ids of the fields of which an entry of a history can tell what brought an issue into this scope, or into sight. None where any edit does, a comment too."""
    if "updated" in scope.asks:
        return frozenset()
    links = {LINKS} if scope.linked else frozenset[str]()
    return ALWAYS_ENTERED.union(
        links, scope.fields, (ENTRY_FIELDS.get(name, name.lower()) for name in scope.asks)
    )


ALWAYS_ENTERED = frozenset({"project", "issuekey", "security"})
"""An issue is moved from a project that is not looked at, and shown to more people than before, whatever the scope asks."""
ENTRY_FIELDS: Mapping[str, str] = {
    "affectedVersion": "versions",
    "category": "project",
    "component": "components",
    "due": "duedate",
    "fixVersion": "fixVersions",
    "hierarchyLevel": "issuetype",
    "issueLinkType": LINKS,
    "level": "security",
    "originalEstimate": "timeoriginalestimate",
    "remainingEstimate": "timeestimate",
    "resolved": "resolution",
    "statusCategory": "status",
    "statusCategoryChangedDate": "status",
    "text": "summary",
}
"""What histories call what JQL asks for, where that is another word."""


def _ids(values: Iterable[JiraValue]) -> frozenset[str]:
    return frozenset(one.id for one in values)


FACTS: Mapping[str, Callable[[Issue], object]] = {
    "status": lambda issue: issue.status.id,
    "resolution": lambda issue: issue.resolution and issue.resolution.id,
    "parent": lambda issue: issue.parent_id,
    "labels": lambda issue: frozenset(issue.labels),
    "issuetype": lambda issue: issue.type.id,
    "project": lambda issue: issue.project.id,
    "assignee": lambda issue: issue.assignee and issue.assignee.id,
    "reporter": lambda issue: issue.reporter and issue.reporter.id,
    "priority": lambda issue: issue.priority and issue.priority.id,
    "duedate": lambda issue: issue.due,
    "components": lambda issue: _ids(issue.components),
    "fixVersions": lambda issue: _ids(issue.fix_versions),
    "versions": lambda issue: _ids(issue.affects_versions),
}
"""What an issue says of Jira's own fields, by id where it has one: that something is called otherwise moves nothing."""


def moved_rows(before: ObjectiveState | None, after: ObjectiveState | None) -> Rows:
    """The rows that came, went, or stand otherwise; of an objective that came or went all of them, and itself."""
    old, new = _prints(before), _prints(after)
    differing = {place for place in old.keys() | new.keys() if old.get(place) != new.get(place)}
    ids = {row for _, row in differing}
    ids |= {one.id for one in (before, after) if one is not None and (before is None or after is None)}
    found: dict[str, set[str]] = {}
    for subject, row in differing:
        found.setdefault(subject, set()).add(row)
    subjects = {one.issue_id for state in (before, after) if state for one in state.key_results}
    by_subject = {id_: frozenset(found.get(id_, ())) for id_ in subjects if id_ is not None}
    return Rows(
        frozenset(ids), by_subject, frozenset(row for subject, row in differing if subject == ALIGNED)
    )


def _prints(state: ObjectiveState | None) -> dict[tuple[str, str], Print]:
    """By subject (a key result's issue, or nothing) and row, what the number depends on."""
    if state is None:
        return {}
    found = {}
    issues = {one.id: one.issue_id or "" for one in state.key_results}
    for row in (*state.ledger.rows, *state.beside.rows):
        if row.id not in issues:  # an aligned objective; key results follow with their own rows
            found[ALIGNED, row.id] = _print(row)
    for one in state.key_results:
        subject = one.issue_id or TOGETHER
        found |= {(subject, id_): made for id_, made in _of_key_result(one)}
    return found


def _of_key_result(one: KeyResultState) -> Iterator[tuple[str, Print]]:
    """Its rows; itself, where it has none or is weighed by its issue."""
    if one.issue_id is not None:
        number = None if one.measurement.clocked else one.measurement.raw
        aims = (
            one.measurement.start,
            one.measurement.target,
            one.measurement.at_least,
            one.measurement.at_most,
        )
        own = number if one.measurement.ledger.plain else None
        yield one.issue_id, (one.weight, one.contributing, own, *aims)
    if not one.measurement.ledger.plain:
        for row in one.measurement.ledger.rows:
            if row.id != one.issue_id:
                yield row.id, _print(row)


def _print(row: Contribution) -> Print:
    """A weight that stands in for a missing one follows the others, and moves nothing by itself."""
    return (row.disposition, row.progress, None if row.stand_in else row.weight)
