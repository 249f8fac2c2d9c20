"""`/imports`: OKRs of other tools as Jira issues: first the plan, then exactly that."""

from __future__ import annotations

import binascii
from base64 import b64decode
from datetime import date, datetime
from typing import Literal

from pydantic import Field

from mappings.imports.column_map import ColumnMapPart
from plugin.api.protocol.lookup import site_of
from plugin.api.protocol.operation import Caller, Reply, Routes
from plugin.doors.model import Address, JsonShape, Page, RequestPart, Serial, SiteQuery, Word
from plugin.doors.refusal import invalid, not_found
from plugin.next_steps import IMPORTS
from plugin.use_cases.imports import imports
from plugin.use_cases.imports.imports import ImportPlace, ShownImport, UnknownImport, import_values

ROUTES = Routes()
LONGEST_FILE = 1_900_000


class ImportAddress(Address):
    """One import."""

    number: Serial = Field(description="The number of an import.")


class ImportBody(RequestPart):
    """A file, how it is read, and where its rows are made; what is left out follows from the mapping where it leaves no choice."""

    file: Word = Field(description="The name of the file.")
    content: str = Field(
        max_length=LONGEST_FILE,
        description="The file itself (CSV, XLSX, JSON, or a ZIP of Viva Goals) in Base64; larger ones by command.",
    )
    map: ColumnMapPart = Field(
        description="How it is read: a `preset`, and what stands over it (docs/import.md says what)."
    )
    project: str = Field("", description="The key of the project in which issues are made.")
    rule: str = Field("", description="The id of the rule of objectives.")
    objective_type: str = Field("", description="The name of the issue type of objectives.")
    key_result_type: str = Field("", description="The name of the issue type of key results.")
    labels: list[str] = Field(default_factory=list, description="Labels that every issue gets.")


class FileColumnsBody(RequestPart):
    """A file of which only the columns are asked for."""

    content: str = Field(
        max_length=LONGEST_FILE,
        description="The file itself (CSV or XLSX) in Base64; larger ones by command.",
    )
    map: ColumnMapPart = Field(
        default_factory=ColumnMapPart, description="How it is read: a `preset`, and what stands over it."
    )


class FileColumnJson(JsonShape):
    """A column of a file."""

    column: str = Field(description="Its name.")
    word: str | None = Field(
        description="What it is by the map, or likely is by its name; null where nothing is made of it."
    )
    samples: list[str] = Field(description="Some of what stands in it.")


class ImportApplicationBody(RequestPart):
    """How a plan is applied."""

    without_blocked: bool = Field(False, description="Apply what is not blocked, and leave out the rest.")
    release: bool = Field(
        False, description="Apply it though the large-change stop holds it: somebody looked at the plan."
    )


class ImportSourceJson(JsonShape):
    """What an imported file is, and how it was read."""

    preset: str = Field(description="By which preset it was read.")
    encoding: str = Field(description="The encoding that was told from its bytes.")
    delimiter: str | None = Field(description="What stands between its columns; null where it has none.")
    rows: int = Field(description="How many rows it has.")
    columns_not_read: list[str] = Field(
        description="Columns that nothing is made of; a map says what they are."
    )


class ImportMetricJson(JsonShape):
    """How a key result is measured."""

    kind: str | None = Field(description="The kind of the metric; null is a transition from start to target.")
    start: float | None = Field(description="Where it starts; null where the file does not say it.")
    target: float | None = Field(description="Its target value; null where the file does not say it.")
    current: float | None = Field(description="What it stands at; null where that is not sure.")
    unit: str | None = Field(description="Its unit.")
    at_least: float | None
    at_most: float | None


class ImportRowJson(JsonShape):
    """An objective or a key result that is made."""

    row: int = Field(description="The row of the file; the header is 1.")
    part: int | None = Field(
        description="Which of the key results of one row it is; null where a row is one."
    )
    external_id: str | None = Field(description="Its id in the other tool.")
    kind: Literal["objective", "key_result"] = Field(description="What it is.")
    title: str
    parent_row: int | None = Field(description="The row below which it hangs.")
    owner: str | None = Field(
        description="The Jira account that owns it; null where nobody was found for sure."
    )
    co_owners: list[str] = Field(description="Further owners; they stand in its description.")
    cycle: str | None = Field(description="The cycle in which it runs.")
    start_date: date | None = Field(description="Its first day.")
    end_date: date | None = Field(description="Its last day.")
    weight: float | None = Field(description="Its weight.")
    status: str | None = Field(description="Its status in the other tool; it is written nowhere.")
    commitment: str | None = Field(description="committed or aspirational, where the file says it.")
    metric: ImportMetricJson | None = Field(description="How it is measured; null for an objective.")


class KnownRowJson(JsonShape):
    """A row that was imported before."""

    row: int = Field(description="The row of the file.")
    issue: str = Field(description="The key of its issue.")


class LeftValueJson(JsonShape):
    """One thing that a row says otherwise, and that is left as it is in Jira."""

    name: str = Field(description="What of the row it is.")
    was: str | None = Field(description="What was imported.")
    file: str | None = Field(description="What the file says now; null where it does not say it.")
    jira: str | None = Field(description="What Jira holds; null where it is empty, or was not asked for.")
    why: str = Field(description="Why it is left.")


class ChangedRowJson(KnownRowJson):
    """A row that was imported before and says something else now."""

    fields: list[str] = Field(description="What differs; Jira is left as it is.")
    values: list[LeftValueJson] = Field(
        description="The same with what was imported, what the file says, what Jira holds, and why it is left."
    )


class FieldChangeJson(JsonShape):
    """One thing that is changed in an issue."""

    name: str = Field(description="What of the row it is.")
    old: str | None = Field(description="What was imported, and stands there still; null where nothing was.")
    new: str | None = Field(description="What the file says now.")


class UpdatedRowJson(KnownRowJson):
    """A row that says something else than when it was imported, and whose issue is changed."""

    set: list[FieldChangeJson] = Field(description="What is changed; empty where only check-ins are new.")


class ChangedIssueJson(KnownRowJson):
    """A row whose issue was changed."""

    part: int | None = Field(description="Which of the key results of one row it is.")
    note: str = Field(description="What of it was left in the end, and why.")


class ImportLinkJson(JsonShape):
    """A row that is aligned to another besides."""

    row: int = Field(description="The row that is aligned.")
    to_row: int = Field(description="The row to which.")
    type: str = Field(description="What the link says.")


class ImportedCheckInJson(JsonShape):
    """A check-in of the other tool; it is kept as history."""

    row: int = Field(description="The row whose key result it is of.")
    on: date = Field(description="Its day.")
    value: float | None = Field(description="The value that was said; null where none was.")
    status: str | None = Field(description="The status that was said.")
    note: str
    by: str | None


class SkippedRowJson(JsonShape):
    """A row that is passed over."""

    row: int = Field(description="The row of the file.")
    reason: str = Field(description="Why.")


class ImportProblemJson(JsonShape):
    """What is wrong with a row, or worth knowing."""

    row: int = Field(description="The row of the file; 0 where it is about all.")
    column: str | None = Field(description="The column.")
    code: str = Field(description="What it is, for programs.")
    severity: Literal["error", "warning", "advice"] = Field(description="An error blocks the row.")
    message: str = Field(description="What is wrong, and what would be right.")
    value: str | None = Field(description="What stands there.")
    valid: list[str] = Field(description="What could stand there.")


class ImportPlanJson(JsonShape):
    """What an import makes."""

    format: int = Field(description="The version of this form.")
    source: ImportSourceJson = Field(description="What the file is.")
    refused: bool = Field(description="Whether a row is wrong: then it is applied only without those.")
    braked: str = Field(
        description="Why a person has to look first, as too much would change at once; empty where nobody has to."
    )
    create: list[ImportRowJson] = Field(description="What is made in Jira.")
    update: list[UpdatedRowJson] = Field(description="What is changed in Jira.")
    unchanged: list[KnownRowJson] = Field(description="What was imported before and says the same.")
    left_as_in_jira: list[ChangedRowJson] = Field(
        description="What was imported before and says otherwise now."
    )
    not_in_file: list[str] = Field(description="Issues that were imported before and are not in the file.")
    links: list[ImportLinkJson] = Field(description="Further alignments.")
    check_ins: list[ImportedCheckInJson] = Field(description="What is kept as history.")
    skipped: list[SkippedRowJson] = Field(description="Rows that are passed over.")
    blocked: list[int] = Field(description="Rows that cannot be made.")
    problems: list[ImportProblemJson] = Field(description="Everything that is wrong, or worth knowing.")


class ImportTypesJson(JsonShape):
    """As what issues are made."""

    objective: str = Field(description="The issue type of objectives.")
    key_result: str = Field(description="The issue type of key results.")


class ImportedRowJson(JsonShape):
    """A row whose issue stands."""

    row: int = Field(description="The row of the file.")
    part: int | None = Field(description="Which of the key results of one row it is.")
    issue: str = Field(description="The key of its issue.")


class ImportJson(JsonShape):
    """An import: its plan, and how far it is."""

    import_: int = Field(alias="import", description="Its number.")
    file: str = Field(description="The name of the file.")
    state: Literal["planned", "applying", "done", "given_up"] = Field(
        description="planned: nothing is made yet. applying: it goes on, or waits for what `note` says. done: every issue stands. given_up: it is gone on with no more."
    )
    note: str
    by: str
    at: datetime
    project: str = Field(description="The key of the project in which issues are made.")
    rule: str = Field(description="The rule of the mapping by which they are read.")
    types: ImportTypesJson = Field(description="As what they are made.")
    made: list[ImportedRowJson] = Field(description="The issues that stand.")
    updated: list[ChangedIssueJson] = Field(description="The issues of earlier imports that were changed.")
    plan: ImportPlanJson = Field(description="What it makes.")


@ROUTES.post(
    "/imports",
    "editor",
    "Plan the import of a file of another tool.",
    status=201,
    heavy=True,
    links={
        name: {"number": "$response.body#/import"}
        for name in ("show_import", "apply_import", "give_up_import")
    },
)
def plan_import(caller: Caller, query: SiteQuery, body: ImportBody) -> Reply[ImportJson]:
    """Nothing is made: the plan says what would be, and every row that is refused, with why. 409 where nothing can be planned."""
    place = ImportPlace(
        project=body.project,
        rule=body.rule,
        objective_type=body.objective_type,
        key_result_type=body.key_result_type,
        labels=tuple(body.labels),
    )
    site = site_of(caller, query)
    data = _content(body.content)
    one = imports.plan(caller.connector, caller.actor, site, data, body.file, body.map, place)
    return Reply(_json(one), {"Location": f"/api/v1/imports/{one.kept.id}"})


@ROUTES.post(
    "/imports/columns", "editor", "The columns of a file, with samples and what each likely is.", heavy=True
)
def list_file_columns(caller: Caller, body: FileColumnsBody) -> Reply[Page[FileColumnJson]]:
    """Nothing is planned and nothing kept: by this a column map is chosen. 409 where the file has no columns."""
    found = imports.file_columns(caller.connector, caller.actor, _content(body.content), body.map)
    return Reply(
        Page[FileColumnJson](
            items=[FileColumnJson(column=one.name, word=one.word, samples=list(one.samples)) for one in found]
        )
    )


@ROUTES.get("/imports", "viewer", "The imports of late.")
def list_imports(caller: Caller, query: SiteQuery) -> Reply[Page[ImportJson]]:
    """The latest first."""
    found = imports.list_imports(caller.connector, caller.actor, site_of(caller, query))
    return Reply(Page[ImportJson](items=[_json(ShownImport(one, {})) for one in found]))


@ROUTES.get("/imports/{number}", "viewer", "One import: its plan, and how far it is.")
def show_import(caller: Caller, path: ImportAddress, query: SiteQuery) -> Reply[ImportJson]:
    """With the issues that stand by now."""
    try:
        one = imports.show_import(caller.connector, caller.actor, site_of(caller, query), path.number)
    except UnknownImport as error:
        raise _unknown(path.number) from error
    return Reply(_json(one))


@ROUTES.post(
    "/imports/{number}/apply", "editor", "Apply the plan of an import, in the background.", status=202
)
def apply_import(
    caller: Caller, path: ImportAddress, query: SiteQuery, body: ImportApplicationBody
) -> Reply[ImportJson]:
    """What was begun is gone on with, and nothing is made twice. 409 where the plan is refused or held, the mapping has changed, or another import goes on."""
    site = site_of(caller, query)
    try:
        one = imports.begin(
            caller.connector,
            caller.actor,
            site,
            path.number,
            without_blocked=body.without_blocked,
            release=body.release,
        )
    except UnknownImport as error:
        raise _unknown(path.number) from error
    return Reply(_json(one), {"Location": f"/api/v1/imports/{path.number}"})


@ROUTES.post("/imports/{number}/give-up", "editor", "Go on no more with an import that cannot become whole.")
def give_up_import(caller: Caller, path: ImportAddress, query: SiteQuery) -> Reply[ImportJson]:
    """Another may be applied then; what stands stays in Jira. 409 where it was not begun, has ended, or is being applied just now."""
    try:
        return Reply(
            _json(imports.give_up(caller.connector, caller.actor, site_of(caller, query), path.number))
        )
    except UnknownImport as error:
        raise _unknown(path.number) from error


def _content(said: str) -> bytes:
    try:
        return b64decode(said, validate=True)
    except (binascii.Error, ValueError):
        raise invalid(
            "/content", "It is no Base64.", "Send the bytes of the file in Base64 (RFC 4648)."
        ) from None


def _unknown(number: int) -> Exception:
    return not_found("import", str(number), IMPORTS)


def _json(one: ShownImport) -> ImportJson:
    return ImportJson.model_validate(import_values(one))
