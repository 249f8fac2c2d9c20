"""What the rows of an import become in Jira: type, place, fields and labels of each issue, or why it cannot be. The mapping says which fields are what."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from mappings.diagnostic import Severity
from mappings.document.mapping import KeyResultRule, ObjectiveRule
from mappings.document.mapping import Mapping as BoundMapping
from mappings.document.schema import (
    CURRENT,
    CyclePart,
    CycleSource,
    DatesSource,
    FieldSource,
    LabelSource,
    LinkRelation,
    VersionSource,
    WeightPart,
)
from mappings.facts.catalogue import Field, LinkType
from mappings.facts.issue import Issue, IssueType, Project, Status
from mappings.facts.moment import Moment
from mappings.fields import Api, FieldValueError, field_type
from mappings.fields.paragraph import document
from mappings.imports.plan import PlannedRow
from mappings.imports.row import ImportProblem
from mappings.rollup.structure.alignment import link_phrase
from mappings.write_back.target import FieldLookup

LABELS, VERSIONS, ASSIGNEE, DUE, DESCRIPTION = "labels", "fixVersions", "assignee", "duedate", "description"


@dataclass(frozen=True, slots=True)
class ImportTarget:
    """Where and as what rows are made: the project, the rule of the mapping that reads them, the types of both kinds, and labels that all get."""

    project: Project
    rule: ObjectiveRule
    objective_type: IssueType
    key_result_type: IssueType
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportBasis:
    """By what issues are planned: the mapping, Jira's fields, the version of its API, its link types, closed cycles, and the moment."""

    mapping: BoundMapping
    field_of: FieldLookup
    api: Api
    link_types: tuple[LinkType, ...]
    closed: frozenset[str]
    moment: Moment


@dataclass(frozen=True, slots=True)
class IssueLink:
    """A link that the issue says of another row: by the outward phrase of its type, or the inward one."""

    type_id: str
    outward: bool
    to: str


@dataclass(frozen=True, slots=True)
class ImportedIssue:
    """One issue as it is to be made. `fields` are JSON as Jira takes it, by id; `below` is the row it hangs below as its child."""

    identity: str
    label: str
    type: IssueType
    title: str
    fields: Mapping[str, str]
    below: str | None = None
    links: tuple[IssueLink, ...] = ()
    said_by: str | None = None
    """The row whose issue says the link to this one (`is measured by`); None where it says its links itself."""


def planned_issue(
    basis: ImportBasis, target: ImportTarget, row: PlannedRow, label: str, parent: PlannedRow | None
) -> tuple[ImportedIssue, tuple[ImportProblem, ...]]:
    """The issue of a row, and what of it cannot be written: errors block the row."""
    making = _IssueMaker(basis, target, row)
    making.describe()
    making.labels = [label, *target.labels]
    if row.kind == "objective":
        making.objective()
    else:
        making.key_result()
    below, links, said_by = making.hang(parent)
    making.fields[LABELS] = list(dict.fromkeys(making.labels))
    type_ = target.objective_type if row.kind == "objective" else target.key_result_type
    made = ImportedIssue(
        identity=row.identity,
        label=label,
        type=type_,
        title=row.title,
        fields={id_: json.dumps(value, sort_keys=True) for id_, value in making.fields.items()},
        below=below,
        links=links,
        said_by=said_by,
    )
    return made, (*making.problems, *making.unread(type_))


def key_result_rule(rule: ObjectiveRule, kind: str) -> KeyResultRule | None:
    """The rule by which an imported key result is measured: that of its kind, else the first that reads an issue each."""
    each = [one for one in rule.key_results if one.select is not None or one.related is None]
    same = [one for one in each if one.part.progress.kind == kind]
    return next(iter([*same, *(one for one in each if hasattr(one.part.progress, "current"))]), None)


class _IssueMaker:
    """One row on its way to be an issue."""

    def __init__(self, basis: ImportBasis, target: ImportTarget, row: PlannedRow) -> None:
        self.basis, self.target, self.row = basis, target, row
        self.fields: dict[str, object] = {}
        self.labels: list[str] = []
        self.problems: list[ImportProblem] = []

    def describe(self) -> None:
        """What both kinds have: who, until when, and the words."""
        row = self.row
        if row.owner is not None:
            self.fields[ASSIGNEE] = {"accountId" if self.basis.api == 3 else "name": row.owner}
        lines = [row.description] if row.description else []
        if row.co_owner_names:
            lines.append(f"Also owned by: {', '.join(row.co_owner_names)}")
        if row.metric is not None and row.metric.unit:
            lines.append(f"Measured in: {row.metric.unit}")
        if lines:
            text = "\n".join(lines)
            self.fields[DESCRIPTION] = document(text) if self.basis.api == 3 else text
        if row.end_date is not None:
            self.fields[DUE] = row.end_date.isoformat()

    def objective(self) -> None:
        """Its cycle."""
        rule, row = self.target.rule, self.row
        source = rule.part.cycle
        cycle = self._cycle(source)
        if row.commitment is not None and row.commitment != rule.part.commitment:
            self._warn(
                "commitment_differs",
                f"The mapping reads all of its rule as {rule.part.commitment}; “{row.commitment}” is left out.",
            )
        if cycle is None or source is None or isinstance(source, str):
            return
        if isinstance(source, LabelSource):
            self.labels.append(source.label + cycle.id)
        elif isinstance(source, VersionSource):
            self.fields[VERSIONS] = [{"name": source.version + cycle.id}]
        elif isinstance(source, DatesSource):
            self._set(source.dates.start, row.start_date or cycle.start, "start_date")
            self._set(source.dates.end, row.end_date or cycle.end, "end_date")
        elif isinstance(source, FieldSource):
            self._set(source.field, cycle.id, "cycle")

    def key_result(self) -> None:
        """Its numbers, in the fields from which the mapping reads them."""
        metric, row = self.row.metric, self.row
        kind = (metric.kind if metric is not None else None) or "transition"
        rule = key_result_rule(self.target.rule, kind)
        if rule is None:
            self._say(
                "rule_missing", f"The rule {self.target.rule.part.id} has no key results that are issues."
            )
            return
        if metric is not None:
            if rule.part.progress.kind != kind:
                self._warn(
                    "metric_kind_other",
                    f"The mapping measures key results as {rule.part.progress.kind}, not as {kind}: look at its number.",
                )
            for name in ("start", "target", "current", "at_least", "at_most"):
                self._number(name, getattr(rule.part.progress, name, None), getattr(metric, name))
        weight = rule.part.weight
        alias = weight.field if isinstance(weight, WeightPart) else weight
        self._number("weight", alias[0] if isinstance(alias, tuple) else alias, row.weight)

    def hang(self, parent: PlannedRow | None) -> tuple[str | None, tuple[IssueLink, ...], str | None]:
        """Below what it hangs as a child, which links it says, and who says the link to it."""
        row = self.row
        if row.above is None:
            return None, (), None
        if row.kind == "objective":
            phrase = link_phrase(self.basis.mapping, self.target.rule)
            link = self._link(phrase, row.above) if phrase is not None else None
            if link is None:
                self._warn(
                    "not_aligned",
                    f"The mapping aligns no objectives by a link: that it hangs below row {row.parent_row} is left out.",
                )
            return None, (link,) if link is not None else (), None
        metric = row.metric
        rule = key_result_rule(
            self.target.rule, (metric.kind if metric is not None else None) or "transition"
        )
        relation = rule.part.relation if rule is not None else "child"
        if isinstance(relation, LinkRelation):
            link = self._link(relation.link, row.identity)
            if link is None:
                self._say("link_unknown", f"Jira has no link that says “{relation.link}”.")
            return None, (link,) if link is not None else (), row.above
        unfit = self.target.key_result_type.level != self.target.objective_type.level - 1
        if parent is not None and self.basis.api == 3 and unfit:
            below, above = self.target.key_result_type.name, self.target.objective_type.name
            self._say("hierarchy_unfit", f"{below} cannot stand below {above} in Jira.")
        return row.above, (), None

    def unread(self, type_: IssueType) -> Iterator[ImportProblem]:
        """Why the mapping would not read what is made, where it would not."""
        row = self.row
        parts = self.target.rule
        rule = key_result_rule(parts, (row.metric.kind if row.metric else None) or "transition")
        select = parts.select if row.kind == "objective" else (rule.select if rule is not None else None)
        now = self.basis.moment.now
        issue = Issue(
            id="0",
            key=f"{self.target.project.key}-0",
            project=self.target.project,
            type=type_,
            status=Status("0", "", "new"),
            created=now,
            updated=now,
            summary=row.title,
            labels=tuple(str(one) for one in self.labels),
            fields={id_: value for id_, value in self.fields.items() if id_ not in (LABELS, DESCRIPTION)},
        )
        for selector in (self.basis.mapping.scope, select):
            if selector is not None and not selector.matches(issue, self.basis.moment):
                yield self._problem(
                    "not_read",
                    f"The mapping would not read this {row.kind.replace('_', ' ')}: it takes {selector.jql}. Name a project, a type and labels that it takes.",
                    Severity.ERROR,
                )

    # -- parts

    def _cycle(self, source: CycleSource | None) -> CyclePart | None:
        row, cycles = self.row, self.basis.mapping.cycles
        if row.cycle is None:
            return self._cycle_of_days(row.start_date, row.end_date, source)
        found = cycles.get(row.cycle)
        if found is None:
            self._say("cycle_not_in_mapping", f"The mapping has no cycle {row.cycle}.", row.cycle)
            return None
        if found.id in self.basis.closed:
            self._say(
                "cycle_closed", f"{found.id} is closed: nothing that is made in it would count.", row.cycle
            )
        constant = isinstance(source, str) and (source != CURRENT or cycles.get(CURRENT) is not None)
        if constant and source != found.id:
            self._say("cycle_differs", f"The mapping says {source} of all objectives of its rule.", row.cycle)
        return found

    def _cycle_of_days(
        self, start: date | None, end: date | None, source: CycleSource | None
    ) -> CyclePart | None:
        """A row without the word of a cycle runs in the one that has exactly its days."""
        if start is not None and end is not None:
            for one in self.basis.mapping.cycles.running(end):
                if (one.start, one.end) == (start, end):
                    return one
        if source is not None and not isinstance(source, str):
            self._warn("cycle_missing", "The file says no cycle of it: give it one in Jira.")
        return None

    def _number(self, name: str, alias: object, value: Fraction | None) -> None:
        if value is None:
            return
        if isinstance(alias, str) and alias in self.basis.mapping.fields:
            self._set(alias, value, name)
        elif (
            not (isinstance(alias, (int, float)) or hasattr(alias, "as_tuple"))
            or Fraction(str(alias)) != value
        ):
            self._warn(
                "field_not_mapped", f"The mapping reads {name} from no field: {float(value):g} is left out."
            )

    def _set(self, alias: str | None, value: object, name: str) -> None:
        if alias is None or alias not in self.basis.mapping.fields:
            return
        mapped = self.basis.mapping.fields[alias]
        if alias in self.basis.mapping.written_aliases():
            self._say("field_is_written", f"The field {alias} is written by the connector itself.", name)
            return
        field: Field | None = self.basis.field_of(mapped.id)
        type_ = field_type(field) if field is not None else None
        if field is None or type_ is None:
            self._say("field_unfit", f"The field {alias} is of a type that is not written.", name)
            return
        try:
            own = field.within(self.target.project.id, self.target.objective_type.id)
            known = replace(field, options=()) if own is field else own
            said = [value] if field.type == "array" else value
            self.fields[field.id] = type_.encode(said, known, self.basis.api)
        except FieldValueError as error:
            self._say("value_unfit", str(error), name)

    def _link(self, phrase: str, to: str) -> IssueLink | None:
        said = phrase.casefold()
        for one in self.basis.link_types:
            if said in (one.outward.casefold(), one.inward.casefold()):
                return IssueLink(one.id, said == one.outward.casefold(), to)
        return None

    def _say(self, code: str, message: str, value: str | None = None) -> None:
        self.problems.append(self._problem(code, message, Severity.ERROR, value))

    def _warn(self, code: str, message: str) -> None:
        self.problems.append(self._problem(code, message, Severity.WARNING))

    def _problem(
        self, code: str, message: str, severity: Severity, value: str | None = None
    ) -> ImportProblem:
        return ImportProblem(row=self.row.row, code=code, message=message, severity=severity, value=value)
