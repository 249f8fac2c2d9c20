"""Files of readings: every way to write an instant and a number, every fault with its line, all or nothing."""

from __future__ import annotations

from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from mappings.kpi.reading_file import read_file
from tests.mappings.kpi.conftest import utc

BERLIN = ZoneInfo("Europe/Berlin")
KNOWN = ("bugs", "sales")


@pytest.mark.parametrize(
    ("at", "instant"),
    [
        ("2026-10-01T10:00Z", "2026-10-01T10:00"),
        ("2026-10-01T10:00+02:00", "2026-10-01T08:00"),
        ("2026-10-01 10:00", "2026-10-01T08:00"),
        ("2026-10-01T10:00:30.1239", "2026-10-01T08:00:30.123"),
        ("2026-10-01", "2026-10-01T21:59:59.999"),
        ("2026-10-25", "2026-10-25T22:59:59.999"),
        ("2026-10-25T02:30", "2026-10-25T00:30"),  # twice that night: the first
    ],
)
def test_instants(at: str, instant: str) -> None:
    readings, faults = read_file(f"at,value\n{at},1\n", "bugs", KNOWN, BERLIN)
    assert faults == ()
    assert [one.at for one in readings] == [utc(instant)]


def test_values_of_several_kpis() -> None:
    text = "\ufeffkpi,at,value\r\nbugs,2026-10-01,7\r\n\r\nsales,2026-10-01,-1234.50\r\nbugs,2026-10-02,\r\nbugs,2026-10-01,7.0\r\n"
    readings, faults = read_file(text, None, KNOWN, BERLIN)
    assert faults == ()
    assert [(one.line, one.kpi, one.value) for one in readings] == [
        (2, "bugs", 7), (4, "sales", Fraction("-1234.5")), (5, "bugs", None), (6, "bugs", 7),
    ]  # fmt: skip


def test_all_faults_at_once_with_their_lines_and_nothing_is_taken() -> None:
    text = """kpi,at,value
bugs,2026-10-01,7
other,2026-10-01,7
bugs,2026-13-01,7
bugs,yesterday,7
bugs,2026-03-29T02:30,7
bugs,2026-10-01T25:00,7
bugs,2026-10-02,1,234
bugs,2026-10-03,"1,234"
bugs,2026-10-04,1e3
bugs,2026-10-05,n/a
bugs,2026-10-01,8
bugs,1969-12-31,8
bugs,2026-10-06,9999999999999999
"""
    readings, faults = read_file(text, None, KNOWN, BERLIN)
    assert readings == ()
    assert [(fault.line, word) for fault, word in zip(faults, [
        "no KPI that takes readings", "no day of the calendar", "no time", "put forward", "no time of any day", "4 cells",
        "no number", "no number", "no number", "line 2 says another value", "lies outside", "beyond",
    ], strict=True) if word in fault.message] == [(line, word) for line, word in zip([3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14], [
        "no KPI that takes readings", "no day of the calendar", "no time", "put forward", "no time of any day", "4 cells",
        "no number", "no number", "no number", "line 2 says another value", "lies outside", "beyond",
    ], strict=True)]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "kpi", "faults"),
    [
        ("", "bugs", [(1, "the first line is “”: write at,value or kpi,at,value")]),
        ("value,at\n", "bugs", [(1, "the first line is “value,at”: write at,value or kpi,at,value")]),
        (
            "at,value\n",
            None,
            [(1, "the file does not say which KPI it is for: name one, or write a column kpi")],
        ),
        ("kpi,at,value\n", "bugs", [(1, "the file says itself which KPIs it is for: name none beside it")]),
        ('at,value\n2026-10-01,"7', "bugs", [(2, "this is no CSV: unexpected end of data")]),
        (
            "at,value\n2026-10-01,7\n",
            "rate",
            [(2, "“rate” is no KPI that takes readings; those that do: bugs, sales")],
        ),
    ],
)
def test_files_that_are_none(text: str, kpi: str | None, faults: list[tuple[int, str]]) -> None:
    readings, found = read_file(text, kpi, KNOWN, BERLIN)
    assert readings == ()
    assert [(one.line, one.message) for one in found] == faults
