"""The plan of an import: what would be created, what is known already, and what is refused, each with why. Nothing is done by looking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from hashlib import sha256

from mappings.diagnostic import Severity
from mappings.imports.column_map import ColumnMap
from mappings.imports.people import OwnerSearch
from mappings.imports.row import ImportedCheckIn, ImportKind, ImportMetric, ImportProblem, ReadRows
from mappings.imports.tree import HungRow, hang
from mappings.json_value import Plain, PlainValues

FORMAT = 1
LABEL = "okr-import-"
LABEL_HEX = 16


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """An objective or a key result as it would be made. `identity` says which one it is in its tool, `above` what it hangs below."""

    row: int
    part: int | None
    identity: str
    external_id: str | None
    kind: ImportKind
    title: str
    above: str | None
    parent_row: int | None
    owner: str | None = None
    co_owners: tuple[str, ...] = ()
    co_owner_names: tuple[str, ...] = ()
    cycle: str | None = None
    start_date: date | None = None
    end_date: date | None = None
    description: str = ""
    weight: Fraction | None = None
    status: str | None = None
    commitment: str | None = None
    metric: ImportMetric | None = None
    check_ins: tuple[ImportedCheckIn, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedLink:
    """A row that is aligned to another, beside the one it hangs below."""

    row: int
    to_row: int
    identity: str
    to: str


@dataclass(frozen=True, slots=True)
class IssueChange:
    """One field of an issue that a row changes. `word` is what of the row it is, `old` and `new` how it reads for people; `was` and `now` are JSON as Jira takes it."""

    word: str
    old: str | None
    new: str | None
    field_id: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class LeftValue:
    """Something that a row says otherwise now and that is left as it is in Jira: what was imported, what the file says, what Jira holds, and why."""

    word: str
    was: str | None
    file: str | None
    jira: str | None
    why: str


@dataclass(frozen=True, slots=True)
class PlannedUpdate:
    """The issue of a row that was imported before, with what is changed in it and which check-ins are new."""

    row: PlannedRow
    issue_id: str
    issue_key: str
    changes: tuple[IssueChange, ...] = ()
    check_ins: tuple[ImportedCheckIn, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftRow:
    """A row that says something else now of which not all is written."""

    row: PlannedRow
    issue_key: str
    values: tuple[LeftValue, ...]


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import would do. `unread` are columns of the file that nothing is made of; `known` are rows that were imported before, by identity the key of their issue; nothing happens to those."""

    preset: str
    tool: str
    encoding: str
    delimiter: str | None
    count: int
    create: tuple[PlannedRow, ...] = ()
    known: tuple[tuple[PlannedRow, str], ...] = ()
    changed: tuple[tuple[PlannedRow, str, tuple[str, ...]], ...] = ()
    """Rows that were imported before and say something else now: key of the issue, and what differs. Until Jira is looked at: then they are `update`, `left`, or both."""
    update: tuple[PlannedUpdate, ...] = ()
    left: tuple[LeftRow, ...] = ()
    braked: str = ""
    """Why a person has to look first: so many of the issues would change that the file may be another than it seems."""
    not_in_file: tuple[str, ...] = ()
    links: tuple[PlannedLink, ...] = ()
    skipped: tuple[tuple[int, str], ...] = ()
    blocked: tuple[int, ...] = ()
    problems: tuple[ImportProblem, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def refused(self) -> bool:
        """Whether a row is wrong: then nothing is applied, unless somebody says to leave these out."""
        return any(one.severity is Severity.ERROR for one in self.problems)

    @property
    def refused_whole(self) -> bool:
        """Whether something is wrong that no row can be left out for, as what Jira lacks."""
        return any(one.severity is Severity.ERROR and one.row == 0 for one in self.problems)


@dataclass(frozen=True, slots=True)
class KnownRow:
    """A row of an earlier import: its issue, and what was imported. `imported` is False where an issue is known otherwise: then nobody knows what it was made from."""

    issue_id: str
    issue_key: str
    row: PlannedRow
    imported: bool = True


def plan_import(
    read: ReadRows, map_: ColumnMap, people: OwnerSearch, known: Mapping[str, KnownRow] | None = None
) -> ImportPlan:
    """The plan for what was read; `known` is what was imported of this tool before, by identity."""
    faulty = frozenset(one.row for one in read.problems if one.severity is Severity.ERROR)
    hung, faults = hang(read.rows, map_.hangs, faulty)
    names = {(one.row.row, one.row.part): _identity(one, hung) for one in hung}
    twice = _twice(hung, names)
    if twice:
        hung, faults = hang(read.rows, map_.hangs, faulty | {one.row for one in twice})
    problems, planned = [*read.problems, *faults, *twice], []
    links: list[PlannedLink] = []
    for one in hung:
        if one.blocked:
            continue
        row, found = _planned(one, people, names)
        planned.append(row)
        problems += found
        links += [
            PlannedLink(row.row, other.row, row.identity, names[other.row, other.part])
            for other in one.others
        ]
    former = known or {}
    create = tuple(row for row in planned if row.identity not in former)
    again = [(row, former[row.identity]) for row in planned if row.identity in former]
    told = {row.identity for row in planned}
    return ImportPlan(
        preset=map_.name,
        tool=map_.tool,
        encoding=read.encoding,
        delimiter=read.delimiter,
        count=read.count,
        create=create,
        known=tuple((row, one.issue_key) for row, one in again if not differs(row, one.row)),
        changed=tuple((row, one.issue_key, diff) for row, one in again if (diff := differs(row, one.row))),
        not_in_file=tuple(sorted(one.issue_key for name, one in former.items() if name not in told)),
        links=tuple(links),
        skipped=read.skipped,
        blocked=tuple(sorted({one.row.row for one in hung if one.blocked})),
        problems=tuple(sorted(problems, key=lambda one: (one.row, one.code))),
        unread=read.unread,
    )


METRIC_WORDS = {f"metric.{name}": name for name in ("start", "target", "current", "at_least", "at_most")}
"""How the numbers of a key result are told, and what they are called."""
COMPARED = (
    "title",
    "owner",
    "cycle",
    "start_date",
    "end_date",
    "description",
    "weight",
    "metric",
    "above",
    "kind",
    "co_owner_names",
)


def differs(now: PlannedRow, former: PlannedRow) -> tuple[str, ...]:
    """What a row says otherwise than it did when it was imported; check-ins only where there are new ones."""
    found = [name for name in COMPARED if getattr(now, name) != getattr(former, name)]
    more = ["check_ins"] if set(now.check_ins) - set(former.check_ins) else []
    return (*found, *more)


def said_of(row: PlannedRow, word: str) -> str | None:
    """What a row says of one thing, for people; None where it does not say it."""
    value = getattr(row.metric, METRIC_WORDS[word], None) if word in METRIC_WORDS else getattr(row, word)
    if value is None or value == "":
        return None
    return str(as_plain_number(value)) if isinstance(value, Fraction) else str(value)


def label_of(site: str, tool: str, identity: str) -> str:
    """The label by which the issue of a row is found again: two sites may read one Jira."""
    return LABEL + sha256(f"{site}/{tool}:{identity}".encode()).hexdigest()[:LABEL_HEX]


def _identity(one: HungRow, hung: tuple[HungRow, ...]) -> str:
    """The id of its tool, with the part; without one its titles from above and its cycle."""
    row = one.row
    if row.external_id is not None:
        return row.external_id
    by_row = {(each.row.row, each.row.part): each for each in hung}
    titles, above = [row.title], one.above
    seen = {(row.row, row.part)}
    while above is not None and (above.row, above.part) not in seen:
        seen.add((above.row, above.part))
        titles.append(above.title)
        above = by_row[above.row, above.part].above
    return " > ".join(reversed(titles)) + (f" ({row.cycle})" if row.cycle else "")


def _twice(
    hung: tuple[HungRow, ...], names: Mapping[tuple[int, int | None], str]
) -> tuple[ImportProblem, ...]:
    """Rows that nothing tells apart: one would stand for the other, which would never be made."""
    same: dict[str, list[int]] = {}
    for one in hung:
        if not one.blocked:
            same.setdefault(names[one.row.row, one.row.part], []).append(one.row.row)
    return tuple(
        ImportProblem(
            row=row,
            code="title_twice",
            message=f"The rows {', '.join(map(str, rows))} have the same title in the same place: give them ids, or titles of their own.",
            value=identity,
        )
        for identity, rows in same.items()
        if len(rows) > 1
        for row in dict.fromkeys(rows)
    )


def _planned(
    one: HungRow, people: OwnerSearch, names: Mapping[tuple[int, int | None], str]
) -> tuple[PlannedRow, tuple[ImportProblem, ...]]:
    row, above = one.row, one.above
    found, problems = people.owners(row)
    if row.part is not None:
        problems = ()  # they are told of the row itself
    metric = row.metric if row.kind == "key_result" else None
    if row.kind == "objective" and row.metric is not None and _says_more(row.metric):
        problems = (
            *problems,
            ImportProblem(
                row=row.row,
                code="objective_with_metric",
                message="An objective is worth what its key results are: its own metric is left out.",
                severity=Severity.WARNING,
            ),
        )
    planned = PlannedRow(
        row=row.row,
        part=row.part,
        identity=names[row.row, row.part],
        external_id=row.external_id,
        kind=row.kind or "objective",
        title=row.title,
        above=None if above is None else names[above.row, above.part],
        parent_row=None if above is None else above.row,
        owner=found[0].id if found else None,
        co_owners=tuple(one.id for one in found[1:]),
        co_owner_names=tuple(one.name for one in found[1:]),
        cycle=row.cycle,
        start_date=row.start_date,
        end_date=row.end_date,
        description=row.description,
        weight=row.weight,
        status=row.status,
        commitment=row.commitment,
        metric=metric,
        check_ins=tuple(replace(said, by=people.one(said.by) or said.by) for said in row.check_ins),
    )
    return planned, problems


def _says_more(metric: ImportMetric) -> bool:
    """Whether it says more than that progress runs from 0 to 100 %."""
    return metric.kind is not None or (metric.start, metric.target) not in (
        (None, None),
        (Fraction(0), Fraction(100)),
    )


# -- for programs -----------------------------------------------------------------------------------------------


def plan_values(plan: ImportPlan) -> PlainValues:
    """The plan for programs: `format` 1 of docs/import.md."""
    return {
        "format": FORMAT,
        "source": {
            "preset": plan.preset,
            "encoding": plan.encoding,
            "delimiter": plan.delimiter,
            "rows": plan.count,
            "columns_not_read": list(plan.unread),
        },
        "refused": plan.refused,
        "braked": plan.braked,
        "create": [row_values(one) for one in plan.create],
        "update": [update_values(one) for one in plan.update],
        "unchanged": [{"row": row.row, "issue": key} for row, key in plan.known],
        "left_as_in_jira": [
            *(
                {"row": row.row, "issue": key, "fields": list(names), "values": []}
                for row, key, names in plan.changed
            ),
            *(left_values(one) for one in plan.left),
        ],
        "not_in_file": list(plan.not_in_file),
        "links": [{"row": one.row, "to_row": one.to_row, "type": "aligned"} for one in plan.links],
        "check_ins": [
            *(_check_in_values(one, said) for one in plan.create for said in one.check_ins),
            *(_check_in_values(one.row, said) for one in plan.update for said in one.check_ins),
        ],
        "skipped": [{"row": row, "reason": reason} for row, reason in plan.skipped],
        "blocked": list(plan.blocked),
        "problems": [problem_values(one) for one in plan.problems],
    }


def row_values(one: PlannedRow) -> PlainValues:
    """One row that would be made, for programs."""
    return {
        "row": one.row,
        "part": one.part,
        "external_id": one.external_id,
        "kind": one.kind,
        "title": one.title,
        "parent_row": one.parent_row,
        "owner": one.owner,
        "co_owners": list(one.co_owners),
        "cycle": one.cycle,
        "start_date": one.start_date,
        "end_date": one.end_date,
        "weight": as_plain_number(one.weight),
        "status": one.status,
        "commitment": one.commitment,
        "metric": None
        if one.metric is None
        else {
            "kind": one.metric.kind,
            "start": as_plain_number(one.metric.start),
            "target": as_plain_number(one.metric.target),
            "current": as_plain_number(one.metric.current),
            "unit": one.metric.unit,
            "at_most": as_plain_number(one.metric.at_most),
            "at_least": as_plain_number(one.metric.at_least),
        },
    }


def update_values(one: PlannedUpdate) -> PlainValues:
    """One issue that would be changed, for programs."""
    return {
        "row": one.row.row,
        "issue": one.issue_key,
        "set": [{"name": each.word, "old": each.old, "new": each.new} for each in one.changes],
    }


def left_values(one: LeftRow) -> PlainValues:
    """One row of which something is left, for programs."""
    return {
        "row": one.row.row,
        "issue": one.issue_key,
        "fields": [each.word for each in one.values],
        "values": [
            {"name": each.word, "was": each.was, "file": each.file, "jira": each.jira, "why": each.why}
            for each in one.values
        ],
    }


def problem_values(one: ImportProblem) -> PlainValues:
    """One problem, for programs."""
    return {
        "row": one.row,
        "column": one.column,
        "code": one.code,
        "severity": one.severity.value,
        "message": one.message,
        "value": one.value,
        "valid": list(one.valid),
    }


def _check_in_values(row: PlannedRow, said: ImportedCheckIn) -> PlainValues:
    return {
        "row": row.row,
        "on": said.on,
        "value": as_plain_number(said.value),
        "status": said.status,
        "note": said.note,
        "by": said.by,
    }


def as_plain_number(value: Fraction | None) -> Plain:
    """A number as JSON has it: whole where it is whole."""
    if value is None:
        return None
    return value.numerator if value.denominator == 1 else float(value)
