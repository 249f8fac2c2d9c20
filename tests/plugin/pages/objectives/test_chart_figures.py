"""The chart of an objective's history and the small line of the list, worked out by hand from a few points."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from plugin.pages.views.objectives.history.chart import Curve, Tick, chart
from plugin.pages.views.objectives.history.trend import spark

START, NOW = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 10, tzinfo=UTC)
THIN = "\u202f"


@dataclass(frozen=True)
class Point:
    at: datetime
    progress: Fraction | None
    delivery: Fraction | None = None
    outcome: Fraction | None = None
    health: str = "on_track"
    mapping_revision: str = "aaaaaaaaaaaa"
    backfilled: bool = False


@dataclass(frozen=True)
class Days:
    """80 days, of which NOW is the middle."""

    id: str = "2026-Q4"
    name: str | None = None
    start: date = date(2026, 10, 1)
    end: date = date(2026, 12, 19)


def point(day, progress, **more):
    return Point(START + timedelta(days=day), None if progress is None else Fraction(progress), **more)


def drawn(*points, expected=None, cycle=None, now=NOW, zone=UTC, **more):
    return chart(points, expected, cycle, now, zone, **more)


def curve(found, name):
    return next((one for one in found.curves if one.name == name), None)


def test_progress_holds_until_the_next_point_and_until_now():
    found = drawn(point(20, "1/4"), point(30, "1/2"), cycle=Days())
    assert found.curves == (
        Curve(
            "progress",
            "Progress",
            ("250.0,750.0 375.0,750.0 375.0,500.0 500.0,500.0",),
            ("250.0,1000.0 250.0,750.0 375.0,750.0 375.0,500.0 500.0,500.0 500.0,1000.0",),
        ),
    )
    assert (found.today, found.end) == ("50.00%", ("50.00%", "50.00%"))
    assert found.days == (
        Tick("0%", "1 Oct"),
        Tick("25%", "21 Oct"),
        Tick("50%", "10 Nov"),
        Tick("75%", "30 Nov"),
        Tick("100%", "19 Dec"),
    )
    assert found.marks == (
        Tick("100.00%", "0"),
        Tick("75.00%", "25"),
        Tick("50.00%", "50"),
        Tick("25.00%", "75"),
        Tick("0.00%", "100"),
    )
    assert found.description == f"From 25{THIN}% on 21 Oct to 50{THIN}%, last moved 31 Oct 2026, 00:00 UTC."


def test_a_line_breaks_where_nothing_was_known():
    found = drawn(point(0, "1/4"), point(10, None), point(20, "1/2"), point(30, None), cycle=Days())
    progress = curve(found, "progress")
    assert progress is not None
    assert progress.parts == ("0.0,750.0 125.0,750.0", "250.0,500.0 375.0,500.0")
    assert found.end is None
    assert found.description.endswith("to unknown, last moved 31 Oct 2026, 00:00 UTC.")


def test_without_a_point_there_is_no_history():
    found = drawn(cycle=Days())
    assert (found.empty, found.curves, found.end, found.points, found.description) == (
        True,
        (),
        None,
        (),
        "No history yet.",
    )
    assert not drawn(point(0, "1/4")).empty
    assert [one.text for one in drawn().days] == ["9 Nov", "9 Nov", "9 Nov", "9 Nov", "9 Nov"]


@pytest.mark.parametrize(
    ("points", "names"),
    [
        ([point(0, "1/4")], ["progress"]),
        ([point(0, "1/4", delivery=Fraction(1, 4))], ["progress"]),
        ([point(0, "1/4", delivery=Fraction(1, 2))], ["delivery", "progress"]),
        ([point(0, "1/4", outcome=Fraction(1, 2))], ["outcome", "progress"]),
        ([point(0, "1/4", delivery=Fraction(1, 4)), point(1, "1/4", delivery=Fraction(1, 2))], ["delivery", "progress"]),
        ([point(0, None)], []),
    ],
)  # fmt: skip
def test_a_side_number_is_drawn_where_it_is_another_than_the_headline(points, names):
    found = drawn(*points)
    assert [one.name for one in found.curves] == names
    assert all(bool(one.areas) == (one.name == "progress") for one in found.curves)


@pytest.mark.parametrize(
    ("cycle", "expected", "now", "parts"),
    [
        (None, Fraction(1, 2), NOW, None),
        (Days(), None, NOW, None),
        (Days(), Fraction(1, 4), NOW, ("0.0,1000.0 500.0,750.0 1000.0,0.0",)),
        (Days(end=date(2026, 11, 9)), Fraction(1), NOW, ("0.0,1000.0 1000.0,0.0",)),
        (Days(start=date(2026, 11, 10)), Fraction(0), NOW, ("0.0,1000.0 1000.0,0.0",)),
    ],
    ids=["no cycle", "no pace", "through today", "on its end", "on its first instant"],
)  # fmt: skip
def test_where_progress_should_be(cycle, expected, now, parts):
    found = curve(drawn(Point(NOW, Fraction(1, 4)), expected=expected, cycle=cycle, now=now), "expected")
    assert (None if found is None else found.parts) == parts


@pytest.mark.parametrize(
    ("first", "begin"),
    [
        (datetime(2026, 10, 5, tzinfo=UTC), "1 Oct"),
        (datetime(2026, 9, 20, tzinfo=UTC), "20 Sep"),
        (datetime(2026, 8, 31, 1, tzinfo=UTC), "31 Aug"),
        (datetime(2026, 8, 31, tzinfo=UTC), "1 Oct"),
        (datetime(2026, 8, 1, tzinfo=UTC), "1 Oct"),
    ],
    ids=["within", "a little before", "31 days before all but", "31 days before", "long before"],
)
def test_a_chart_begins_with_the_cycle_or_shortly_before(first, begin):
    found = drawn(Point(first, Fraction(1, 4)), cycle=Days())
    assert (found.days[0].text, found.days[-1].text) == (begin, "19 Dec")


def test_a_chart_goes_on_after_the_cycle_and_is_of_its_own_days_without_one():
    over = drawn(point(0, "1/4"), cycle=Days(end=date(2026, 10, 20)))
    assert (over.days[-1].text, over.today) == ("9 Nov", "100.00%")
    alone = drawn(point(20, "1/4"))
    assert (alone.days[0].text, alone.days[-1].text) == ("21 Oct", "9 Nov")
    now = drawn(Point(NOW, Fraction(1, 4)))
    assert (now.days[0].text, now.days[-1].text) == ("9 Nov", "9 Nov")


def test_days_are_those_of_the_zone():
    """The cycle begins at midnight in Tokyo, when it is still 30 September in the UTC."""
    found = drawn(point(20, "1/4"), cycle=Days(), zone=ZoneInfo("Asia/Tokyo"))
    assert (found.days[0].text, found.days[-1].text) == ("1 Oct", "19 Dec")
    assert found.points[0].at.text == "21 Oct 2026, 09:00 Asia/Tokyo"


def test_where_the_mapping_changed_is_marked_and_told():
    found = drawn(
        point(0, "1/4"),
        point(20, "1/2", mapping_revision="bbbbbbbbbbbb"),
        point(30, "1/2", mapping_revision="bbbbbbbbbbbb"),
        cycle=Days(),
    )
    assert found.remapped == (Tick("25.00%", "Mapping changed on 21 Oct"),)
    assert [one.note for one in found.points] == ["", "Mapping changed to bbbbbbbb", ""]


def test_how_far_the_chart_was_worked_out_afterwards():
    assert drawn(point(0, "1/4"), cycle=Days()).reconstructed == ""
    partly = drawn(
        point(0, "1/4", backfilled=True), point(10, "1/2", backfilled=True), point(20, 1), cycle=Days()
    )
    assert partly.reconstructed == "25.00%"
    assert drawn(point(0, "1/4", backfilled=True), cycle=Days()).reconstructed == "50.00%"
    note = "Reconstructed from Jira’s changelogs"
    assert [one.note for one in partly.points] == ["", note, note]
    both = drawn(point(0, 1), point(1, 1, backfilled=True, mapping_revision="b" * 12))
    assert both.points[0].note == "Mapping changed to bbbbbbbb"


def test_the_table_has_the_latest_points_first_and_says_how_many_are_older():
    found = drawn(
        point(0, "1/4"),
        point(1, "1/2", delivery=Fraction(3, 4), outcome=Fraction(1, 8)),
    )
    assert [(one.progress, one.delivery, one.outcome) for one in found.points] == [
        (f"50{THIN}%", f"75{THIN}%", f"13{THIN}%"),
        (f"25{THIN}%", "unknown", "unknown"),
    ]
    assert found.older == 0
    hours = [Point(START + timedelta(hours=at), Fraction(at, 100)) for at in range(62)]
    many = drawn(*hours)
    assert (len(many.points), many.older) == (60, 2)
    assert (many.points[0].progress, many.points[-1].progress) == (f"61{THIN}%", f"2{THIN}%")
    assert drawn(*hours[:60]).older == 0


def test_no_figure_is_rounded_up_to_what_counts_as_achieved():
    near = point(0, Fraction(6996, 10000), delivery=Fraction(6996, 10000), outcome=Fraction(6996, 10000))
    found = drawn(near, achieved_at=Fraction(7, 10))
    (row,) = found.points
    assert (row.progress, row.delivery, row.outcome) == (f"69{THIN}%",) * 3
    assert found.description.startswith(f"From 69{THIN}% on 1 Oct to 69{THIN}%")
    assert drawn(near).points[0].progress == f"70{THIN}%"


@pytest.mark.parametrize(
    ("values", "words", "end"),
    [
        ([], "No history yet", None),
        ([None], "Never measured", None),
        ([None, None], "Never measured", None),
        (["1/4"], f"25{THIN}% since the first measurement", ("86.0", "15.5")),
        (["1/4", "1/2"], f"From 25{THIN}% to 50{THIN}% in 7 steps", ("86.0", "11.0")),
        ([None, "1/2"], f"From unknown to 50{THIN}% in 7 steps", ("86.0", "11.0")),
        (["1/4", None], f"From 25{THIN}% to unknown in 7 steps", None),
    ],
)
def test_a_small_line_and_its_words(values, words, end):
    found = spark([point(at * 20, value) for at, value in enumerate(values)], NOW, 7)
    assert (found.description, found.end) == (words, end)


def test_a_small_line_runs_in_its_box_and_breaks_where_nothing_was_known():
    found = spark([point(0, "1/4"), point(10, None), point(20, 1), point(30, 0)], NOW, 4)
    assert found.lines == ("2.0,15.5 23.0,15.5", "44.0,2.0 65.0,2.0 65.0,20.0 86.0,20.0")
    assert spark([Point(NOW, Fraction(1))], NOW, 1).lines == ("2.0,2.0 2.0,2.0",)
    later = spark([point(0, 0), Point(NOW + timedelta(days=1), Fraction(1))], NOW, 2)
    assert later.end == ("86.0", "2.0")
    near = spark([point(0, Fraction(6996, 10000))], NOW, 1, Fraction(7, 10))
    assert near.description == f"69{THIN}% since the first measurement"
