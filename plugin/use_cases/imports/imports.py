"""OKRs from another tool: a file is read and planned against the mapping and Jira, and exactly that plan is applied, each issue once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from connectors.import_files.archive import read_zip
from connectors.import_files.workbook import workbook_table
from connectors.jira.metadata.permissions import CREATE
from connectors.store.cycles import closings
from connectors.store.imports import imports
from connectors.store.imports.imports import ImportContent, ImportState, KeptImport, MadeRow
from connectors.store.people import audit
from mappings.diagnostic import Severity
from mappings.document.mapping import Mapping as BoundMapping
from mappings.document.mapping import ObjectiveRule
from mappings.document.names import NameKind
from mappings.facts.issue import IssueType, Project
from mappings.facts.selector import Selector
from mappings.imports.column_map import ColumnMap, ColumnMapPart
from mappings.imports.columns import read_table
from mappings.imports.files.archive import read_archive
from mappings.imports.files.okr_file import read_okr_file
from mappings.imports.files.table import FileColumn, FileTable, UnusableFile, csv_table, sample_column
from mappings.imports.issue import (
    LABELS,
    ImportBasis,
    ImportedIssue,
    ImportTarget,
    key_result_rule,
    planned_issue,
)
from mappings.imports.people import JiraPerson, OwnerSearch
from mappings.imports.plan import ImportPlan, PlannedRow, label_of, plan_import, plan_values
from mappings.imports.presets import PRESETS, likely_words, preset
from mappings.imports.row import ImportProblem, ReadRows
from mappings.json_value import PlainValues
from mappings.numbers import count_of
from plugin.access.authorization.actor import Actor
from plugin.next_steps import IMPORTS
from plugin.runtime.connector import Connector, Refusal
from plugin.sync.context import Context, field_of
from plugin.sync.reconcile.creation import unfilled_fields
from plugin.use_cases.imports.application import Report, apply_rows
from plugin.use_cases.imports.okr_export import OWN, own_rows
from plugin.use_cases.imports.updates import with_updates
from plugin.use_cases.permission import EDITOR, VIEWER, act, question
from plugin.use_cases.work import background_jobs

__all__ = ["ImportState", "KeptImport"]

APPLYING = "import"
"""The background job."""
MOST_SHOWN = 50
ZIP = b"PK\x03\x04"
PLACED = ("summary", "parent")
"""What the row itself gives, beside the fields of its plan."""


class ImportRefusal(Refusal):
    """What was asked of an import cannot be done; the message says why and what to do."""


class UnknownImport(ImportRefusal):
    """There is no plan of this number."""


@dataclass(frozen=True, slots=True)
class ImportPlace:
    """Where and as what rows are made, as somebody says it: all of it may be left to the mapping, where it leaves no choice."""

    project: str = ""
    rule: str = ""
    objective_type: str = ""
    key_result_type: str = ""
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShownImport:
    """A plan with how far each of its rows is in Jira."""

    kept: KeptImport
    made: Mapping[str, MadeRow]


@act(EDITOR)
def plan(
    connector: Connector,
    actor: Actor,
    site: str,
    data: bytes,
    file: str,
    map_: ColumnMapPart,
    place: ImportPlace,
    people: Sequence[JiraPerson] | None = None,
) -> ShownImport:
    """Plan the import of a file: what would be made in Jira and what is wrong with it. Nothing is made. Raises ImportRefusal.

    `people` stand in the place of those whom Jira lists.
    """
    found = _preset(map_)
    read = read_file(data, found)
    context = connector.context(site)
    target = _target(context, place)
    now = connector.clock()
    with connector.store.read() as conn:
        known = imports.load_whole(conn, site, found.tool)
        closed = frozenset(closings.load_closed(conn, site))
    finding = OwnerSearch(_listed(context, people), found.people, found.separators)
    if found.tool == OWN:
        known = {**own_rows(connector, site, finding), **known}
    planned = plan_import(read, found, finding, known)
    basis = ImportBasis(
        mapping=context.mapping,
        field_of=partial(field_of, context.mapping, context.catalogue),
        api=connector.api(site),
        link_types=context.catalogue.link_types,
        closed=closed,
        moment=context.moment(),
    )
    target = _offered(context, target)
    planned, issues = _issues(context, basis, target, planned)
    planned = with_updates(context, basis, target, planned, known)
    content = ImportContent(
        project=target.project,
        rule_id=target.rule.part.id,
        objective_type=target.objective_type,
        key_result_type=target.key_result_type,
        plan=planned,
        issues=issues,
    )
    one = KeptImport(
        id=0,
        file=file,
        by=actor.label,
        at=now,
        state=ImportState.PLANNED,
        note="",
        revision=context.mapping.revision,
        content=content,
    )
    with connector.store.write() as conn:
        kept = imports.add(conn, site, one)
        said = {"import": kept.id, "file": file, "tool": planned.tool, "rows": len(planned.create)}
        audit.note(conn, actor.label, "import planned", now, said, site)
    return ShownImport(kept, {})


@question(EDITOR)
def file_columns(
    _connector: Connector, _actor: Actor, data: bytes, map_: ColumnMapPart
) -> tuple[FileColumn, ...]:
    """The columns of a file in their order, with samples and what each is by the map, or likely is by its name. Raises ImportRefusal."""
    found = _preset(map_)
    if found.name == OWN or found.name == "viva-zip":
        raise ImportRefusal(
            f"A file for {found.name} has no columns: its preset knows all of it.", about="preset"
        )
    try:
        table = _table(data, found)
    except UnusableFile as error:
        raise ImportRefusal(str(error), about="file") from None
    words = likely_words(table.columns, found)
    return tuple(FileColumn(one, words.get(one), sample_column(table, one)) for one in table.columns)


@question(VIEWER)
def list_imports(connector: Connector, _actor: Actor, site: str) -> tuple[KeptImport, ...]:
    """The plans of late, the latest first."""
    with connector.store.read() as conn:
        return tuple(imports.recent(conn, site, MOST_SHOWN))


@question(VIEWER)
def show_import(connector: Connector, _actor: Actor, site: str, number: int) -> ShownImport:
    """A plan, and how far it is. Raises UnknownImport."""
    return _shown(connector, site, number)


@act(EDITOR)
def apply(
    connector: Connector,
    actor: Actor,
    site: str,
    number: int,
    *,
    without_blocked: bool = False,
    release: bool = False,
    report: Report = lambda _done, _total: None,
) -> ShownImport:
    """Make and change what a plan says, here and now; what was begun is gone on with, and nothing is made twice. `release` says that somebody looked at a plan that the brake holds. Raises ImportRefusal."""
    kept = _may_begin(connector, site, number, without_blocked=without_blocked, release=release)
    if kept.state is ImportState.DONE:
        return _shown(connector, site, number)
    plan_ = kept.content.plan
    with connector.store.write() as conn:
        detail: PlainValues = {
            "import": number,
            "file": kept.file,
            "tool": plan_.tool,
            "rows": len(plan_.create),
            "changed": len(plan_.update),
        }
        audit.note(conn, actor.label, "import applied", connector.clock(), detail, site)
    apply_rows(connector, site, kept, report)
    return _shown(connector, site, number)


@act(EDITOR)
def begin(
    connector: Connector,
    actor: Actor,
    site: str,
    number: int,
    *,
    without_blocked: bool = False,
    release: bool = False,
) -> ShownImport:
    """The same in the background. Raises ImportRefusal, also where another import goes on."""
    kept = _may_begin(connector, site, number, without_blocked=without_blocked, release=release)

    def work(report: Report) -> str:
        done = apply(
            connector, actor, site, number, without_blocked=without_blocked, release=release, report=report
        )
        content = done.kept.content
        settled = [done.made.get(one.row.identity) for one in content.plan.update]
        changed = sum(one is not None and one.plan_id == number and not one.note for one in settled)
        more = f" {changed} of {len(settled)} of earlier imports are changed." if settled else ""
        return (
            done.kept.note
            or f"{count_of(len(content.issues), 'issue stands', 'issues stand')} in Jira.{more}"
        )

    if kept.state is not ImportState.DONE and not background_jobs.begin(
        connector, site, APPLYING, actor.label, work
    ):
        raise ImportRefusal("An import goes on already: wait until it is done.", step=IMPORTS)
    return _shown(connector, site, number)


@act(EDITOR)
def give_up(connector: Connector, actor: Actor, site: str, number: int) -> ShownImport:
    """Go on no more with an import that was begun and cannot become whole, so that another may. Raises ImportRefusal.

    What stands of it stays in Jira; a row that is not whole yet is looked for by its label and made whole by the next import that has it.
    """
    now = connector.clock()
    one = _shown(connector, site, number)
    with connector.store.write() as conn:
        if not imports.give_up(conn, site, number, now):
            raise ImportRefusal(
                f"Import {number} was not begun, has ended, or is being applied just now: there is nothing to give up.",
                step=IMPORTS,
            )
        detail: PlainValues = {
            "import": number,
            "file": one.kept.file,
            "rows": len(one.kept.content.issues),
            "made": sum(bool(row.issue_id) for row in one.made.values()),
        }
        audit.note(conn, actor.label, "import given up", now, detail, site)
    return _shown(connector, site, number)


def read_file(data: bytes, map_: ColumnMap) -> ReadRows:
    """The rows of a file, whatever its form. Raises ImportRefusal where none can be read."""
    try:
        if map_.name == OWN:
            return read_okr_file(data)
        if data.startswith(ZIP) and map_.name == "viva-zip":
            archive = read_zip(data)
            return read_archive(archive.objectives, archive.check_ins, map_, archive.problems)
        return read_table(_table(data, map_), map_)
    except UnusableFile as error:
        raise ImportRefusal(str(error), about="file") from None


def _table(data: bytes, map_: ColumnMap) -> FileTable:
    if data.startswith(ZIP):
        return workbook_table(data, map_.sheet)
    return csv_table(data, map_.encoding, map_.delimiter)


def _preset(map_: ColumnMapPart) -> ColumnMap:
    found = preset(map_.preset)
    if found is None:
        valid = ", ".join(one.name for one in PRESETS)
        raise ImportRefusal(f"There is no preset “{map_.preset}”. Those are: {valid}.", about="preset")
    return map_.over(found)


def _listed(context: Context, given: Sequence[JiraPerson] | None) -> Callable[[str], Sequence[JiraPerson]]:
    return context.jira.directory if given is None else lambda _word: given


# -- where it goes ----------------------------------------------------------------------------------------------


def _target(context: Context, place: ImportPlace) -> ImportTarget:
    mapping = context.mapping
    rules = {one.part.id: one for one in mapping.objectives if one.select is not None and not one.plain}
    rule = _only(rules, place.rule, "rule of objectives", "rule")
    type_of = partial(_type, context)
    key_results = key_result_rule(rule, "transition")
    return ImportTarget(
        project=_project(context, mapping, rule, place.project),
        rule=rule,
        objective_type=type_of(place.objective_type, rule.select, "objectives", "objective_type"),
        key_result_type=type_of(
            place.key_result_type,
            key_results.select if key_results is not None else None,
            "key results",
            "key_result_type",
        ),
        labels=place.labels,
    )


def _only(found: Mapping[str, ObjectiveRule], name: str, what: str, about: str) -> ObjectiveRule:
    if name in found:
        return found[name]
    if not name and len(found) == 1:
        return next(iter(found.values()))
    if name:
        said = f"The mapping has no {what} “{name}”."
    elif found:
        said = f"The mapping has {count_of(len(found), 'rule')} of objectives, and nothing says which one the rows are for."
    else:
        said = f"The mapping has no {what}."
    raise ImportRefusal(f"{said} Name one of: {', '.join(found) or 'none that selects issues'}.", about=about)


def _project(context: Context, mapping: BoundMapping, rule: ObjectiveRule, key: str) -> Project:
    projects = context.catalogue.projects
    for one in projects:
        if key and one.key.casefold() == key.casefold():
            return one
    ids = mapping.scope.projects or (rule.select.projects if rule.select is not None else None)
    within = [one for one in projects if ids is None or one.id in ids]
    if not key and len(within) == 1:
        return within[0]
    said = f"There is no project {key} that the account sees." if key else "It is not said in which project."
    raise ImportRefusal(f"{said} Name one of: {', '.join(one.key for one in within)}.", about="project")


def _type(context: Context, name: str, selector: Selector | None, what: str, about: str) -> IssueType:
    """The type of this name; without one, that which the rule of the mapping takes alone."""
    types = context.catalogue.issue_types
    if name:
        found = [one for one in types if one.name.casefold() == name.casefold()]
    else:
        words = {
            id_
            for one in (selector.names if selector is not None else ())
            if one.kind is NameKind.TYPE
            for id_ in one.ids
        }
        found = [one for one in types if one.id in words]
    if len({one.name for one in found}) == 1:
        return found[0]
    valid = ", ".join(sorted({one.name for one in types}))
    raise ImportRefusal(f"It is not said of which type {what} are made. Name one of: {valid}.", about=about)


# -- what is made -----------------------------------------------------------------------------------------------


def _issues(
    context: Context, basis: ImportBasis, target: ImportTarget, planned: ImportPlan
) -> tuple[ImportPlan, tuple[ImportedIssue, ...]]:
    """The issues of a plan, those above first; rows that cannot be made are blocked with all below them."""
    problems = list(planned.problems)
    by_identity = {one.identity: one for one in (*planned.create, *(row for row, _ in planned.known))}
    issues, blocked, made = [], set(planned.blocked), set[str]()
    gone: set[str] = set()
    for row in _from_above(planned.create, by_identity):
        if row.above is not None and row.above in gone:
            problems.append(_below_blocked(row))
            found: tuple[ImportProblem, ...] = (problems[-1],)
        else:
            label = label_of(context.site, planned.tool, row.identity)
            parent = by_identity.get(row.above or "")
            issue, found = planned_issue(basis, target, row, label, parent)
            problems += found
            issues.append(issue)
        if any(one.severity is Severity.ERROR for one in found):
            blocked.add(row.row)
            gone.add(row.identity)
        else:
            made.add(row.identity)
    problems += _screens(context, target, [one for one in issues if one.identity in made])
    create = tuple(one for one in planned.create if one.identity in made)
    news = replace(
        planned,
        create=create,
        links=tuple(one for one in planned.links if one.identity in made),
        blocked=tuple(sorted(blocked)),
        problems=tuple(sorted(problems, key=lambda one: (one.row, one.code))),
    )
    return news, tuple(one for one in issues if one.identity in made)


def _from_above(rows: Sequence[PlannedRow], by_identity: Mapping[str, PlannedRow]) -> list[PlannedRow]:
    def depth(row: PlannedRow) -> int:
        steps, one = 0, row
        while one.above is not None and one.above in by_identity and steps < len(by_identity):
            one = by_identity[one.above]
            steps += 1
        return steps

    return sorted(rows, key=depth)


def _below_blocked(row: PlannedRow) -> ImportProblem:
    return ImportProblem(
        row=row.row, code="parent_blocked", message="What it hangs below is not imported.", value=row.title
    )


def _offered(context: Context, target: ImportTarget) -> ImportTarget:
    """With the types as the project offers them: several may have one name. Raises ImportRefusal where one cannot be made there."""
    jira, project = context.jira, target.project
    if not jira.permissions(project.key, (CREATE,))[CREATE]:
        raise ImportRefusal(
            f"The connector's account may not create issues in {project.key}. Give it the permission Create issues there.",
            about="project",
        )
    offered = frozenset(jira.create_types(project.id))
    found: dict[str, IssueType] = {}
    for name, kind in (
        ("objective_type", target.objective_type),
        ("key_result_type", target.key_result_type),
    ):
        same = [one for one in context.catalogue.issue_types if one.name == kind.name and one.id in offered]
        if not same:
            raise ImportRefusal(
                f"{kind.name} cannot be created in {project.key}. Add it to the issue type scheme of that project, or name another type.",
                about=name,
            )
        found[name] = same[0]
    return replace(target, objective_type=found["objective_type"], key_result_type=found["key_result_type"])


def _screens(context: Context, target: ImportTarget, issues: Sequence[ImportedIssue]) -> list[ImportProblem]:
    """What the create screens lack or require; told once for each type, of the first row of it."""
    problems = []
    for kind in {
        target.objective_type.id: target.objective_type,
        target.key_result_type.id: target.key_result_type,
    }.values():
        mine = [one for one in issues if one.type.id == kind.id]
        if not mine:
            continue
        screen = context.jira.create_fields(target.project.id, kind.id)
        where = f"the create screen of {kind.name} in {target.project.key}"
        if LABELS not in screen:
            said = f"Labels is not on {where}: without its label an issue could not be found again. Add it there."
            problems.append(ImportProblem(row=0, code="label_not_on_screen", message=said, column="labels"))
        given = {*PLACED, *(id_ for one in mine for id_ in one.fields)}
        problems += [
            ImportProblem(
                row=0,
                code="field_required",
                message=f"{where[0].upper()}{where[1:]} requires “{one.name}”. Make it optional or give it a default in Jira.",
                column=one.name,
            )
            for one in unfilled_fields(screen, given)
        ]
    return problems


# -- how far it is ----------------------------------------------------------------------------------------------


def _may_begin(
    connector: Connector, site: str, number: int, *, without_blocked: bool, release: bool
) -> KeptImport:
    with connector.store.read() as conn:
        kept, half = imports.get(conn, site, number), imports.half_applied(conn, site)
    if kept is None:
        raise UnknownImport(f"There is no import {number}.", step=IMPORTS)
    plan_ = kept.content.plan
    if kept.state is ImportState.DONE:
        return kept
    if kept.state is ImportState.GIVEN_UP:
        raise ImportRefusal(f"The import {number} was given up: plan its file again.", step=IMPORTS)
    if half is not None and half != number:
        raise ImportRefusal(
            f"The import {half} is half applied: apply it to its end first, or give it up.", step=IMPORTS
        )
    if plan_.refused and not without_blocked:
        wrong = sum(one.severity is Severity.ERROR for one in plan_.problems)
        raise ImportRefusal(
            f"{count_of(wrong, 'problem refuses', 'problems refuse')} this import: mend the file and plan it again, or leave out the rows that are blocked."
        )
    if plan_.refused_whole:
        raise ImportRefusal("What Jira lacks refuses this import: see its problems, then plan it again.")
    if plan_.braked and not release and kept.state is ImportState.PLANNED:
        raise ImportRefusal(
            f"{plan_.braked} Look at the plan, then release it as you apply it.", step=IMPORTS
        )
    if kept.state is ImportState.PLANNED and kept.revision != connector.context(site).mapping.revision:
        raise ImportRefusal("Another mapping is active than when this was planned: plan it again.")
    return kept


def _shown(connector: Connector, site: str, number: int) -> ShownImport:
    with connector.store.read() as conn:
        kept = imports.get(conn, site, number)
        if kept is None:
            raise UnknownImport(f"There is no import {number}.", step=IMPORTS)
        plan_ = kept.content.plan
        names = [*(one.identity for one in kept.content.issues), *(one.row.identity for one in plan_.update)]
        made = imports.load_made(conn, site, plan_.tool, names)
    return ShownImport(kept, made)


def import_values(one: ShownImport) -> PlainValues:
    """A plan for programs, with its number, its state, and the issue of each row that stands."""
    kept, content = one.kept, one.kept.content
    return {
        "import": kept.id,
        "file": kept.file,
        "state": kept.state.value,
        "note": kept.note,
        "by": kept.by,
        "at": kept.at.isoformat(),
        "project": content.project.key,
        "rule": content.rule_id,
        "types": {"objective": content.objective_type.name, "key_result": content.key_result_type.name},
        "made": [
            {"row": row.row, "part": row.part, "issue": one.made[row.identity].issue_key}
            for row in content.plan.create
            if row.identity in one.made and one.made[row.identity].issue_key
        ],
        "updated": [
            {"row": each.row.row, "part": each.row.part, "issue": each.issue_key, "note": row.note}
            for each in content.plan.update
            if (row := one.made.get(each.row.identity)) is not None and row.plan_id == kept.id
        ],
        "plan": plan_values(content.plan),
    }
