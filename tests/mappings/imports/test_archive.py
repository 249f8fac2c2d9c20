"""What an archive of Viva Goals says wrongly, by row, code, words and column; and what of it is taken all the same."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from mappings.diagnostic import Severity
from mappings.imports.column_map import ColumnMap
from mappings.imports.files.archive import read_archive
from mappings.imports.presets import preset
from mappings.imports.row import ImportedCheckIn, ImportMetric, ImportProblem, ParentWord, ReadRows

ERROR, WARNING = Severity.ERROR, Severity.WARNING
SOUND: dict[str, Any] = {"ID": 7, "Title": "Calm", "Type": "Objective", "Time Period": {"Name": "Q1 2026"}}
METRIC = {"Outcome Type": "Metric", "Start": 1, "Target": 9}


def viva() -> ColumnMap:
    found = preset("viva-zip")
    assert found is not None
    return found


def archive(*objectives: object, check_ins: tuple[object, ...] = ()) -> ReadRows:
    return read_archive(objectives, check_ins, viva())


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"Type": "Wish"}, ("kind_unknown", "“Wish” is no kind that is known.", "Type", ERROR)),
        ({"Title": "  "}, ("title_missing", "The title is empty.", "Title", ERROR)),
        ({"Title": {"a": 1}}, ("title_missing", "The title is empty.", "Title", ERROR)),
        ({"Start Date": "2026-02-31"}, ("date_impossible", None, "Start Date", ERROR)),
        ({"End Date": "some day"}, ("date_unreadable", None, "End Date", ERROR)),
        (
            {"Start Date": "2026-02-02", "End Date": "2026-02-01"},
            ("end_before_start", "2026-02-01 is before 2026-02-02.", "End Date", ERROR),
        ),
        ({"Status": "Sunny"}, ("status_unknown", "“Sunny” is left out.", "Status", WARNING)),
        ({"Time Period": {"Name": "One day"}}, ("cycle_unknown", None, "Time Period", ERROR)),
        ({"Alignment": [{"ID": 1, "Weight": "much"}]}, ("number_unreadable", None, "Alignment", ERROR)),
        ({"Type": "Kpi", "Progress": "much"}, ("number_unreadable", None, "Progress", ERROR)),
        ({"Type": "Kpi", "Outcome": {**METRIC, "Start": "x"}}, ("number_unreadable", None, "Start", ERROR)),
        ({"Type": "Kpi", "Outcome": {**METRIC, "Target": "x"}}, ("number_unreadable", None, "Target", ERROR)),
        (
            {"Type": "Kpi", "Outcome": METRIC, "Progress": 30},
            (
                "current_ambiguous",
                "Only its progress is known, not its value: what it stands at is left open.",
                "Progress",
                WARNING,
            ),
        ),
    ],
)
def test_what_is_wrong_is_told_by_its_column(
    said: dict[str, Any], problem: tuple[str, str | None, str, Severity]
) -> None:
    found = archive(SOUND, {**SOUND, **said})
    (one,) = found.problems
    code, message, column, severity = problem
    assert one == ImportProblem(2, code, message or one.message, column, severity)
    assert one.message
    assert (found.count, [row.row for row in found.rows]) == (2, [1, 2])


def test_one_day_or_the_same_is_before_nothing() -> None:
    for said in ({"Start Date": "2026-02-01", "End Date": "2026-02-01"}, {"End Date": "2026-02-01"}, {"Start Date": "2026-02-01"}):  # fmt: skip
        assert archive({**SOUND, **said}).problems == ()


def test_what_is_no_objective_is_skipped_and_what_is_no_object_is_wrong() -> None:
    found = archive({**SOUND, "Type": "Initiative"}, "text", SOUND)
    assert found.skipped == ((1, "kind_not_imported"),)
    assert [row.row for row in found.rows] == [2, 3]
    assert [(one.row, one.code) for one in found.problems] == [(2, "kind_unknown"), (2, "title_missing")]


def test_check_ins_are_by_what_they_are_of_the_oldest_first() -> None:
    def check_in(on: str, **more: Any) -> dict[str, Any]:
        return {"OKR ID": 7, "CheckIn Date": on, **more}

    found = archive(
        SOUND,
        {**SOUND, "ID": 8},
        check_ins=(
            check_in("2026-02-03", Status="On Track", **{"Current Value": "1,5"}),
            check_in("2026-02-01", **{"Current Value": 4, "Check In Note": {"Check In Note": " Well "}, "Check In Owner": {"Name": "Ada", "Email": "ada@acme.example"}}),
            check_in("no day"),
        ),
    )  # fmt: skip
    first, second = found.rows
    assert second.check_ins == ()
    assert first.check_ins == (
        ImportedCheckIn(date(2026, 2, 1), Fraction(4), None, "Well", "ada@acme.example"),
        ImportedCheckIn(date(2026, 2, 3), first.check_ins[1].value, first.check_ins[1].status, "", None),
    )
    assert first.check_ins[1].status is not None
    assert [(one.row, one.code, one.column, one.severity) for one in found.problems if one.code == "check_in_unreadable"] == [
        (0, "check_in_unreadable", "CheckIn Date", WARNING)
    ]  # fmt: skip


def test_parents_are_each_said_once_with_their_weight() -> None:
    aligned = {
        "Alignment": [{"ID": 1, "Weight": "30%"}, {"ID": ""}, {"ID": 2}],
        "Parent IDs": [2, 3, None, 1],
    }
    (row,) = archive({**SOUND, **aligned}).rows
    assert row.parents == (ParentWord(id="1", weight=Fraction(30)), ParentWord(id="2"), ParentWord(id="3"))
    assert row.weight == 30
    (alone,) = archive({**SOUND, "Alignment": "x", "Parent IDs": "y"}).rows
    assert (alone.parents, alone.weight) == ((), None)


def test_owners_are_who_has_an_address_or_a_name() -> None:
    owners = [{"Name": "Ada", "Email": "ada@acme.example"}, {"Name": "Bo"}, {}, "text"]
    (row,) = archive({**SOUND, "Owner": owners}).rows
    assert row.owners == ("ada@acme.example", "Bo")
    assert archive({**SOUND, "Owner": "Ada"}).rows[0].owners == ()


@pytest.mark.parametrize(
    ("said", "metric"),
    [
        ({}, ImportMetric(start=Fraction(0), target=Fraction(100), current=None, unit="%")),
        ({"Progress": 40}, ImportMetric(start=Fraction(0), target=Fraction(100), current=Fraction(40), unit="%")),
        ({"Outcome": METRIC}, ImportMetric(start=Fraction(1), target=Fraction(9))),
        ({"Outcome": {**METRIC, "Metric Unit": "ms"}}, ImportMetric(start=Fraction(1), target=Fraction(9), unit="ms")),
        ({"Outcome": {**METRIC, "Target Type": "Keep below"}}, ImportMetric(start=Fraction(1), target=Fraction(9), kind="threshold", at_most=Fraction(9))),
        ({"Outcome": {**METRIC, "Target Type": "at least"}}, ImportMetric(start=Fraction(1), target=Fraction(9), kind="threshold", at_least=Fraction(9))),
        ({"Outcome": {**METRIC, "Target Type": "Maintain"}}, ImportMetric(start=Fraction(1), target=Fraction(9), kind="threshold", at_least=Fraction(9), at_most=Fraction(9))),
    ],
)  # fmt: skip
def test_a_key_result_is_measured_as_it_says(said: dict[str, Any], metric: ImportMetric) -> None:
    (row,) = archive({**SOUND, "Type": "Kpi", **said}).rows
    assert row.metric == metric
    assert archive({**SOUND, **said}).rows[0].metric is None


def test_the_last_check_in_says_where_it_stands() -> None:
    said = ({"OKR ID": 7, "CheckIn Date": f"2026-02-0{day}", "Current Value": value} for day, value in ((1, 3), (3, 5), (4, None)))  # fmt: skip
    found = archive({**SOUND, "Type": "Kpi", "Outcome": METRIC, "Progress": 30}, check_ins=tuple(said))
    assert found.rows[0].metric == ImportMetric(start=Fraction(1), target=Fraction(9), current=Fraction(5))
    assert found.problems == ()
