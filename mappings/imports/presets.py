"""The column maps of the tools that people come from. A new one is an entry in PRESETS, its sample in `tests/mappings/imports/samples`, its row in `docs/import.md`."""

from __future__ import annotations

from collections.abc import Sequence

from mappings.imports.column_map import KINDS, STATUSES, WORDS, ColumnMap

COLUMNS = "columns"
"""The preset of any table: nothing is said of its columns but by whoever imports."""

USUAL = {
    "goal": "title",
    "objective": "title",
    "deadline": "end_date",
    "due date": "end_date",
    "notes": "description",
    "aligned to": "parent",
}
"""Names that columns have in tables of nobody's."""
VIVA_STATUSES = {"not started": "pending", "on track": "on_track", "behind": "at_risk"}
VIVA_STATUSES |= {"at risk": "off_track", "closed": "closed"}
"""Behind is the milder of the two there."""

PRESETS: tuple[ColumnMap, ...] = (
    ColumnMap(
        name="viva-csv",
        tool="viva-goals",
        about="Viva Goals: Explorer > Actions > Export, as CSV or XLSX",
        columns={
            "title": "Title",
            "id": "Id",
            "parent": "Aligned To (weight, Objective ID)",
            "kind": "Object Type",
            "owner": "Owner",
            "cycle": "Period",
            "start_date": "Start Date",
            "end_date": "End Date",
            "description": "Description",
            "status": "Status",
            "commitment": "Goal Type",
            "start": "Start",
            "target": "Target",
            "progress": "Progress %",
            "actual": "Actual Progress",
            "unit": "Unit",
            "check_ins": "Checkins",
        },
        hangs="id",
        form="viva",
        statuses=VIVA_STATUSES,
    ),
    ColumnMap(
        name="viva-zip",
        tool="viva-goals",
        about="Viva Goals: the ZIP of JSON files that an admin exports",
        columns={},
        hangs="id",
        statuses=VIVA_STATUSES,
    ),
    ColumnMap(
        name="ally-template",
        tool="ally",
        about="Viva Goals and Ally.io: the template for imports",
        columns={
            "title": "Title",
            "row_id": "Row ID",
            "parent": "Parent",
            "kind": "Type",
            "owner": "Owner Email",
            "cycle": "Time Period",
            "start_date": "Start Date",
            "end_date": "End Date",
            "start": "Start",
            "target": "Target",
            "unit": "Unit",
        },
        hangs="row",
        separators=("\n", ",", ";"),
    ),
    ColumnMap(
        name="appfire-csv",
        tool="appfire-okr",
        about="Appfire OKR for Jira and BigPicture, as CSV",
        columns={
            "title": "Summary*",
            "row_id": "Order*",
            "kind": "Type*",
            "owner": "Owner*",
            "cycle": "Period*",
            "start_date": "Expected start date",
            "end_date": "Expected end date",
            "description": "Description",
            "weight": "Weight",
            "status": "Status*",
            "start": "Start value*",
            "target": "Target value*",
            "current": "Current value*",
        },
        hangs="dotted",
    ),
    ColumnMap(
        name="betterworks-csv",
        tool="betterworks",
        about="Betterworks, as CSV: a milestone belongs to the goal above it",
        columns={
            "title": "name",
            "kind": "type",
            "owner": "owner_email",
            "start_date": "start_date",
            "end_date": "end_date",
            "description": "description",
            "progress": "progress",
        },
        hangs="above",
        kinds={**KINDS, "milestone": "key_result"},
        percent=True,
        blank_is_zero=True,
    ),
    ColumnMap(
        name="cultureamp-csv",
        tool="culture-amp",
        about="Culture Amp, as CSV: the key results of a goal are further columns",
        columns={
            "title": "name",
            "owner": "email",
            "end_date": "due_at",
            "description": "description",
            "status": "status",
        },
        form="wide",
        percent=True,
    ),
    ColumnMap(
        name="peoplebox-csv",
        tool="peoplebox",
        about="Peoplebox, as CSV or XLSX",
        columns={
            "title": "Goal Title",
            "id": "Goal ID",
            "row_id": "Row ID",
            "parent": "Parent Goal IDs",
            "parent_row": "Parent Row IDs",
            "kind": "Goal Type",
            "action": "Action",
            "owner": "Owner Emails",
            "cycle": "Goal Cycle",
            "start_date": "Start Date",
            "end_date": "End Date",
            "description": "Description",
            "status": "Progress Status",
            "start": "Starting Value",
            "target": "Target Value",
            "current": "Current Value",
        },
        hangs="row",
        depth=True,
        metric_kinds={"binary": "milestone"},
    ),
    ColumnMap(
        name="sheet-indent",
        tool="sheet",
        about="A spreadsheet in which key results are indented below their objective",
        columns={
            "title": "OKR",
            "owner": "Owner",
            "cycle": "Quarter",
            "start": "Baseline",
            "target": "Target",
            "current": "Now",
            "unit": "Unit",
            "weight": "Weight",
            "status": "Status",
        },
        hangs="indent",
        depth=True,
    ),
    ColumnMap(
        name="title-path",
        tool="paths",
        about="A table whose first column is the path of titles, as Company > Team > Key result",
        columns={
            "title": "Path",
            "owner": "Owner",
            "start": "Start",
            "target": "Target",
            "current": "Current",
            "end_date": "Due",
        },
        hangs="path",
        depth=True,
    ),
    ColumnMap(
        name=COLUMNS,
        tool="table",
        about="Any table: say which column is what",
        columns={},
        statuses=STATUSES,
    ),
    ColumnMap(
        name="jira-okr",
        tool="jira-okr",
        about="What this connector exports, as JSON",
        columns={},
        hangs="id",
    ),
)


def preset(name: str) -> ColumnMap | None:
    """The preset of this name, None where there is none."""
    return next((one for one in PRESETS if one.name == name), None)


def likely_words(columns: Sequence[str], map_: ColumnMap) -> dict[str, str]:
    """By column what it is: what the map says, else what a column of that name is in any tool. A proposal for a person; each word goes to one column."""
    named = {map_.columns[word]: word for word in map_.columns if map_.columns[word] in columns}
    if map_.name != COLUMNS:
        return named
    usual = {**USUAL, **{word.replace("_", " "): word for word in WORDS}}
    usual |= {column.casefold().rstrip("*"): word for one in PRESETS for word, column in one.columns.items()}
    usual |= {word.casefold(): word for word in WORDS}
    for column in columns:
        word = usual.get(column.casefold().strip().rstrip("*"))
        if word is not None and column not in named and word not in named.values():
            named[column] = word
    return named
