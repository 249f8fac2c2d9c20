"""What has to change in Jira: desired against actual field values, and the plan in between. Executes nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from mappings.facts.forest import issue_order
from mappings.facts.issue import Issue
from mappings.write_back.desired_values import DesiredValue, Lookup


@dataclass(frozen=True, slots=True)
class Change:
    """One place of one issue (`field_id` is the id of the place): the JSON value Jira has, the JSON value it shall get, and why. None clears it.

    `stays`: what is written stays when the issue or the field leaves the mapping. `until`: the last day of the objective's cycle,
    after which it stays in any case. `left`: this change itself clears what was left behind.
    """

    issue_id: str
    issue_key: str
    field_id: str
    field_name: str
    before: object
    after: object
    reason: str
    stays: bool = False
    until: date | None = None
    left: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """An ordered set of changes for one objective. An empty plan is the end of every loop."""

    objective_id: str
    changes: tuple[Change, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.changes)

    def by_issue(self) -> dict[str, tuple[Change, ...]]:
        """Changes grouped by issue id: one edit per issue carries all its fields."""
        grouped: dict[str, list[Change]] = {}
        for change in self.changes:
            grouped.setdefault(change.issue_id, []).append(change)
        return {issue_id: tuple(changes) for issue_id, changes in grouped.items()}


def plan(objective_id: str, wanted: Iterable[DesiredValue], actual: Lookup, cause: str = "") -> Plan:
    """The fewest changes that make actual equal to desired, by issue id and then place id.

    A place that is equal gives nothing, and so does an issue that the mirror does not hold:
    what it has is not known. `cause` ends each reason ("PLAT-7 moved to Done").
    """
    changes = (change(item, actual(item.issue_id), cause) for item in wanted)
    found = [made for made in changes if made is not None]
    return Plan(
        objective_id, tuple(sorted(found, key=lambda made: (issue_order(made.issue_id), made.field_id)))
    )


def change(wanted: DesiredValue, issue: Issue | None, cause: str = "") -> Change | None:
    """The change of one place, or None where it is right already."""
    if issue is None:
        return None
    before = wanted.place.actual(issue)
    if wanted.place.equal(before, wanted.raw):
        return None
    return Change(
        issue_id=wanted.issue_id,
        issue_key=issue.key,
        field_id=wanted.place.id,
        field_name=wanted.place.name,
        before=before,
        after=wanted.raw,
        reason=reason(wanted, before, cause),
        stays=wanted.stays,
        until=wanted.until,
    )


def reason(wanted: DesiredValue, before: object, cause: str) -> str:
    """`progress 50 → 63: PLAT-7 moved to Done`."""
    what = wanted.value.removesuffix("_percent").replace("_", " ")
    step = f"{what} {wanted.place.step(before, wanted.raw)}"
    return f"{step}: {cause}" if cause else step


def plan_hash(plans: Iterable[Plan], revision: str = "") -> str:
    """A hash of what would be changed from what to what (and by which mapping revision): activation is bound to it.

    Neither the order of the plans, nor empty ones, nor reasons, names and keys enter.
    """
    content = [
        [made.objective_id, [canonical_change(step) for step in made.changes]]
        for made in sorted(plans, key=lambda made: issue_order(made.objective_id))
        if made
    ]
    text = json.dumps([revision, content], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def canonical_change(made: Change) -> list[object]:
    """What identifies a change, as JSON that does not depend on how the values came to us."""
    return [made.issue_id, made.field_id, canonical(made.before), canonical(made.after)]


def canonical(raw: object) -> object:
    """A raw value without addresses (`self` differs between API hosts) and with 50.0 as 50."""
    if isinstance(raw, dict):
        return {str(name): canonical(value) for name, value in raw.items() if name != "self"}
    if isinstance(raw, list | tuple):
        return [canonical(value) for value in raw]
    return int(raw) if isinstance(raw, float) and raw.is_integer() else raw
