"""Made-up exports of ten tools: every value as it stands there, or named as what cannot be read; never another."""

from __future__ import annotations

import csv
import io
import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.diagnostic import Severity
from mappings.imports import cells
from mappings.imports.cells import CellFault
from mappings.imports.column_map import ColumnMap, ColumnMapPart, read_column_map
from mappings.imports.columns import read_table
from mappings.imports.files.archive import read_archive
from mappings.imports.files.okr_file import okr_file, read_okr_file
from mappings.imports.files.table import UnusableFile, csv_table
from mappings.imports.people import JiraPerson, OwnerSearch
from mappings.imports.plan import ImportPlan, label_of, plan_import, plan_values
from mappings.imports.presets import PRESETS, preset
from mappings.imports.row import ImportedCheckIn, ImportMetric, ImportRow, ParentWord

SAMPLES = Path(__file__).parent / "samples"
PEOPLE = (
    JiraPerson("u-mara", "Mara Lind", "mara@inn.example"),
    JiraPerson("u-iva", "Iva Noon", "iva@inn.example"),
    JiraPerson("u-gone", "Gone Long", "gone@inn.example", active=False),
)


def map_of(name: str, **more: object) -> ColumnMap:
    found = preset(name)
    assert found is not None
    return ColumnMapPart.model_validate({"preset": name, **more}).over(found)


def planned(file: str, name: str, **more: object) -> ImportPlan:
    map_ = map_of(name, **more)
    data = (SAMPLES / file).read_bytes()
    read = read_okr_file(data) if name == "jira-okr" else read_table(csv_table(data), map_)
    return plan_import(read, map_, OwnerSearch(lambda _word: PEOPLE, map_.people, map_.separators))


def numbers(plan: ImportPlan) -> dict[str, tuple[object, ...]]:
    """By the title of a key result: row above, weight, start, target, current, unit."""
    told = plan_values(plan)["create"]
    assert isinstance(told, list)
    return {
        one["title"]: (
            one["parent_row"],
            one["weight"],
            *(one["metric"][name] for name in ("start", "target", "current", "unit")),
        )
        for one in told
        if one["metric"] is not None
    }


def problems(plan: ImportPlan) -> list[tuple[int, str, str]]:
    return [(one.row, one.code, one.severity.value) for one in plan.problems]


def test_viva_never_guesses_what_a_number_means() -> None:
    plan = planned("viva.csv", "viva-csv")
    assert numbers(plan) == {
        "Fewer questions at the desk": (2, 0, 3637839, 1250, None, None),
        "Signs that are read": (2, 14.29, 80, 95, 86, "%"),
    }
    assert problems(plan) == [(3, "current_ambiguous", "warning")]
    assert (plan.skipped, plan.create[2].co_owners, plan.create[1].status) == (
        ((5, "kind_not_imported"),),
        ("u-mara",),
        "off_track",
    )
    (said,) = plan.create[2].check_ins
    assert (said.value, said.status, said.note, said.by) == (86, "at_risk", "Rain; and fog", "u-iva")


def test_a_further_check_in_stands_in_a_column_without_a_header() -> None:
    text = (SAMPLES / "viva.csv").read_text().rstrip("\n")
    lines = text.split("\n")
    lines[3] += ",Checkin Date: 2026-11-03; User: Iva Noon; Note: ; Status: On Track; Current Value: 91%;"
    map_ = map_of("viva-csv")
    read = read_table(csv_table("\n".join(lines).encode()), map_)
    assert [one.value for one in read.rows[2].check_ins] == [86, 91]
    assert read.rows[2].metric is not None
    assert read.rows[2].metric.current == 91


@pytest.mark.parametrize(
    ("file", "name", "expected"),
    [
        ("ally.csv", "ally-template", {"Berths in use": (2, None, -2, 0.5, None, "berths")}),
        (
            "appfire.csv",
            "appfire-csv",
            {
                "Complaints": (2, 2, 9, 1.5, None, None),
                "Rooms with curtains": (2, None, 0, 40, 0, None),
            },
        ),
        (
            "betterworks.csv",
            "betterworks-csv",
            {"Replace the stove": (2, None, 0, 100, 62.5, "%"), "Call the sweep": (2, None, 0, 100, 0, "%")},
        ),
        (
            "indent.csv",
            "sheet-indent",
            {"Loaves sold": (2, 2, 55, 70, 61, "%"), "Flour wasted": (2, 1, 410, 360, None, "kg")},
        ),
        ("paths.csv", "title-path", {"Slips a month": (3, None, 9, 3, None, None)}),
        ("okrs.json", "jira-okr", {"Rooms let": (1, 1 / 3, 0.1, 40, None, None)}),
    ],
)
def test_no_value_is_another_than_the_file_says(
    file: str, name: str, expected: dict[str, tuple[object, ...]]
) -> None:
    plan = planned(file, name)
    assert numbers(plan) == expected
    assert not plan.refused


def test_days_whose_order_only_another_row_tells_and_orders_that_are_texts() -> None:
    first, second = (row for row in planned("appfire.csv", "appfire-csv").create if row.kind == "key_result")
    assert (str(first.start_date), str(second.start_date)) == ("2026-07-13", "2026-07-01")
    assert (first.identity, second.identity) == (
        "Quiet nights > Complaints (2026-Q3)",
        "Quiet nights > Rooms with curtains (2026-Q3)",
    )


def test_what_is_refused_is_named_with_its_line_column_value_and_what_would_be_right() -> None:
    columns = {"title": "Ziel", "kind": "Art", "parent": "Gehört zu", "owner": "Wer", "start_date": "Beginn"}
    columns |= {"end_date": "Ende", "start": "Von", "target": "Bis", "current": "Jetzt"}
    plan = planned("excel.csv", "columns", columns=columns)
    assert numbers(plan) == {"Verspätung": (2, None, 12.5, 1200, 9.75, None)}
    assert [(one.row, one.column, one.code, one.value) for one in plan.problems] == [
        (4, "Ende", "date_impossible", "30.02.2026"),
        (4, "Von", "number_unreadable", "zwölf"),
        (4, None, "parent_missing", "Puenktlich"),
    ]
    assert (plan.refused, plan.blocked, plan.encoding, plan.delimiter) == (True, (4,), "utf-8-sig", ";")


def test_shares_beyond_all_and_rows_to_delete_are_errors_and_never_rescaled() -> None:
    plan = planned("cultureamp.csv", "cultureamp-csv")
    assert numbers(plan) == {}
    assert problems(plan) == [(2, "number_out_of_range", "error")]
    plan = planned("peoplebox.csv", "peoplebox-csv")
    assert numbers(plan) == {
        "Sheets a day": (2, None, 40, 60, 50.5, None),
        "Licence": (2, None, None, None, None, None),
    }
    assert (problems(plan), plan.blocked) == ([(5, "delete_refused", "error")], (5,))


def test_rows_that_nothing_tells_apart_are_refused_and_not_made_as_one() -> None:
    file = "OKR,Owner,Quarter,Baseline,Target\nGrow,,Q4 2026,,\n  Leads,,,0,5\n  Leads,,,0,9\n  Calls,,,0,3\n"
    map_ = map_of("sheet-indent")
    plan = plan_import(
        read_table(csv_table(file.encode()), map_), map_, OwnerSearch(lambda _word: (), {}, ())
    )
    assert [one.title for one in plan.create] == ["Grow", "Calls"]
    assert (plan.blocked, plan.refused) == ((3, 4), True)
    assert [row for row, code, _ in problems(plan) if code == "title_twice"] == [3, 4]


def test_what_hangs_wrongly_is_blocked_with_all_below_it() -> None:
    rows = [
        ("one", "Objective", ""),
        ("two", "Key Result", "one"),
        ("three", "Key Result", "two"),
        ("four", "Key Result", ""),
        ("five", "Objective", "six"),
        ("six", "Objective", "five"),
        ("seven", "Key Result", "five"),
        ("one", "Objective", ""),
    ]
    out = io.StringIO()
    csv.writer(out).writerows([("T", "K", "P"), *rows])
    map_ = map_of("columns", columns={"title": "T", "kind": "K", "parent": "P"})
    read = read_table(csv_table(out.getvalue().encode()), map_)
    plan = plan_import(read, map_, OwnerSearch(lambda _word: (), {}, ()))
    assert problems(plan) == [
        (2, "title_twice", "error"),
        (3, "parent_ambiguous", "error"),
        (4, "below_key_result", "error"),
        (5, "key_result_without_objective", "error"),
        (6, "hierarchy_circle", "error"),
        (7, "hierarchy_circle", "error"),
        (8, "parent_blocked", "error"),
        (9, "title_twice", "error"),
    ]


@pytest.mark.parametrize(
    ("text", "decimal", "expected"),
    [
        ("12,5", None, Fraction(25, 2)),
        ("1.234,5", None, Fraction(2469, 2)),
        ("3,637,839", None, 3637839),
        ("\N{MINUS SIGN}4 000.25", None, Fraction(-16001, 4)),
        ("0,125", None, Fraction(1, 8)),
        ("45%", None, 45),
        ("N/A", None, None),
        ("", None, None),
        ("1,200", ",", Fraction(6, 5)),
        ("1,200", ".", 1200),
    ],
)
def test_a_number_with_one_reading_is_read(
    text: str, decimal: cells.Decimal | None, expected: object
) -> None:
    assert cells.number(text, decimal) == expected


def test_a_number_or_day_with_two_readings_is_none() -> None:
    for found in (cells.number("1,200", None), cells.number("1.200", None), cells.day("04/05/2026", None)):
        assert isinstance(found, CellFault)
        assert found.code in ("number_ambiguous", "date_ambiguous")
    assert str(cells.day("04/04/2026", None)) == "2026-04-04"
    assert str(cells.day("04/05/2026", "mdy")) == "2026-04-05"
    assert cells.cycle("FY26 Q3", {"FY26 Q3": "2026-Q1"}) == "2026-Q1"


def test_owners_are_exactly_one_active_person_or_nobody() -> None:
    plan = planned("betterworks.csv", "betterworks-csv")
    assert [row.owner for row in plan.create] == ["u-mara", "u-iva", None]
    assert problems(plan) == [(4, "owner_inactive", "warning")]
    two = (*PEOPLE, JiraPerson("u-other", "mara  lind"))
    search = OwnerSearch(lambda _word: two, {}, (",",))
    _, faults = search.owners(ImportRow(row=2, title="t", owners=("Mara Lind",)))
    assert [one.code for one in faults] == ["owner_ambiguous"]


def test_the_archive_of_viva_keeps_what_hangs_below_others_and_bounds() -> None:
    objectives = [
        {
            "ID": 1,
            "Title": "Calm",
            "Type": "Big rock",
            "Time Period": {"Name": "Q1 2026"},
            "Status": "On Track",
        },
        {
            "ID": 2,
            "Title": "Noise",
            "Type": "Kpi",
            "Time Period": {"Name": "Q1 2026"},
            "Status": "Behind",
            "Alignment": [{"ID": 1, "Weight": "100%"}],
            "Outcome": {
                "Outcome Type": "Metric",
                "Start": "3,637,839",
                "Target": 12,
                "Target Type": "At most",
            },
            "Progress": 30,
        },
    ]
    map_ = map_of("viva-zip")
    plan = plan_import(read_archive(objectives, [], map_), map_, OwnerSearch(lambda _word: (), {}, ()))
    assert numbers(plan) == {"Noise": (1, 100, 3637839, 12, None, None)}
    assert plan.create[1].metric is not None
    assert (plan.create[1].metric.kind, plan.create[1].metric.at_most) == ("threshold", 12)
    assert problems(plan) == [(2, "current_ambiguous", "warning")]


@pytest.mark.parametrize(
    ("file", "name", "unread"),
    [
        ("cultureamp.csv", "cultureamp-csv", ["created_at", "completion"]),
        ("betterworks.csv", "betterworks-csv", ["categories"]),
    ],
)
def test_columns_that_nothing_is_made_of_are_told(file: str, name: str, unread: list[str]) -> None:
    told = plan_values(planned(file, name))
    source = told["source"]
    assert told["format"] == 1
    assert isinstance(source, dict)
    assert source["columns_not_read"] == unread


def test_a_column_that_somebody_names_has_to_be_there() -> None:
    table = csv_table("Ziel,Bis\nWarme Küche,5\n".encode())
    with pytest.raises(UnusableFile, match=r"The column “Biss” is missing\. The columns are: Ziel, Bis"):
        read_table(table, map_of("columns", columns={"title": "Ziel", "target": "Biss"}))
    found = read_table(table, map_of("columns", columns={"title": "Ziel"}))
    assert ([one.title for one in found.rows], found.unread) == (["Warme Küche"], ("Bis",))


def test_files_that_are_none_leave_no_plan() -> None:
    for data, said in (
        (b"", "is missing|No column|empty"),
        (b"Title,Title\n1,2\n", "Several columns"),
        (b"Name\nx\n", "“Title” is missing"),
    ):
        with pytest.raises(UnusableFile, match=said):
            read_table(csv_table(data), map_of("viva-csv"))
    for text, said in (("colums: {}", "colums"), ("decimal: 3", "decimal"), ("{", "cannot be read")):
        with pytest.raises(UnusableFile, match=said):
            read_column_map(text)


def test_every_preset_has_a_name_of_its_own_and_the_label_of_a_row_is_one_word() -> None:
    assert len({one.name for one in PRESETS}) == len(PRESETS)
    label = label_of("main", "viva-goals", "A title > with blanks (2026-Q1)")
    assert label.startswith("okr-import-")
    assert " " not in label
    assert label != label_of("other", "viva-goals", "A title > with blanks (2026-Q1)")


EXACT = st.one_of(st.none(), st.fractions(min_value=-(10**9), max_value=10**9, max_denominator=1000))
WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=30)
METRICS = st.builds(
    ImportMetric,
    start=EXACT,
    target=EXACT,
    current=EXACT,
    unit=st.none() | WORDS,
    kind=st.sampled_from([None, "threshold", "milestone"]),
    at_least=EXACT,
    at_most=EXACT,
)
SAID = st.builds(
    ImportedCheckIn,
    on=st.dates(),
    value=EXACT,
    status=st.sampled_from([None, "at_risk", "closed"]),
    note=WORDS,
    by=st.none() | WORDS,
)


@given(st.lists(st.tuples(WORDS, EXACT, METRICS, st.lists(SAID, max_size=2), st.dates()), max_size=4))
def test_what_the_connector_writes_it_reads_again_to_the_last_digit(
    drawn: list[tuple[str, Fraction | None, ImportMetric, list[ImportedCheckIn], object]],
) -> None:

    rows = [
        ImportRow(
            row=number,
            title=title,
            kind="key_result" if number > 1 else "objective",
            external_id=f"id {number}",
            parents=(ParentWord(id="id 1", weight=weight),) if number > 1 else (),
            owners=(title,),
            cycle="2026-Q4",
            end_date=day,  # type: ignore[arg-type]
            description=title,
            weight=weight,
            status="on_track",
            commitment="committed",
            metric=metric,
            check_ins=tuple(said),
        )
        for number, (title, weight, metric, said, day) in enumerate(drawn, 1)
    ]
    text = json.dumps(okr_file(rows), default=str)
    read = read_okr_file(text.encode())
    assert read.problems == ()
    assert list(read.rows) == rows
    assert json.dumps(okr_file(read.rows), default=str) == text


def test_a_wrong_row_of_such_a_file_is_named() -> None:
    read = read_okr_file(
        b'{"format": 1, "okrs": [{"id": "a", "kind": "goal", "title": "T", "weight": "much"}]}'
    )
    assert [(one.row, one.column, one.severity) for one in read.problems] == [(1, "kind", Severity.ERROR)]
    with pytest.raises(UnusableFile, match="format"):
        read_okr_file(b"[]")
