"""Taking back that an objective was carried forward: what is set back in Jira, what stays for a person, and what forbids it. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace

from mappings.document.mapping import Mapping as BoundMapping
from mappings.facts.issue import DUE, Issue
from mappings.fields import field_type
from mappings.rollup.cycles.carry_plan import CarryPlan, former_of
from mappings.rollup.cycles.carry_steps import FieldWrite, RowMove, Stood
from mappings.write_back.target import FieldLookup

STATUS, TITLE, PARENT = "status", "summary", "parent"
NAMES = {STATUS: "Status", TITLE: "Summary", PARENT: "Parent", DUE: "Due date"}


@dataclass(frozen=True, slots=True)
class StandingCopy:
    """A copy that stands in Jira, and the key of what it continues."""

    id: str
    key: str
    source_key: str


@dataclass(frozen=True, slots=True)
class CarryUndo:
    """What taking back one carry would do: fields that are set back (`before` is what was set), work that moves back below the old objective, copies that are left in Jira.

    `hindrances` say why it cannot be taken back; `by_hand` what a person has to do.
    """

    writes: tuple[FieldWrite, ...]
    moves: tuple[RowMove, ...]
    copies: tuple[StandingCopy, ...]
    hindrances: tuple[str, ...] = ()
    by_hand: tuple[str, ...] = ()

    @property
    def places(self) -> frozenset[tuple[str, str]]:
        """What it changes, by issue and as `standing_of` names it."""
        moved = {(one.issue_id, PARENT) for one in self.moves}
        return frozenset(moved | {(one.issue_id, one.field_id) for one in self.writes})


def carry_undo(plan: CarryPlan, made: Iterable[StandingCopy], hindrances: Iterable[str]) -> CarryUndo:
    """What taking this carry back comes to."""
    copies = tuple(made)
    by_source = {one.source_key: one for one in copies}
    marks = [
        replace(write, issue_id=copy.id, issue_key=copy.key)
        for one in plan.copies
        if (copy := by_source.get(one.source_key)) is not None
        for write in one.mark
    ]
    # a mark of a copy stood empty before, or beside what the copy says
    set_ = [*plan.writes, *(one if one.adds else replace(one, former="null") for one in marks)]
    able = [one for one in set_ if one.adds or one.former is not None]
    left = [one for one in set_ if not one.adds and one.former is None]
    return CarryUndo(
        writes=tuple(_back(one) for one in able),
        moves=tuple(one for one in plan.moves if one.link is None) if copies else (),
        copies=copies,
        hindrances=tuple(hindrances),
        by_hand=(
            *(f"set {one.name} of {one.issue_key} to {one.before}" for one in left),
            *(f"delete {one.key} in Jira, the copy of {one.source_key}" for one in copies),
        ),
    )


def _back(one: FieldWrite) -> FieldWrite:
    """The same field as it was: what was added goes, what was set becomes what it was."""
    if one.adds:
        value = json.loads(one.value)
        word = value if isinstance(value, str) else str(value.get("name"))
        return replace(one, before=word, after="taken away")
    return replace(one, before=one.after, after=one.before, value=one.former or "null", former=one.value)


def standing_of(mapping: BoundMapping, issues: Iterable[Issue]) -> Stood:
    """What stands in these issues: status, title, parent, due day, and what the mapping reads and does not write."""
    written = {place.id for place in mapping.places()}
    fields = [one for one in mapping.fields.values() if one.id not in written]
    found: dict[str, dict[str, str]] = {}
    for issue in issues:
        mine = found[issue.id] = {STATUS: issue.status.name, TITLE: issue.summary}
        if issue.parent_id is not None:
            mine[PARENT] = issue.parent_id
        if issue.due is not None:
            mine[DUE] = issue.due.isoformat()
        for field in fields:
            raw, type_ = issue.fields.get(field.id), field_type(field)
            if raw is not None and type_ is not None and field.id not in mine:
                mine[field.id] = type_.text(raw)
    return found


def recall_plan(
    mapping: BoundMapping, plan: CarryPlan, then: Iterable[Issue], field_of: FieldLookup
) -> CarryPlan:
    """A plan that does not say how it stood (it was carried by an earlier version), told from the issues as their histories have them at the moment of the carry.

    What a field held before is taken from there where it reads as the plan says it did; else it stays for a person.
    """
    past = {one.id: one for one in then}
    stood = {id_: dict(fields) for id_, fields in standing_of(mapping, past.values()).items()}
    writes = []
    for one in plan.writes:
        issue, field = past.get(one.issue_id), field_of(one.field_id)
        type_ = field_type(field) if field is not None else None
        if one.adds or issue is None or field is None or type_ is None:
            writes.append(one)
            continue
        if one.field_id in stood[issue.id] or any(
            each.id == one.field_id for each in mapping.fields.values()
        ):
            stood[issue.id][one.field_id] = one.after
        raw = issue.due.isoformat() if one.field_id == DUE and issue.due else issue.fields.get(one.field_id)
        former = former_of(type_, field, raw) if type_.text(raw) == one.before else None
        writes.append(replace(one, former=one.former or former))
    return replace(plan, writes=tuple(writes), stood=stood)


def stood_but(then: Stood, now: Stood, places: Set[tuple[str, str]]) -> Stood:
    """How it stood, these places as they stand now."""
    found = {id_: dict(fields) for id_, fields in then.items()}
    for id_, name in places:
        mine = found.get(id_)
        if mine is None or id_ not in now:
            continue
        mine.pop(name, None)
        if name in now[id_]:
            mine[name] = now[id_][name]
    return found


def done_since(
    mapping: BoundMapping,
    then: Stood,
    now: Stood,
    keys: Mapping[str, str],
    but: Set[tuple[str, str]] = frozenset(),
) -> list[str]:
    """What was done on what was carried: issues that were added, and fields that say something else, one sentence each. `but`: places that say nothing of that."""
    names = {one.id: one.name or one.id for one in mapping.fields.values()}
    told = []
    for id_, fields in sorted(now.items(), key=lambda one: (len(one[0]), one[0])):
        key = keys.get(id_, id_)
        if id_ not in then:
            told.append(f"{key} was added")
            continue
        before = then[id_]
        for name in sorted(before.keys() | fields.keys()):
            was, is_ = before.get(name, "empty"), fields.get(name, "empty")
            if was != is_ and (id_, name) not in but:
                told.append(f"{key} {NAMES.get(name) or names.get(name, name)}: {was} → {is_}")
    return told
