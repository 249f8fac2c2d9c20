"""Issues as they stood before: the present, with every later change of their history undone. Exact for what the history tells.

Undone are status, resolution, parent, labels, type and the values of mapped fields. What a history does not tell (links, deleted
issues) is taken as it is now.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from mappings.facts.catalogue import Catalogue, Field
from mappings.facts.issue import Issue, Named, Status
from mappings.fields import field_type
from mappings.fields.number import Number

_KEY = re.compile(r"[A-Z][A-Z0-9_]*-[0-9]+\b")
SYSTEM = ("status", "resolution", "parent", "labels", "issuetype")
"""Ids of the fields of Jira itself whose changes are undone."""


@dataclass(frozen=True, slots=True)
class Step:
    """One change of one field of an issue: what the field held before, as id where it has one and as text."""

    at: datetime
    field_id: str
    before_id: str | None
    before_text: str | None


UNKNOWN = Number()
"""What a field of no known type is taken for: a number, where its words are one."""

Steps = Mapping[str, Iterable[Step]]
"""By issue id."""


class Past:
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
        self._fields = {field.id: field for field in catalogue.fields}
        later = [
            (step.at, id_, step) for id_, found in steps.items() for step in found if id_ in self._issues
        ]
        self._later = sorted(later, key=lambda entry: entry[0])
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

    def _undone(self, issue: Issue, step: Step) -> Issue:
        undo = _SYSTEM.get(step.field_id)
        if undo is not None:
            return undo(self, issue, step)
        raw = raw_before(self._fields.get(step.field_id), step)
        return replace(issue, fields={**issue.fields, step.field_id: raw})

    def status(self, issue: Issue, step: Step) -> Issue:
        known = self._statuses.get(step.before_id or "")
        former = known or Status(step.before_id or "", step.before_text or "", None)
        return replace(issue, status=former, status_changed=None)

    def resolution(self, issue: Issue, step: Step) -> Issue:
        former = Named(step.before_id, step.before_text or "") if step.before_id else None
        return replace(issue, resolution=former, resolved=issue.resolved if former else None)

    def issue_type(self, issue: Issue, step: Step) -> Issue:
        return replace(issue, type=self._types.get(step.before_id or "", issue.type))

    def parent(self, issue: Issue, step: Step) -> Issue:
        """By id; else by the key that stands in the text alone, as Parent Link and Epic Link have it."""
        former = step.before_id if (step.before_id or "").isdecimal() else None
        return replace(issue, parent_id=former or self._ids.get(_key_in(step.before_text)))


def _key_in(text: str | None) -> str:
    """The key at the beginning of a text: `PLAT-1`, or `PLAT-1 - Faster checkout`."""
    found = _KEY.match((text or "").strip())
    return found[0] if found else ""


def raw_before(field: Field | None, step: Step) -> object:
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


_SYSTEM: Mapping[str, Callable[[Past, Issue, Step], Issue]] = {
    "status": Past.status,
    "resolution": Past.resolution,
    "issuetype": Past.issue_type,
    "parent": Past.parent,
    "labels": lambda _, issue, step: replace(issue, labels=tuple((step.before_text or "").split())),
}
