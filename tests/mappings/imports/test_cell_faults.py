"""What is wrong with a file or a row of it is told by its line, its column and what stands there; what cannot be a file is refused whole."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mappings.diagnostic import Severity
from mappings.imports.column_map import ColumnMap
from mappings.imports.columns import LONGEST_TITLE, read_table
from mappings.imports.files import okr_file, table
from mappings.imports.files.okr_file import FORMAT, read_okr_file
from mappings.imports.files.table import FileTable, UnusableFile, csv_table, sample_column
from mappings.imports.row import ReadRows

WORDS = ("title", "kind", "parent", "parent_row", "row_id", "action", "cycle", "start_date", "end_date", "weight", "status")  # fmt: skip


def read(text: str, **of_map: Any) -> ReadRows:
    columns = {word: word for word in WORDS}
    return read_table(csv_table(text.encode()), ColumnMap("plain", "Tool", "", columns, **of_map))


def told(found: ReadRows) -> list[tuple[int, str, str | None, str, str]]:
    return [(one.row, one.code, one.column, one.severity.value, one.message) for one in found.problems]


@pytest.mark.parametrize(
    ("header", "cells", "code", "message"),
    [
        ("title,action", "A,Delete", "delete_refused", "An import deletes nothing: leave this row out."),
        ("title,action", "A,remove", "delete_refused", "An import deletes nothing: leave this row out."),
        ("title,kind", "A,wish", "kind_unknown", "“wish” is no kind that is known."),
        ("kind,title", "goal,", "title_missing", "The title is empty."),
        ("title,weight", "A,-1", "weight_negative", "A weight is 0 or more."),
        ("title,start_date,end_date", "A,2026-10-02,2026-10-01", "end_before_start", "2026-10-01 is before 2026-10-02."),
    ],
)  # fmt: skip
def test_a_fault_of_a_row_is_told(header: str, cells: str, code: str, message: str) -> None:
    (found,) = told(read(f"{header}\n{cells}\n"))
    assert (found[0], found[1], found[3], found[4]) == (2, code, "error", message)


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("title,action", "A,keep"),
        ("title,kind", "A,objective"),
        ("title,kind", "A,"),
        ("title,weight", "A,0"),
        ("title,start_date,end_date", "A,2026-10-01,2026-10-01"),
        ("title", "x" * LONGEST_TITLE),
    ],
)
def test_what_is_at_the_edge_is_no_fault(header: str, cells: str) -> None:
    assert told(read(f"{header}\n{cells}\n")) == []


def test_a_title_is_no_longer_than_jira_takes() -> None:
    long = "x" * (LONGEST_TITLE + 1)
    (found,) = told(read(f"title\n{long}\n"))
    assert found[1:] == (
        *("title_too_long", "title", "error"),
        f"The title has {LONGEST_TITLE + 1} characters: Jira takes {LONGEST_TITLE}.",
    )


@pytest.mark.parametrize("sign", ["=", "+", "@"])
def test_what_begins_as_a_formula_is_taken_as_text_and_told(sign: str) -> None:
    found = read(f"title\n{sign}SUM(A1)\n")
    assert [one.title for one in found.rows] == [f"{sign}SUM(A1)"]
    assert told(found) == [
        (2, "formula_text", "title", "warning", "It begins as a formula does; it is taken as text.")
    ]


def test_a_status_that_is_not_known_is_left_out() -> None:
    found = read("title,status\nA,sleepy\nB,Done\nC,-\n")
    assert [one.status for one in found.rows] == [None, "closed", None]
    assert [(one.row, one.code, one.severity) for one in found.problems] == [
        (3 - 1, "status_unknown", Severity.WARNING)
    ]
    assert found.problems[0].message == "“sleepy” is no status that is known; it is left out."
    assert "on_track" in found.problems[0].valid


def test_rows_of_kinds_that_are_not_imported_are_skipped() -> None:
    found = read("title,kind\nA,objective\nB,Task\n")
    assert ([one.title for one in found.rows], found.skipped) == (["A"], ((3, "kind_not_imported"),))


@pytest.mark.parametrize(
    ("header", "cells", "parents"),
    [
        ("title,parent_row,parent", "A,2;3,9", ["2", "3"]),
        ("title,parent_row,parent", "A,,9", ["9"]),
        ("title,parent", "A,7", ["7"]),
        ("title,parent", 'A,"7, 8"', ["7", "8"]),
        ("title,parent", "A,", []),
    ],
)
def test_rows_above_are_named_by_their_numbers(header: str, cells: str, parents: list[str]) -> None:
    (row,) = read(f"{header}\n{cells}\n", hangs="rows").rows
    assert [one.id for one in row.parents] == parents


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "The file is empty: its first line names the columns."),
        (b"\xff", "The file cannot be read as"),
        (b'a,b\n"x', "This is no CSV: "),
        (b"title,title\nA,B\n", "Several columns are called title: give each another name."),
    ],
)
def test_what_is_no_table_is_refused(data: bytes, said: str) -> None:
    encoding = "utf-8" if data == b"\xff" else None
    with pytest.raises(UnusableFile, match=said.replace("(", "\\(")):
        csv_table(data, encoding)


def test_a_table_without_its_title_is_refused_and_says_its_columns() -> None:
    def refusal(columns: dict[str, str], **more: Any) -> str:
        with pytest.raises(UnusableFile) as refused:
            read_table(csv_table(b"name,unit\nA,ms\n"), ColumnMap("plain", "Tool", "", columns, **more))
        return str(refused.value)

    assert refusal({"title": "Goal"}) == "The column “Goal” is missing. The columns are: name, unit."
    assert refusal({}) == "No column is said to be the title. The columns are: name, unit."
    wanted = {"title": "name", "unit": "in"}
    assert refusal(wanted, required=frozenset({"unit"})).startswith("The column “in” is missing.")
    assert refusal({"title": "name", "colour": "x"}).startswith(
        "colour: nothing that a column can be. Those are: "
    )


def test_files_are_not_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (table, okr_file):
        monkeypatch.setattr(module, "LARGEST_FILE", 40)
        monkeypatch.setattr(module, "MOST_ROWS", 2)
    assert len(csv_table(b"title\nA\nB\n").rows) == 2
    with pytest.raises(UnusableFile, match="The file has 3 rows: at most 2 are read"):
        csv_table(b"title\nA\nB\nC\n")
    assert csv_table(b"title\n" + b"A" * 34).rows[0].text("title") == "A" * 34
    with pytest.raises(UnusableFile, match="The file has 41 bytes: at most 40 are read"):
        csv_table(b"title\n" + b"A" * 35)
    with pytest.raises(UnusableFile, match="The file has 41 bytes: at most 40 are read"):
        read_okr_file(b" " * 41)
    with pytest.raises(UnusableFile, match="The file has 3 rows: at most 2 are read"):
        read_okr_file(json.dumps({"format": FORMAT, "okrs": [1, 2, 3]}).encode())


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"okrs": []}', f'{{"format": {FORMAT}}}', '{"format": 99, "okrs": []}']
)
def test_what_is_no_file_of_okrs_is_refused(text: str) -> None:
    with pytest.raises(UnusableFile):
        read_okr_file(text.encode())


@pytest.mark.parametrize("weight", ["1/0", "a", "1/x"])
def test_a_number_of_a_file_of_okrs_is_a_number(weight: str) -> None:
    okrs = [
        {"id": "1", "kind": "objective", "title": "A", "weight": weight},
        {"id": "2", "kind": "objective", "title": "B", "weight": "3/4"},
    ]
    found = read_okr_file(json.dumps({"format": FORMAT, "okrs": okrs}).encode())
    assert [(one.row, one.code, one.column) for one in found.problems] == [(1, "value_unfit", "weight")]
    assert [(one.row, str(one.weight)) for one in found.rows] == [(2, "3/4")]


def test_samples_of_a_column_are_what_stands_in_it_once_each() -> None:
    found: FileTable = csv_table(b'title\nA\n" B\n  b "\nA\n""\nC\nD\n')
    assert sample_column(found, "title") == ("A", "B b", "C")
    assert sample_column(found, "title", most=1) == ("A",)
    assert sample_column(found, "nope") == ()
