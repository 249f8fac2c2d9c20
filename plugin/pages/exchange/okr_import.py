"""OKRs of another tool as Jira issues: a file is uploaded and planned, each refused row is named, and exactly that plan is applied or given up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import SelectField, TextAreaField

from mappings.diagnostic import Severity
from mappings.imports.column_map import WORDS as WORDS_OF_COLUMNS
from mappings.imports.column_map import ColumnMapPart, read_column_map
from mappings.imports.files.table import FileColumn, UnusableFile
from mappings.imports.plan import ImportPlan, PlannedUpdate
from mappings.imports.presets import PRESETS, preset
from mappings.imports.row import ImportProblem
from plugin.access.authorization.permission import needs
from plugin.access.authorization.person import current_actor
from plugin.pages.frame.forms import LineField, PageForm
from plugin.pages.frame.page import flash_refusal, render
from plugin.pages.frame.visit import SERIAL, known_site, show_moment
from plugin.pages.views.words.moments import MomentText
from plugin.runtime.connector import Connector, Refusal
from plugin.use_cases.imports import imports
from plugin.use_cases.imports.imports import (
    APPLYING,
    ImportPlace,
    ImportState,
    KeptImport,
    ShownImport,
    UnknownImport,
)
from plugin.use_cases.work import background_jobs

PAGE = "mapping"
WORDS = {
    ImportState.PLANNED: ("pending", "Planned"),
    ImportState.APPLYING: ("at_risk", "Begun"),
    ImportState.DONE: ("on_track", "Done"),
    ImportState.GIVEN_UP: ("unknown", "Given up"),
}
"""The mark and the word of a state."""
MOST_ROWS = 500
APPLICATIONS = {
    "apply": (False, False),
    "apply-rest": (True, False),
    "release": (False, True),
    "release-rest": (True, True),
}
"""What a button applies: without what is blocked, and though the brake holds it."""


class ImportForm(PageForm):
    """A file's tool, and what the mapping leaves open."""

    preset = SelectField("The tool it is from", choices={one.name: one.about for one in PRESETS})
    columns = TextAreaField(
        "Column map",
        description="Only where the file is otherwise than its tool writes it, or of no tool: which column is what, one a line, as `title: Goal`. What can be said is on the page Import of the documentation.",
        render_kw={"rows": 5, "spellcheck": "false"},
    )
    project = LineField(
        "Project", description="Its key, where the mapping reads several.", render_kw={"maxlength": 40}
    )
    rule = LineField("Rule of objectives", description="Its id, where the mapping has several.")
    objective_type = LineField("Issue type of objectives", description="Where the rule takes several.")
    key_result_type = LineField("Issue type of key results", description="Where the rule takes several.")
    labels = LineField("Labels", description="For every issue, with blanks between them.")


@dataclass(frozen=True, slots=True)
class ImportLine:
    """An import in the list."""

    number: int
    file: str
    at: MomentText
    by: str
    level: str
    word: str
    issues: int
    note: str


@dataclass(frozen=True, slots=True)
class ProblemLine:
    """One thing that is wrong, at its row."""

    level: str
    where: str
    said: str


def register(blueprint: Blueprint, connector: Connector) -> None:
    """Add the routes."""

    @blueprint.get("/import", endpoint="first_import")
    @needs("viewer")
    def first_site() -> ResponseReturnValue:
        first = next(iter(connector.sites), None)
        if first is None:
            return redirect(url_for("control.wizard"))
        return redirect(url_for("control.imports", site=first))

    @blueprint.get("/import/<site>", endpoint="imports")
    @needs("viewer")
    def all_imports(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        return imports_page(connector, site, ImportForm())

    @blueprint.post("/import/<site>", endpoint="plan_import")
    @needs("editor", lane="heavy")
    def planned(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        return planned_or_not(connector, site)

    @blueprint.post("/import/<site>/columns", endpoint="import_columns")
    @needs("editor", lane="heavy")
    def columns(site: str) -> ResponseReturnValue:
        known_site(connector, site)
        return chosen_columns(connector, site)

    @blueprint.get(f"/import/<site>/<{SERIAL}:number>", endpoint="import_plan")
    @needs("viewer")
    def one_import(site: str, number: int) -> ResponseReturnValue:
        known_site(connector, site)
        return plan_page(connector, site, number)

    @blueprint.post(f"/import/<site>/<{SERIAL}:number>/<act>", endpoint="change_import")
    @needs("editor", lane="heavy")
    def change(site: str, number: int, act: str) -> ResponseReturnValue:
        known_site(connector, site)
        return done_or_not(connector, site, number, act)


def imports_page(
    connector: Connector, site: str, form: ImportForm, columns: Sequence[FileColumn] = ()
) -> str:
    """The form, with the columns of its file where they were asked for, and the imports of late."""
    found = imports.list_imports(connector, current_actor(), site)
    return render(
        "imports.html",
        PAGE,
        site=site,
        sites=list(connector.sites),
        form=form,
        columns=columns,
        words=WORDS_OF_COLUMNS,
        rows=[line(connector, one) for one in found],
    )


def line(connector: Connector, one: KeptImport) -> ImportLine:
    """An import as the list shows it."""
    level, word = WORDS[one.state]
    return ImportLine(
        number=one.id,
        file=one.file,
        at=show_moment(connector, one.at),
        by=one.by,
        level=level,
        word=word,
        issues=len(one.content.issues) + len(one.content.plan.update),
        note=one.note,
    )


def planned_or_not(connector: Connector, site: str) -> ResponseReturnValue:
    """The plan of the file that came, or the form with what is wrong."""
    form, sent = ImportForm(request.form), request.files.get("file")
    data = b"" if sent is None else sent.read()
    form.validate()
    if sent is None or not data:
        form.refuse("Choose a file first: CSV, XLSX, JSON, or a ZIP of Viva Goals.")
    map_ = column_map(form)
    if map_ is not None and sent is not None and not form.said():
        place = ImportPlace(
            project=form.project.data,
            rule=form.rule.data,
            objective_type=form.objective_type.data,
            key_result_type=form.key_result_type.data,
            labels=tuple(form.labels.data.split()),
        )
        name = (sent.filename or "file")[:200]
        try:
            one = imports.plan(connector, current_actor(), site, data, name, map_, place)
        except Refusal as error:
            form.refuse_for(error)
        else:
            return redirect(url_for("control.import_plan", site=site, number=one.kept.id))
    return imports_page(connector, site, form), 422


def chosen_columns(connector: Connector, site: str) -> ResponseReturnValue:
    """The form again, with each column of the file that came and what it may be."""
    form, sent = ImportForm(request.form), request.files.get("file")
    data = b"" if sent is None else sent.read()
    form.validate()
    if not data:
        form.refuse("Choose a file first: CSV or XLSX.")
    map_ = column_map(form)
    found: tuple[FileColumn, ...] = ()
    if map_ is not None and not form.said():
        try:
            found = imports.file_columns(connector, current_actor(), data, map_)
        except Refusal as error:
            form.refuse_for(error)
    return imports_page(connector, site, form, found), 422 if form.said() else 200


def column_map(form: ImportForm) -> ColumnMapPart | None:
    """The preset with the columns that were chosen or written over it; None where these are none."""
    chosen = list(zip(request.form.getlist("column"), request.form.getlist("word"), strict=False))
    if chosen:
        words = [word for _, word in chosen if word]
        if twice := sorted({one for one in words if words.count(one) > 1}):
            form.refuse(f"Several columns are said to be {', '.join(twice)}: choose one each.")
            return None
        known = preset(form.preset.data)
        unsaid = {} if known is None else dict.fromkeys(known.columns, "")
        return ColumnMapPart(
            preset=form.preset.data, columns={**unsaid, **{word: column for column, word in chosen if word}}
        )
    text = form.columns.data or ""
    written = "" if not text.strip() else "".join(f"  {each}\n" for each in text.splitlines())
    try:
        found = read_column_map(f"columns:\n{written}") if written else ColumnMapPart()
    except UnusableFile as error:
        form.refuse(str(error), "columns")
        return None
    return found.model_copy(update={"preset": form.preset.data})


def plan_page(connector: Connector, site: str, number: int) -> ResponseReturnValue:
    """A plan, with how far it is."""
    try:
        one = imports.show_import(connector, current_actor(), site, number)
    except UnknownImport:
        abort(404, description=f"There is no import {number} of this site.")
    plan = one.kept.content.plan
    parts = (len(plan.create), len(plan.update), len(plan.left))
    most = max(parts) if request.args.get("all") else MOST_ROWS
    return render(
        "import_plan.html",
        PAGE,
        site=site,
        one=one,
        line=line(connector, one.kept),
        plan=plan,
        problems=[problem(each) for each in plan.problems],
        rows=list(plan.create[:most]),
        more=sum(max(each - most, 0) for each in parts),
        changes=[
            (each, change, _settled(one, each)) for each in plan.update[:most] for change in each.changes
        ],
        left=[(each, value) for each in plan.left[:most] for value in each.values],
        kinds=kinds(plan),
        made=sum(bool(each.issue_id) for each in one.made.values()),
        can=possible(one),
        running=background_jobs.latest_job(connector, current_actor(), site, APPLYING),
    )


def _settled(one: ShownImport, update: PlannedUpdate) -> str:
    """What became of a change of an earlier issue, in words."""
    made = one.made.get(update.row.identity)
    if made is None or made.plan_id != one.kept.id:
        return "" if one.kept.state is ImportState.DONE else "not yet"
    return made.note or "changed"


def kinds(plan: ImportPlan) -> dict[str, int]:
    """How many of each kind are made."""
    return dict(Counter(row.kind.replace("_", " ") for row in plan.create))


def possible(one: ShownImport) -> tuple[str, ...]:
    """What can be done with it now."""
    plan, state = one.kept.content.plan, one.kept.state
    if state in (ImportState.DONE, ImportState.GIVEN_UP):
        return ()
    begun = ("give-up",) if state is ImportState.APPLYING else ()
    if not (one.kept.content.issues or plan.update) or plan.refused_whole:
        return begun
    if plan.braked and state is ImportState.PLANNED:
        return ("release-rest" if plan.refused else "release", *begun)
    return ("apply-rest" if plan.refused else "apply", *begun)


def problem(one: ImportProblem) -> ProblemLine:
    """In words, with what would be valid."""
    where = f"Row {one.row}" if one.row else "Jira"
    valid = f" Valid: {', '.join(one.valid)}." if one.valid else ""
    value = f" (“{one.value}”)" if one.value else ""
    level = "off_track" if one.severity is Severity.ERROR else "at_risk"
    return ProblemLine(
        level, where + (f", {one.column}" if one.column else ""), f"{one.message}{value}{valid}"
    )


def done_or_not(connector: Connector, site: str, number: int, act: str) -> ResponseReturnValue:
    """What comes of a button of the plan."""
    try:
        if act in APPLICATIONS:
            rest, release = APPLICATIONS[act]
            imports.begin(connector, current_actor(), site, number, without_blocked=rest, release=release)
        elif act == "give-up":
            imports.give_up(connector, current_actor(), site, number)
            flash(
                "Given up: what stands stays in Jira, and the next import that has the rest makes it whole."
            )
        else:
            abort(404, description="There is nothing of this name to do with an import.")
    except Refusal as error:
        flash_refusal(str(error))
    return redirect(url_for("control.import_plan", site=site, number=number))
