"""Cycles that recur: their ids, their days, which one runs, and what stands in their place. Literal days throughout."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.document.calendar import PERIODS, Recurrence, calendar_of
from mappings.document.schema import Document
from mappings.document.text.canonical import export, plain, revision
from mappings.document.text.source import read_document
from tests.examples import examples

BEGIN = """version: 1
name: cycles
scope: project = PLAT
{cycles}
objectives:
  - id: one
    title: One
    cycle: {cycle}
"""


def read(cycles: str, cycle: str = "current") -> Document:
    return read_document(BEGIN.format(cycles=cycles, cycle=cycle)).require()


def findings(cycles: str, cycle: str = "current") -> list[tuple[str, str]]:
    found = read_document(BEGIN.format(cycles=cycles, cycle=cycle)).diagnostics
    return [(one.code, one.path) for one in found]


@pytest.mark.parametrize(
    ("every", "starts", "id_", "first", "last"),
    [
        ("quarter", "01-01", "2026-Q4", date(2026, 10, 1), date(2026, 12, 31)),
        ("quarter", "02-01", "2026-Q4", date(2026, 11, 1), date(2027, 1, 31)),
        ("quarter", "04-06", "2026-Q1", date(2026, 4, 6), date(2026, 7, 5)),
        ("month", "01-01", "2028-02", date(2028, 2, 1), date(2028, 2, 29)),
        ("month", "04-06", "2026-12", date(2026, 12, 6), date(2027, 1, 5)),
        ("tertial", "01-01", "2026-T3", date(2026, 9, 1), date(2026, 12, 31)),
        ("half", "07-01", "2026-H2", date(2027, 1, 1), date(2027, 6, 30)),
        ("year", "01-01", "2026", date(2026, 1, 1), date(2026, 12, 31)),
        ("year", "02-01", "2026", date(2026, 2, 1), date(2027, 1, 31)),
        ("quarter", "01-01", "1970-Q1", date(1970, 1, 1), date(1970, 3, 31)),
        ("quarter", "01-01", "2199-Q4", date(2199, 10, 1), date(2199, 12, 31)),
    ],
)
def test_an_id_says_the_days(every, starts, id_, first, last):
    calendar = calendar_of(read(f"cycles: {{every: {every}, starts: {starts}}}"))
    cycle = calendar.get(id_)
    assert cycle is not None
    assert (cycle.id, cycle.start, cycle.end) == (id_, first, last)
    assert [calendar.current(day).id for day in (first, last)] == [id_, id_]


@pytest.mark.parametrize(
    "id_", ["2026-Q5", "2026-Q0", "2026-Q04", "2026-q4", "26-Q4", "2026", "2026-H1", "2026-04", "1969-Q4",
            "2200-Q1", "0000-Q1", "2026-Q4 ", "٢٠٢٦-Q1", ""],
)  # fmt: skip
def test_what_is_no_id_of_the_rule_is_no_cycle(id_):
    assert calendar_of(read("cycles: {every: quarter}")).get(id_) is None


def test_the_cycles_of_a_range_by_their_ends_and_what_is_current_in_nested_ones():
    calendar = calendar_of(read("cycles: {every: [quarter, year], starts: 02-01}"))
    found = [one.id for one in calendar.between(date(2026, 1, 1), date(2027, 3, 1))]
    assert found == ["2025-Q4", "2025", "2026-Q1", "2026-Q2", "2026-Q3", "2026-Q4", "2026", "2027-Q1", "2027"]
    assert [one.id for one in calendar.running(date(2027, 1, 31))] == ["2026-Q4", "2026"]
    assert calendar.current(date(2027, 1, 31)).id == "2026-Q4"


def test_a_listed_cycle_stands_in_the_place_of_the_one_of_its_id_and_others_beside_them():
    calendar = calendar_of(
        read(
            "cycles:\n  every: quarter\n  stale_after: 3w\n  listed:\n"
            "    - {id: 2026-Q4, start: 2026-10-01, end: 2026-12-24, name: Short}\n"
            "    - {id: sprint-week, start: 2026-11-02, end: 2026-11-06}"
        )
    )
    assert (calendar.get("2026-Q4").end, calendar.get("2026-Q4").stale_after) == (date(2026, 12, 24), "14d")
    assert (calendar.get("2026-Q3").end, calendar.get("2026-Q3").stale_after) == (date(2026, 9, 30), "3w")
    assert [one.id for one in calendar.running(date(2026, 11, 3))] == ["sprint-week", "2026-Q4"]
    assert calendar.running(date(2026, 12, 28)) == ()


def test_a_plain_list_is_what_it_was_and_keeps_its_revision():
    listed = read("cycles:\n  - {id: 2026-Q4, start: 2026-10-01, end: 2026-12-31}", "2026-Q4")
    assert plain(listed)["cycles"] == [{"id": "2026-Q4", "start": "2026-10-01", "end": "2026-12-31"}]
    assert revision(listed) == "a449a944f7a19186"


@pytest.mark.parametrize(
    "cycles",
    ["cycles: {every: quarter}", "cycles: {every: [month, year], starts: 02-01, working_days: [mon, fri]}"],
)
def test_export_then_import_is_the_identity(cycles):
    document = read(cycles)
    assert read_document(export(document)).require() == document


MISTAKES = [
        ("cycles: {every: week}", "current", "wrong-value", "cycles.every"),
        ("cycles: {every: []}", "current", "too-few", "cycles.every"),
        ("cycles: {every: quarter, starts: 02-30}", "current", "bad-form", "cycles.starts"),
        ("cycles: {every: quarter, beginning: 02-01}", "current", "unknown-key", "cycles.beginning"),
        ("cycles: {every: quarter}", "2026-H1", "unknown-cycle", "objectives[0].cycle"),
        ("cycles: []", "current", "unknown-cycle", "objectives[0].cycle"),
        ("cycles: {every: quarter, working_days: []}", "current", "too-few", "cycles.working_days"),
        ("cycles: {every: quarter, health: {on_track: 0.3}}", "current", "inverted-thresholds", "cycles.health"),
        ("cycles: {every: [quarter, tertial]}", "current", "overlapping-cycles", "cycles.every"),
        ("cycles: {every: quarter, listed: [{id: x, start: 2026-12-01, end: 2027-01-31}]}", "x",
         "overlapping-cycles", "cycles.listed[0]"),
        ("cycles: {every: quarter, listed: [{id: x, start: 2026-12-01, end: 2026-11-01}]}", "x",
         "inverted-cycle", "cycles.listed[0].end"),
        ("cycles: {every: quarter, listed: [{id: x, start: tomorrow, end: 2026-11-01}]}", "x",
         "not-a-date", "cycles.listed[0].start"),
        ("cycles: [{id: x, start: tomorrow, end: 2026-11-01}]", "x", "not-a-date", "cycles[0].start"),
]  # fmt: skip


@pytest.mark.parametrize(("cycles", "cycle", "code", "path"), MISTAKES)
def test_mistakes_are_told_at_their_place(cycles, cycle, code, path):
    assert set(findings(cycles, cycle)) == {(code, path)}


def test_what_is_right_is_told_nothing():
    assert findings("cycles: {every: [quarter, half, year], starts: 02-01}", "2031-Q4") == []


DAYS = st.dates(date(1971, 1, 1), date(2198, 12, 31))


@given(st.sampled_from(list(PERIODS.values())), st.integers(1, 12), st.integers(1, 28), DAYS)
@settings(max_examples=examples(200), deadline=None)
def test_every_day_lies_in_the_one_cycle_whose_id_it_has(period, month, day, today):
    recurrence = Recurrence(period, month, day)
    first, last = recurrence.span(recurrence.id_on(today))
    assert first <= today <= last
    assert recurrence.id_on(first) == recurrence.id_on(last) == recurrence.id_on(today)
    assert (first.day, first.month % period.months) == (day, month % period.months)
