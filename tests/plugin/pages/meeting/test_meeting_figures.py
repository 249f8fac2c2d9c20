"""When a meeting is: how long its cycle lasts still, and which rises and falls there is room for."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta, timezone
from fractions import Fraction
from types import SimpleNamespace

import pytest
from pptx import Presentation

from mappings.explain.week import WeekMove
from mappings.rollup.state import Health, HealthLevel
from plugin.pages.views.meeting.meeting import MANY, SHEET, UNSERVED, meeting_view
from plugin.pages.views.meeting.slides import slides
from plugin.use_cases.meeting.agenda import CurrentMeeting, plan_meeting
from plugin.use_cases.objectives.objective_list import Headline, ListedHead

NOW = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)


def listed(id_, week=0, level="on_track", **more):
    head = Headline(id_, more.pop("title", f"Title of {id_}"), Health(HealthLevel(level), "rule", "sentence"), key=id_, **more)  # fmt: skip
    return ListedHead(None, head, NOW, 0, week=None if week is None else WeekMove(Fraction(week, 100), ()))


def meeting(*rows, start=None, end=None, name="Q4", zone=UTC):
    cycle = None if end is None else SimpleNamespace(id="2026-Q4", name=name, start=start, end=end)
    return meeting_view(CurrentMeeting(plan_meeting(rows), cycle), NOW, zone)


@pytest.mark.parametrize(
    ("start", "end", "left", "spent"),
    [
        (date(2026, 11, 1), date(2026, 11, 19), "It has ended", "100 % of the time has passed."),
        (date(2026, 11, 1), date(2026, 11, 20), "Its last day", "100 % of the time has passed."),
        (date(2026, 11, 1), date(2026, 11, 21), "1 day left", "95 % of the time has passed."),
        (date(2026, 11, 1), date(2026, 11, 22), "2 days left", "90 % of the time has passed."),
        (date(2026, 11, 20), date(2026, 11, 23), "3 days left", "25 % of the time has passed."),
        (date(2026, 11, 21), date(2026, 11, 24), "4 days left", "0 % of the time has passed."),
        (date(2026, 11, 30), date(2026, 12, 1), "11 days left", "0 % of the time has passed."),
        (None, None, "", ""),
    ],
)
def test_how_long_the_cycle_lasts_still(start, end, left, spent):
    view = meeting(listed("A-1"), start=start, end=end)
    assert (view.left, view.spent, view.day) == (left, spent, "20 Nov 2026")
    assert view.period == ("" if end is None else "Q4")


def test_the_day_is_that_of_the_site_and_a_cycle_without_a_name_is_called_by_its_id():
    east = timezone(timedelta(hours=2))
    view = meeting(start=date(2026, 11, 1), end=date(2026, 11, 21), name=None, zone=east)
    assert (view.day, view.left, view.period) == ("21 Nov 2026", "Its last day", "2026-Q4")


def test_the_strongest_rises_and_falls_have_room():
    rows = [listed(f"A-{week}", week) for week in (1, 5, -1, 3, 2, 4, -4, -2, -3, 0)]
    view = meeting(*rows, listed("A-9", None))
    assert [one.key for one in view.moved] == ["A-5", "A-4", "A-3", "A-2", "A--2", "A--3", "A--4"]
    assert (view.up, view.down, view.still) == (5, 4, 1)


@pytest.mark.parametrize(("count", "many"), [(MANY, False), (MANY + 1, True)])
def test_of_too_many_there_is_no_mark_each(count, many):
    view = meeting(*(listed(f"A-{at}") for at in range(count)))
    assert (view.known, view.many) == (count, many)


def test_a_lane_has_all_that_serves_an_objective_of_the_company_over_however_many_others():
    view = meeting(
        listed("TOP", team="Board"),
        listed("MID", team="B", aligned_to=("TOP",)),
        listed("LOW", team="A", aligned_to=("MID",)),
        listed("LOOP", team="A", aligned_to=("KNOT",)),
        listed("KNOT", team="A", aligned_to=("LOOP",)),
        listed("LONE", team="C", aligned_to=("GONE",)),
    )
    lanes = {lane.title: {name: [one.key for one in rows] for name, rows in lane.teams} for lane in view.lanes}  # fmt: skip
    assert lanes["Title of TOP"]["A"] == ["LOW"]
    assert lanes[UNSERVED]["C"] == ["LONE"]
    assert view.lanes[-1].head is None
    assert view.lanes[-1].title == UNSERVED
    for lane in view.lanes:
        assert lane.count == sum(len(rows) for _, rows in lane.teams)
        assert [name for name, _ in lane.teams] == sorted(name for name, _ in lane.teams)
        assert {name: [(one.level, one.count) for one in tally] for name, tally in lane.tallies.items()} == {
            name: [("on_track", len(rows))] for name, rows in lane.teams
        }


def test_the_sheet_has_room_for_the_worst_of_the_company():
    tops = [listed(f"T-{at}") for at in range(SHEET + 1)]
    below = [listed(f"B-{at}", aligned_to=(f"T-{at}",)) for at in range(SHEET + 1)]
    view = meeting(*tops, *below)
    assert len(view.company) == SHEET + 1
    assert view.sheet == view.company[:SHEET]


def tables(view):
    deck = Presentation(io.BytesIO(slides(view, lambda one: f"https://okr.example/{one.key}")))
    found = []
    for slide in deck.slides:
        rows = [[cell.text_frame.text for cell in line.cells] for shape in slide.shapes if shape.has_table for line in shape.table.rows]  # fmt: skip
        foot = next((shape.text_frame.text for shape in slide.shapes if shape.has_text_frame and shape != slide.shapes.title), "")  # fmt: skip
        found.append((slide.shapes.title.text, foot, rows))
    return found


@pytest.mark.parametrize(
    ("count", "on_each", "more"),
    [(1, [1], 0), (8, [8], 0), (9, [8, 1], 0), (40, [8] * 5, 0), (41, [8] * 5, 1)],
)
def test_a_table_goes_on_from_slide_to_slide_and_says_what_it_leaves_out(count, on_each, more):
    teams = meeting(*(listed(f"A-{at}", team=f"Team {at:02}") for at in range(count)))
    mine = [one for one in tables(teams) if one[0] == "Teams"]
    assert [len(rows) - 1 for _, _, rows in mine] == on_each
    assert {foot for _, foot, _ in mine} == {"20 Nov 2026" + (f" · {more} more on the page" if more else "")}
    assert mine[0][2][:2] == [["Team", "Mean", "Health"], ["Team 00", "unknown", "1 on track"]]


def test_a_text_is_cut_where_its_two_lines_are_full():
    """12.1 inches, of which a narrow column takes 1.1 and the two others half of the rest each: 99 characters."""
    for length, cut in ((99, False), (100, True)):
        (table,) = [rows for title, _, rows in tables(meeting(listed("A-1", 5, title="x" * length))) if title == "What moved this week"]  # fmt: skip
        assert table[1][0] == ("x" * 98 + "…" if cut else "x" * length)
        assert table[1][1] == "+5"
