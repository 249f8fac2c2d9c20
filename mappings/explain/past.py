"""Issues as they stood before: the present, with every later change of their history undone. Exact for what the history tells.

Undone are status, resolution, parent, labels, type, project and key, people, priority, due day, components, versions, the summary,
links, and the values of mapped fields. What a history does not tell (deleted issues) is taken as it is now.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from mappings.facts.catalogue import Catalogue, Field, LinkType
from mappings.facts.issue import Issue, JiraValue, Link, Project, Status, User
from mappings.fields import field_type
from mappings.fields.number import Number

_KEY = re.compile(r"[A-Z][A-Z0-9_]*-[0-9]+\b")
SYSTEM = (
    "status",
    "resolution",
    "parent",
    "labels",
    "issuetype",
    "project",
    "issuekey",
    "assignee",
    "reporter",
    "priority",
    "duedate",
    "components",
    "fixVersions",
    "versions",
    "summary",
)
"""Ids of the fields of Jira itself whose changes are undone."""
LINKS = "issuelinks"
"""The links of an issue, whose changes are read where a mapping goes by links."""
DATED = ("status", "resolution")
"""Those of which Jira also says since when they hold."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One change of one field of an issue: what the field held before, as id where it has one and as text.

    Of a field that holds several, one is added (`after_id`) or taken away (`before_id`) by a change. A link has no id in histories: it
    is what they say of it, the key of the other issue at the end ("This issue blocks PLAT-2").
    """

    at: datetime
    field_id: str
    before_id: str | None
    before_text: str | None
    after_id: str | None = None


UNKNOWN = Number()
"""What a field of no known type is taken for: a number, where its words are one."""

Steps = Mapping[str, Iterable[FieldChange]]
"""By issue id."""


class ToldLinks:
    """What histories say of links, by the phrases that link types have today and the keys that issues have or had."""

    def __init__(self, link_types: Iterable[LinkType], ids: Mapping[str, str]) -> None:
        self._ids = ids
        self._said: dict[str, set[Link]] = {}
        for one in link_types:
            for phrase, outward in ((one.outward, True), (one.inward, False)):
                link = Link(type_id=one.id, type_name=one.name, phrase=phrase, issue_id="", outward=outward)
                self._said.setdefault(phrase.casefold(), set()).add(link)

    def link(self, told: str) -> Link | None:
        """The link that is told of; None where no type, or more than one, has its phrase today, or the other issue is not known.

        A phrase that is the same both ways says nothing of the direction.
        """
        words, _, key = told.rpartition(" ")
        other, found = self._ids.get(key), self._meant(words.casefold())
        if other is None or not found or len({one.type_id for one in found}) > 1:
            return None
        first = next(iter(found))
        return replace(first, issue_id=other, outward=first.outward if len(found) == 1 else None)

    def tells(self, step: FieldChange) -> bool:
        """Whether a change of the links of an issue can be undone."""
        return all(self.link(told) is not None for told in (step.before_id, step.after_id) if told)

    def _meant(self, words: str) -> set[Link]:
        """Those of the longest phrase that the words end with."""
        ending = (phrase for phrase in self._said if words == phrase or words.endswith(f" {phrase}"))
        return self._said.get(max(ending, key=len, default=""), set())


class LinkHistory:
    """Of which issues the histories tell the links, back to which instant.

    A history that is silent about links tells that there was no change, but only where Jira tells of links at all: one change of a link in any history shows that.
    """

    def __init__(self, steps: Steps, link_types: Iterable[LinkType], ids: Mapping[str, str]) -> None:
        links, self._untold = ToldLinks(link_types, ids), dict[str, datetime]()
        self._known: frozenset[str] = frozenset()
        found = [(id_, step) for id_, its in steps.items() for step in its if step.field_id == LINKS]
        if found:
            self._known = frozenset(steps)
        for id_, step in found:
            if not links.tells(step):
                self._untold[id_] = max(step.at, self._untold.get(id_, step.at))

    def of(self, issue_id: str, at: datetime) -> bool:
        """Whether every change of the links of an issue that came after an instant can be undone."""
        untold = self._untold.get(issue_id)
        return issue_id in self._known and (untold is None or untold <= at)


class PastIssues:
    """The issues of a site on their way back in time. Goes backwards only: ask for the latest moment first."""

    def __init__(
        self,
        issues: Iterable[Issue],
        steps: Steps,
        catalogue: Catalogue,
        former_keys: Mapping[str, str] | None = None,
    ) -> None:
        self._issues = {issue.id: issue for issue in issues}
        self._ids = dict(former_keys or {}) | {issue.key: issue.id for issue in self._issues.values()}
        self._statuses = {status.id: status for status in catalogue.statuses}
        self._types = {kind.id: kind for kind in catalogue.issue_types}
        self._projects = {project.id: project for project in catalogue.projects}
        self._fields = {field.id: field for field in catalogue.fields}
        self._told_links = ToldLinks(catalogue.link_types, self._ids)
        later = [
            (step.at, id_, step) for id_, found in steps.items() for step in found if id_ in self._issues
        ]
        self._later = sorted(later, key=lambda entry: entry[0])
        self._entries: dict[tuple[str, str], list[FieldChange]] = {}
        for _, id_, step in self._later:
            if step.field_id in DATED:
                self._entries.setdefault((id_, step.field_id), []).append(step)
        self._young = sorted(self._issues.values(), key=lambda issue: issue.created)

    def at(self, moment: datetime) -> Iterator[Issue]:
        """The issues there were, as they were; undoes what came after the moment for good."""
        while self._later and self._later[-1][0] > moment:
            _, id_, step = self._later.pop()
            if id_ in self._issues:
                self._issues[id_] = self._undone(self._issues[id_], step)
        while self._young and self._young[-1].created > moment:
            del self._issues[self._young.pop().id]
        return (_with_readings_until(issue, moment) for issue in self._issues.values())

    def _undone(self, issue: Issue, step: FieldChange) -> Issue:
        if step.field_id in DATED:
            self._entries[issue.id, step.field_id].pop()
        undo = _SYSTEM.get(step.field_id)
        if undo is not None:
            return undo(self, issue, step)
        raw = raw_before(self._fields.get(step.field_id), step)
        return replace(issue, fields={**issue.fields, step.field_id: raw})

    def status(self, issue: Issue, step: FieldChange) -> Issue:
        known = self._statuses.get(step.before_id or "")
        former = known or Status(step.before_id or "", step.before_text or "", None)
        changed = self._entered(issue, former) if issue.status_changed is not None else None
        return replace(issue, status=former, status_changed=changed)

    def _entered(self, issue: Issue, status: Status) -> datetime:
        """Since when the category of a status held: from the last change that came from another one, else from the creation on."""
        for step in reversed(self._entries[issue.id, "status"]):
            known = self._statuses.get(step.before_id or "")
            if known is None or known.category != status.category:
                return step.at
        return issue.created

    def resolution(self, issue: Issue, step: FieldChange) -> Issue:
        former = JiraValue(step.before_id, step.before_text or "") if step.before_id else None
        earlier = self._entries[issue.id, "resolution"]
        resolved = (earlier[-1].at if earlier else issue.created) if former else None
        return replace(issue, resolution=former, resolved=resolved)

    def issue_type(self, issue: Issue, step: FieldChange) -> Issue:
        return replace(issue, type=self._types.get(step.before_id or "", issue.type))

    def project(self, issue: Issue, step: FieldChange) -> Issue:
        """Of a project that Jira no longer lists, the key is the one that the issue had then."""
        key, name = issue.key.rpartition("-")[0], step.before_text or ""
        return replace(
            issue, project=self._projects.get(step.before_id or "", Project(step.before_id or "", key, name))
        )

    def key(self, issue: Issue, step: FieldChange) -> Issue:
        key = _key_in(step.before_text) or issue.key
        project = issue.project
        if project.id not in self._projects:
            project = replace(project, key=key.rpartition("-")[0])
        return replace(issue, key=key, project=project)

    def parent(self, issue: Issue, step: FieldChange) -> Issue:
        """By id; else by the key that stands in the text alone, as Parent Link and Epic Link have it."""
        former = step.before_id if (step.before_id or "").isdecimal() else None
        return replace(issue, parent_id=former or self._ids.get(_key_in(step.before_text)))

    def links(self, issue: Issue, step: FieldChange) -> Issue:
        """One that nobody can tell is left as it is."""
        made = self._told_links.link(step.after_id) if step.after_id else None
        taken = self._told_links.link(step.before_id) if step.before_id else None
        gone = next((one for one in issue.links if made is not None and _same_link(one, made)), None)
        left = tuple(one for one in issue.links if one is not gone)
        if taken is None or any(_same_link(one, taken) for one in left):
            return replace(issue, links=left)
        return replace(issue, links=(*left, taken))


def _key_in(text: str | None) -> str:
    """The key at the beginning of a text: `PLAT-1`, or `PLAT-1 - Faster checkout`."""
    found = _KEY.match((text or "").strip())
    return found[0] if found else ""


def raw_before(field: Field | None, step: FieldChange) -> object:
    """The raw value a field held before a change, by its type; None where it was empty or cannot be told."""
    if step.before_text in (None, ""):
        return None
    type_ = field_type(field) if field is not None else None
    return (type_ or UNKNOWN).from_change(step.before_id, step.before_text)


def _with_readings_until(issue: Issue, moment: datetime) -> Issue:
    if not issue.readings:
        return issue
    until = {
        field_id: tuple(reading for reading in found if reading.at <= moment)
        for field_id, found in issue.readings.items()
    }
    return replace(issue, readings=until)


def _same_link(one: Link, other: Link) -> bool:
    """Whether two links join the same issues the same way; a direction that is not known is any."""
    directed = one.outward is None or other.outward is None or one.outward is other.outward
    return directed and (one.type_id, one.issue_id) == (other.type_id, other.issue_id)


def _named(step: FieldChange) -> JiraValue | None:
    return JiraValue(step.before_id, step.before_text or "") if step.before_id else None


def _user(step: FieldChange) -> User | None:
    return User(step.before_id, step.before_text or "") if step.before_id else None


def _day(step: FieldChange) -> date | None:
    for text in (step.before_id, step.before_text):
        try:
            return date.fromisoformat((text or "")[:10])
        except ValueError:
            continue
    return None


def _several(held: tuple[JiraValue, ...], step: FieldChange) -> tuple[JiraValue, ...]:
    """What was held before one of several was added or taken away."""
    left = tuple(one for one in held if one.id != step.after_id)
    taken = _named(step)
    return left if taken is None or taken.id in {one.id for one in left} else (*left, taken)


_SYSTEM: Mapping[str, Callable[[PastIssues, Issue, FieldChange], Issue]] = {
    "status": PastIssues.status,
    "resolution": PastIssues.resolution,
    "issuetype": PastIssues.issue_type,
    "parent": PastIssues.parent,
    LINKS: PastIssues.links,
    "project": PastIssues.project,
    "issuekey": PastIssues.key,
    "assignee": lambda _, issue, step: replace(issue, assignee=_user(step)),
    "reporter": lambda _, issue, step: replace(issue, reporter=_user(step)),
    "priority": lambda _, issue, step: replace(issue, priority=_named(step)),
    "duedate": lambda _, issue, step: replace(issue, due=_day(step)),
    "components": lambda _, issue, step: replace(issue, components=_several(issue.components, step)),
    "fixVersions": lambda _, issue, step: replace(issue, fix_versions=_several(issue.fix_versions, step)),
    "versions": lambda _, issue, step: replace(
        issue, affects_versions=_several(issue.affects_versions, step)
    ),
    "summary": lambda _, issue, step: replace(issue, summary=step.before_text or ""),
    "labels": lambda _, issue, step: replace(issue, labels=tuple((step.before_text or "").split())),
}
