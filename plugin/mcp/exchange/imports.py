"""`okr_imports`, `okr_import` and `okr_import_plan`: OKRs of other tools, planned; a person applies them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from mappings.imports.column_map import ColumnMapPart
from mappings.imports.plan import ImportPlan
from mappings.numbers import count_of
from plugin.access.authorization.permission import Permission
from plugin.mcp.protocol.lookup import site_of
from plugin.mcp.protocol.provenance import provenance
from plugin.mcp.protocol.quotation import Quoted
from plugin.mcp.protocol.shapes import (
    MOST_ROWS,
    USUAL_ROWS,
    Answer,
    Arguments,
    Name,
    PageArguments,
    RowCount,
    Shape,
    page_of,
)
from plugin.mcp.protocol.tool import Tool, ToolAsker
from plugin.use_cases.imports import imports
from plugin.use_cases.imports.imports import ImportPlace, KeptImport, ShownImport

LONGEST_CONTENT = 200_000
What = Literal["make", "change", "left", "unchanged", "passed over", "wrong", "warning", "not in file"]


class ImportShape(Shape):
    """One import: whose it is, how far it is, and how many rows come to what."""

    number: int
    file: Quoted
    state: str
    waits_for: Quoted
    by: Quoted
    at: datetime
    project: str
    make: int
    change: int
    left: int
    unchanged: int
    passed_over: int
    blocked: int
    refused: bool = Field(description="True: rows are wrong; it is applied only without those.")
    braked: Quoted


class ImportList(Answer):
    """The latest first."""

    counted: RowCount
    imports: list[ImportShape]


class ImportRowShape(Shape):
    """What one row comes to; `row` is null for an issue whose row is gone."""

    row: int | None
    what: What
    issue: str | None
    title: Quoted | None
    said: Quoted


class ImportAnswer(Answer):
    """One import, row by row."""

    import_plan: ImportShape
    counted: RowCount
    rows: list[ImportRowShape]


class ImportArguments(PageArguments):
    """Which import."""

    number: int = Field(ge=1, le=2**53, description="As okr_imports lists it.")


class ImportPlanArguments(Arguments):
    """A file as text, how it is read, and where its rows would be made."""

    limit: int = Field(
        USUAL_ROWS,
        ge=1,
        le=MOST_ROWS,
        description="How many rows are shown at once; okr_import gives the rest.",
    )
    file: Name = Field(description="The name of the file.")
    content: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_CONTENT)] = Field(
        description="Its text: CSV, or JSON that the connector exported."
    )
    map: ColumnMapPart = Field(
        default_factory=ColumnMapPart,
        description="A preset, and what stands over it, as docs/import.md says.",
    )
    project: str = ""
    rule: str = ""
    objective_type: str = ""
    key_result_type: str = ""
    labels: list[Name] = Field(default_factory=list, description="Labels that every issue gets.")


def okr_imports(asking: ToolAsker, arguments: PageArguments) -> ImportList:
    """The imports of late."""
    site = site_of(asking, arguments)
    found = imports.list_imports(asking.connector, asking.actor, site)
    shown, counted = page_of(
        f"okr_imports:{site}", arguments, found, (f"{one.id} {one.state}" for one in found)
    )
    return ImportList(
        provenance=provenance(asking, site, ImportList, f"/import/{site}"),
        counted=counted,
        imports=[_shape(one) for one in shown],
    )


def okr_import(asking: ToolAsker, arguments: ImportArguments) -> ImportAnswer:
    """One import, row by row."""
    site = site_of(asking, arguments)
    return _answer(
        asking,
        site,
        arguments,
        imports.show_import(asking.connector, asking.actor, site, arguments.number),
    )


def okr_import_plan(asking: ToolAsker, arguments: ImportPlanArguments) -> ImportAnswer:
    """Plan an import; nothing is made in Jira."""
    site = site_of(asking, arguments)
    place = ImportPlace(
        project=arguments.project,
        rule=arguments.rule,
        objective_type=arguments.objective_type,
        key_result_type=arguments.key_result_type,
        labels=tuple(arguments.labels),
    )
    data = arguments.content.encode()
    planned = imports.plan(asking.connector, asking.actor, site, data, arguments.file, arguments.map, place)
    first = ImportArguments(site=arguments.site, limit=arguments.limit, cursor=None, number=planned.kept.id)
    return _answer(asking, site, first, planned)


def _answer(asking: ToolAsker, site: str, arguments: ImportArguments, one: ShownImport) -> ImportAnswer:
    """A page of what rows come to; the cursor of a plan goes on with okr_import."""
    rows = list(_rows(one))
    shown, counted = page_of(
        f"okr_import:{site}:{one.kept.id}", arguments, rows, (row.model_dump_json() for row in rows)
    )
    return ImportAnswer(
        provenance=provenance(asking, site, ImportAnswer, f"/import/{site}/{one.kept.id}"),
        import_plan=_shape(one.kept),
        counted=counted,
        rows=list(shown),
    )


def _shape(one: KeptImport) -> ImportShape:
    plan = one.content.plan
    return ImportShape(
        number=one.id,
        file=one.file,
        state=one.state.value,
        waits_for=one.note,
        by=one.by,
        at=one.at,
        project=one.content.project.key,
        make=len(plan.create),
        change=len(plan.update),
        left=len(plan.left) + len(plan.changed),
        unchanged=len(plan.known),
        passed_over=len(plan.skipped),
        blocked=len(plan.blocked),
        refused=plan.refused,
        braked=plan.braked,
    )


def _rows(one: ShownImport) -> Iterator[ImportRowShape]:
    """Everything that a plan says, in its parts; nothing is left out."""
    plan: ImportPlan = one.kept.content.plan
    for row in plan.create:
        made = one.made.get(row.identity)
        below = "" if row.parent_row is None else f" below row {row.parent_row}"
        said = f"{row.kind.replace('_', ' ')}{below}"
        yield ImportRowShape(
            row=row.row,
            what="make",
            issue=made.issue_key or None if made else None,
            title=row.title,
            said=said,
        )
    for update in plan.update:
        changes = [f"{each.word}: {each.old or 'empty'} → {each.new or 'empty'}" for each in update.changes]
        more = [count_of(len(update.check_ins), "new check-in")] if update.check_ins else []
        yield ImportRowShape(
            row=update.row.row,
            what="change",
            issue=update.issue_key,
            title=update.row.title,
            said="; ".join([*changes, *more]),
        )
    for left in plan.left:
        for value in left.values:
            said = f"{value.word}: {value.why} (imported {value.was or 'nothing'}, the file says {value.file or 'nothing'}, Jira holds {value.jira or 'nothing'})"
            yield ImportRowShape(
                row=left.row.row, what="left", issue=left.issue_key, title=left.row.title, said=said
            )
    for row, key, names in plan.changed:
        yield ImportRowShape(
            row=row.row, what="left", issue=key, title=row.title, said=f"differs: {', '.join(names)}"
        )
    for row, key in plan.known:
        yield ImportRowShape(row=row.row, what="unchanged", issue=key, title=row.title, said="as imported")
    for number, reason in plan.skipped:
        yield ImportRowShape(row=number, what="passed over", issue=None, title=None, said=reason)
    for problem in plan.problems:
        what: What = "wrong" if problem.severity.value == "error" else "warning"
        said = f"{problem.code}: {problem.message}"
        yield ImportRowShape(row=problem.row or None, what=what, issue=None, title=problem.value, said=said)
    for key in plan.not_in_file:
        yield ImportRowShape(
            row=None, what="not in file", issue=key, title=None, said="nothing happens to it"
        )


IMPORTS = Tool(
    name="okr_imports",
    title="Imports",
    description="Imports of OKRs from other tools, the latest first: how far each is, and how many rows come to what.",
    takes=PageArguments,
    gives=ImportList,
    function=okr_imports,
)
IMPORT = Tool(
    name="okr_import",
    title="One import",
    description="One import, row by row: what is made, changed (old → new), left as in Jira, passed over or wrong, and why.",
    takes=ImportArguments,
    gives=ImportAnswer,
    function=okr_import,
)
IMPORT_PLAN = Tool(
    name="okr_import_plan",
    title="Plan an import",
    description="Plan the import of a file of another tool: what would be made and changed in Jira, and each row that is wrong. It keeps the plan and makes nothing; a person applies it on the page.",
    takes=ImportPlanArguments,
    gives=ImportAnswer,
    function=okr_import_plan,
    permission=Permission.EDITOR,
)
