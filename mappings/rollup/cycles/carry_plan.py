"""What carrying an objective into another cycle comes to: its mark in Jira, with what its key results begin, and what stays behind. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from mappings.document.mapping import Mapping as BoundMapping
from mappings.document.mapping import ObjectiveRule
from mappings.document.schema import CURRENT, CyclePart, DatesSource, FieldSource, LabelSource, VersionSource
from mappings.facts.catalogue import Field, LinkType
from mappings.facts.issue import DUE, Issue, JiraValue
from mappings.fields import Api, FieldValueError, field_type
from mappings.fields.field_type import FieldType, is_empty
from mappings.fields.select import by_id
from mappings.numbers import count_of
from mappings.progress import RULE_OF_KIND
from mappings.progress.rule import NextTerms
from mappings.rollup.cycles.carry import CarriedObjective
from mappings.rollup.cycles.carry_steps import FieldWrite, IssueCopy, RowMove, Stood
from mappings.rollup.cycles.closing_record import ClosingRecord
from mappings.rollup.cycles.cycle import cycle_of, names_of_cycles
from mappings.rollup.rows.ledger import Disposition
from mappings.rollup.state import HealthLevel, KeyResultState
from mappings.write_back.target import FieldLookup

LABELS, VERSIONS = "labels", "fixVersions"


@dataclass(frozen=True, slots=True)
class CarryChoice:
    """What a person chose: key results (by id or key) that come along though they were reached, those that stay behind though
    they were not, that starts stay as they are (`keep_start`), that rows which were done count again (`all_rows`), and that issues
    are made anew instead of marked (`as_copy`).
    """

    along: frozenset[str] = frozenset()
    behind: frozenset[str] = frozenset()
    keep_start: bool = False
    all_rows: bool = False
    as_copy: bool = False


@dataclass(frozen=True, slots=True)
class KeyResultCarry:
    """What becomes of one key result: whether it comes along, why, how many of its rows count in the earlier cycle alone, and what to look at."""

    id: str
    key: str
    title: str
    along: bool
    reason: str
    rows: int = 0
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CarryPlan:
    """One objective on its way from a closed cycle into another. With a `problem` it cannot be carried.

    As a copy it is `copies`, that of the objective first: then `carried` names issues as they were, and `continues` is the type of the link from each copy to what it
    continues, None where the site has none. `stood` is how what was carried stood once that was done: what is another since was done on it.
    """

    objective_id: str
    key: str
    title: str
    from_cycle: str
    version: int
    into: str
    key_results: tuple[KeyResultCarry, ...]
    writes: tuple[FieldWrite, ...]
    carried: CarriedObjective
    problem: str = ""
    copies: tuple[IssueCopy, ...] = ()
    moves: tuple[RowMove, ...] = ()
    continues: str | None = None
    stood: Stood = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CarryBasis:
    """What a plan is made on: the mapping, Jira's fields, the issues as they are now (with what is below objectives, for copies), its link types, and the version of its API."""

    mapping: BoundMapping
    field_of: FieldLookup
    issues: Mapping[str, Issue]
    api: Api = 3
    link_types: tuple[LinkType, ...] = ()
    site: str = ""


def carry_plan(
    basis: CarryBasis,
    record: ClosingRecord,
    into: CyclePart,
    choice: CarryChoice,
    former: CarriedObjective | None = None,
) -> CarryPlan:
    """The plan for one objective of a closed cycle that goes on as the same issue; `former` is what it had brought into that cycle itself."""
    plan = unmarked_plan(basis, record, into, choice, former)
    mark, problem = _mark(basis, rule_of(basis, record), record.state.issue_id, into)
    return replace(plan, writes=(*plan.writes, *mark), problem=problem or plan.problem)


def rule_of(basis: CarryBasis, record: ClosingRecord) -> ObjectiveRule | None:
    """The rule of an objective as the mapping has it now."""
    return next((one for one in basis.mapping.objectives if one.part.id == record.state.rule_id), None)


def unmarked_plan(
    basis: CarryBasis,
    record: ClosingRecord,
    into: CyclePart,
    choice: CarryChoice,
    former: CarriedObjective | None = None,
) -> CarryPlan:
    """What becomes of its key results, and what they begin with; nothing yet says that the objective runs in the next cycle."""
    state, rule = record.state, rule_of(basis, record)
    counted = {id_: dict(rows) for id_, rows in (former.counted if former else {}).items()}
    behind = dict(former.behind) if former else {}
    found, writes = [], list[FieldWrite]()
    for one in state.key_results:
        told, done, own = _key_result(basis, rule, record, one, into, choice)
        found.append(told)
        writes += own
        if not told.along:
            behind[one.id] = record.cycle_id
        elif done:
            counted.setdefault(one.id, {}).update(dict.fromkeys(done, record.cycle_id))
    none = bool(found) and not any(one.along for one in found)
    return CarryPlan(
        objective_id=state.id,
        key=state.key,
        title=state.title,
        from_cycle=record.cycle_id,
        version=record.version,
        into=into.id,
        key_results=tuple(found),
        writes=tuple(writes),
        carried=CarriedObjective(state.id, into.id, counted, behind),
        problem="every key result would stay behind: choose one that comes along" if none else "",
    )


def _key_result(
    basis: CarryBasis,
    rule: ObjectiveRule | None,
    record: ClosingRecord,
    state: KeyResultState,
    into: CyclePart,
    choice: CarryChoice,
) -> tuple[KeyResultCarry, tuple[str, ...], list[FieldWrite]]:
    names = names_of(state)
    reached = state.health.level is HealthLevel.ACHIEVED
    wanted, unwanted = fold_names(choice.along), fold_names(choice.behind)
    along = bool(names & wanted) or not (reached or names & unwanted)
    if not along:
        reason = "reached: it stays behind" if reached else "chosen to stay behind"
        return (
            KeyResultCarry(id=state.id, key=state.key, title=state.title, along=False, reason=reason),
            (),
            [],
        )
    kind = RULE_OF_KIND[state.kind]
    parts = rule.key_results if rule is not None else ()
    part = next((one.part for one in parts if one.part.id == state.rule_id), None)
    onward = NextTerms()
    if part is not None and part.progress.kind == state.kind and not choice.keep_start:
        onward = kind.onward(part.progress, state.measurement, into.start)
    done = done_rows(state) if kind.by_rows and not choice.all_rows else ()
    writes, problems = _sets(basis, state, onward.sets)
    reason = _counted_there(len(done), record.cycle_id)
    told = KeyResultCarry(
        id=state.id,
        key=state.key,
        title=state.title,
        along=True,
        reason=reason,
        rows=len(done),
        flags=(*onward.flags, *problems),
    )
    return told, done, writes


def names_of(state: KeyResultState) -> frozenset[str]:
    """By what a person may name a key result: its id and its key, in any case."""
    return fold_names((state.id, state.key))


def fold_names(names: Iterable[str]) -> frozenset[str]:
    """Names as they are compared."""
    return frozenset(name.strip().casefold() for name in names) - {""}


def _counted_there(number: int, cycle_id: str) -> str:
    if number == 0:
        return "comes along"
    one = number == 1
    issues = count_of(number, "issue was", "issues were")
    return f"{issues} done in {cycle_id} and {'counts' if one else 'count'} there"


def done_rows(state: KeyResultState) -> tuple[str, ...]:
    """The rows that counted and were finished at the end."""
    rows = state.measurement.ledger.rows
    return tuple(one.id for one in rows if one.disposition is Disposition.COUNTED and one.progress == 1)


def _sets(
    basis: CarryBasis, state: KeyResultState, sets: Mapping[str, Fraction | None]
) -> tuple[list[FieldWrite], list[str]]:
    """The fields of a key result's issue that are set, and why one cannot be."""
    issue = basis.issues.get(state.issue_id or "")
    writes, problems = [], list[str]()
    for alias, value in sets.items():
        mapped = basis.mapping.fields.get(alias)
        field = basis.field_of(mapped.id if mapped is not None else alias)
        type_ = field_type(field) if field is not None else None
        if issue is None or field is None or type_ is None:
            problems.append(f"{alias} cannot be written: neither its issue nor the field is at hand")
            continue
        raw = issue.due.isoformat() if field.id == DUE and issue.due else issue.fields.get(field.id)
        made = type_.encode(value, field_there(field, issue), basis.api)
        if not type_.equal(raw, made):
            set_ = field_write(issue, field, type_.text(raw), type_.text(made), made)
            writes.append(replace(set_, former=former_of(type_, field, raw)))
    return writes, problems


def field_there(field: Field, issue: Issue) -> Field:
    """The field as the issue has it. Whatever options issues have shown so far, where its context is not known Jira finds the one of a name."""
    own = field.within(issue.project.id, issue.type.id)
    return replace(field, options=()) if own is field else own


def field_write(issue: Issue, field: Field, before: str, after: str, value: object) -> FieldWrite:
    """A field of an issue that is set to a raw value."""
    return FieldWrite(
        issue_id=issue.id,
        issue_key=issue.key,
        field_id=field.id,
        name=field.name or field.id,
        before=before,
        after=after,
        value=json.dumps(by_id(value), sort_keys=True),
    )


def _mark(
    basis: CarryBasis, rule: ObjectiveRule | None, issue_id: str | None, into: CyclePart
) -> tuple[tuple[FieldWrite, ...], str]:
    """What says in Jira that the objective runs in the cycle; why that cannot be written, where it cannot."""
    if rule is None:
        return (), "the mapping no longer has its rule"
    source, issue = rule.part.cycle, basis.issues.get(issue_id or "")
    said = reason_unmarked(basis, rule, into)
    if said is not None or source is None or isinstance(source, str):
        return (), said or ""
    if issue is None:
        return (), "its issue is not at hand before the next sync"
    if isinstance(source, DatesSource):
        now = cycle_of(basis.mapping, source, issue, into.start)
        named = f"it has days of its own: set {source.dates.end} of {issue.key} to a day of {into.id}"
        return (), "" if now is not None and now.id == into.id else named
    if into.id in names_of_cycles(basis.mapping, source, issue):
        return (), ""
    if isinstance(source, LabelSource):
        return _added(issue, LABELS, "Labels", issue.labels, source.label + into.id), ""
    if isinstance(source, VersionSource):
        names = [one.name for one in issue.fix_versions]
        return _added(issue, VERSIONS, "Fix versions", names, source.version + into.id), ""
    return _in_field(basis, source, issue, into)


def reason_unmarked(basis: CarryBasis, rule: ObjectiveRule, into: CyclePart) -> str | None:
    """Where the mapping says the cycle of all objectives of a rule: why none of them runs in this one, empty where they do. None where each says its own."""
    source = rule.part.cycle
    if source == CURRENT and basis.mapping.cycles.get(CURRENT) is None:
        return ""  # it is in whichever cycle runs
    if source is not None and not isinstance(source, str):
        return None
    named = f"objectives[{rule.part.id}].cycle" + (f" says {source}" if source else " is not written")
    return "" if source == into.id else f"{named}: write {into.id} there"


def _added(
    issue: Issue, field_id: str, name: str, before: Iterable[str], word: str
) -> tuple[FieldWrite, ...]:
    value: object = word if field_id == LABELS else {"name": word}
    held = ", ".join(before)
    after = f"{held}, {word}" if held else word
    return (
        FieldWrite(
            issue_id=issue.id,
            issue_key=issue.key,
            field_id=field_id,
            name=name,
            before=held or "empty",
            after=after,
            value=json.dumps(value),
            adds=True,
        ),
    )


def _in_field(
    basis: CarryBasis, source: FieldSource, issue: Issue, into: CyclePart
) -> tuple[tuple[FieldWrite, ...], str]:
    """In a field of its own; one that holds several values keeps the old ones."""
    mapped = basis.mapping.fields.get(source.field)
    field = basis.field_of(mapped.id) if mapped is not None else None
    type_ = field_type(field) if field is not None else None
    if field is None or type_ is None:
        return (), f"the field {source.field} is of a type that is not written: name {into.id} there by hand"
    raw = issue.fields.get(field.id)
    known = type_.decode(raw)
    former: list[str | JiraValue] = (
        [one for one in known if isinstance(one, str | JiraValue)] if isinstance(known, tuple) else []
    )
    several = field.type == "array"
    try:
        value = type_.encode([*former, into.id] if several else into.id, field_there(field, issue), basis.api)
    except FieldValueError as error:
        return (), str(error)
    set_ = field_write(issue, field, type_.text(raw), type_.text(value), value)
    return (replace(set_, former=former_of(type_, field, raw)),), ""


def former_of(type_: FieldType, field: Field, raw: object) -> str | None:
    """What a field holds, as it could be set again; None where that cannot be said."""
    if is_empty(raw):
        return json.dumps(None)
    again = type_.again(raw, field)
    return None if again is None else json.dumps(again, sort_keys=True)
