"""A row of the list, its address and the filters: each text with and without what it is of."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest

from connectors.store.lists.list_rows import ListSlice, Tallies
from mappings.explain.week import WeekMove
from mappings.rollup.state import Health, HealthLevel
from plugin.pages.views.objectives.listing import Filters, build_listing, initials, row
from plugin.use_cases.objectives.objective_list import Headline, ListedHead, ObjectivePage, PageStart

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
KNOWN = Health(HealthLevel.ON_TRACK, "rule", "sentence")


def listed(depth=0, week=None, elsewhere=0, ended=None, **more):
    head = Headline(**{"id": "7", "title": "Title", "health": KNOWN, **more})
    return ListedHead(None, head, NOW, depth, week=week, elsewhere=elsewhere, ended_at=ended)


def page_of(heads, start=0, following=None):
    figures = Tallies(
        9, {HealthLevel.ON_TRACK: len(heads)}, frozenset({""}), frozenset({"PLAT"}), frozenset({""})
    )
    return ObjectivePage(heads, ListSlice((), start, None, following), figures)


def shown(**facts):
    return row(listed(**facts), NOW, UTC)


def test_a_row_without_anything_says_so():
    bare = shown(title="")
    assert (bare.name, bare.title, bare.team, bare.owner, bare.project) == ("7", "Untitled", "", "", "")
    assert (bare.delivery, bare.outcome, bare.bar.text, bare.bar.under) == ("—", "—", "unknown", None)
    assert (bare.week.text, bare.week.way, bare.days, bare.elsewhere, bare.over) == ("—", "", "", "", "")
    assert (bare.bar.mark, bare.bar.description) == (None, "Progress unknown")


def test_a_row_says_all_that_is_known():
    full = shown(
        key="PLAT-1",
        team="Core",
        owner="Ada",
        cycle_id="2026-Q4",
        progress_text="1/2",
        expected_text="1/4",
        delivery_text="3/4",
        outcome_text="1/8",
        span=(date(2026, 11, 1), date(2027, 2, 10)),
        week=WeekMove(Fraction(-3, 100), ("one row",)),
        elsewhere=2,
    )
    assert (full.name, full.team, full.owner) == ("PLAT-1", "Core", "Ada")
    assert (full.delivery, full.outcome, full.bar.under) == ("75\u202f%", "13\u202f%", "75.00%")
    assert full.bar.description == "Progress 50\u202f%, should be 25\u202f% today"
    assert (full.week.text, full.week.way, full.week.causes) == ("\u22123", "down", ("One row.",))
    assert full.days == "1 Nov 2026 – 10 Feb 2027"
    assert full.elsewhere == "+2 below of other cycles"
    assert (full.cycle, full.over) == ("", "")


def test_what_is_delivered_is_a_line_of_its_own_beside_an_outcome_alone():
    assert shown(delivery_text="3/4").bar.under is None
    assert shown(delivery_text="3/4", outcome_text="0").bar.under == "75.00%"


def test_of_a_cycle_that_is_over_it_is_said_where_it_should_have_come_to():
    facts = {"progress_text": "1/2", "expected_text": "1", "cycle_id": "2026-Q3"}
    over = shown(ended=NOW - timedelta(days=9), **facts)
    assert over.bar.description == "Progress 50\u202f%, should have come to 100\u202f%"
    assert over.over == "2026-Q3"
    assert shown(ended=NOW).over == ""


@pytest.mark.parametrize(
    ("moved", "text", "way"),
    [(3, "+3", "up"), (-3, "\u22123", "down"), (0, "0", "still"), (Fraction(1, 3), "0", "up"), (None, "—", "")],
)  # fmt: skip
def test_what_a_week_did(moved, text, way):
    total = None if moved is None else Fraction(moved) / 100
    week = shown(week=WeekMove(total, ())).week
    assert (week.text, week.way) == (text, way)


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Noor Bellweather", "NB"),
        ("Noor van Bellweather", "NB"),
        ("noor", "N"),
        ("noor@acme.example", "NA"),
        ("(the) team", "T"),
        ("a b c d", "AD"),
        ("", ""),
    ],
)
def test_initials_are_of_the_first_word_and_the_last(name, letters):
    assert initials(name) == letters


@pytest.mark.parametrize(
    ("filters", "query", "active"),
    [
        (Filters(), "", False),
        (Filters(order=""), "", False),
        (Filters(order="title"), "?order=title", False),
        (Filters(after="50.7", closed="A", group="team"), "?after=50.7&closed=A&group=team", False),
        (Filters(cycle="2026-Q4"), "?cycle=2026-Q4", True),
        (Filters(project="PLAT"), "?project=PLAT", True),
        (Filters(team="none"), "?team=none", True),
        (Filters(health="at_risk"), "?health=at_risk", True),
        (Filters(owner="Ada"), "?owner=Ada", True),
        (Filters(q="a b"), "?q=a+b", True),
    ],
)
def test_the_shortest_query_and_whether_anything_narrows_the_list(filters, query, active):
    assert (filters.query(), filters.active) == (query, active)


@pytest.mark.parametrize(
    ("filters", "running", "cycles"),
    [
        (Filters(), (), ()),
        (Filters(), ("2026-Q4",), ("2026-Q4", "none")),
        (Filters(cycle="all"), ("2026-Q4",), ()),
        (Filters(cycle="2026-Q3"), ("2026-Q4",), ("2026-Q3",)),
        (Filters(cycle="none"), ("2026-Q4",), ("none",)),
    ],
)
def test_which_cycles_the_store_is_asked_for(filters, running, cycles):
    without = Filters(cycle="none").wanted().cycles
    wanted = tuple(one for name in cycles for one in (without if name == "none" else (name,)))
    assert filters.wanted(running).cycles == wanted


@pytest.mark.parametrize(
    ("closed", "names", "folds"),
    [
        ("", "0123", {"0": (True, 3), "1": (True, 1)}),
        ("1", "013", {"0": (True, 3), "1": (False, 1)}),
        ("0", "0", {"0": (False, 3)}),
        ("2", "0123", {"0": (True, 3), "1": (True, 1)}),
    ],
)
def test_a_folded_branch_hides_what_stands_below_it(closed, names, folds):
    heads = [listed(depth, id=str(at)) for at, depth in enumerate((0, 1, 2, 1))]
    found = build_listing(page_of(heads), Filters(closed=closed), {}, NOW, UTC)
    assert "".join(one.name for one in found.rows) == names
    assert {one.name: one.fold[:2] for one in found.rows if one.fold is not None} == folds


@pytest.mark.parametrize(
    ("start", "heads"),
    [(0, [("A", True), ("B", True), ("M", True), ("Y", True)]), (50, [("Y", False)])],
)
def test_a_folded_team_takes_no_place_of_the_list(start, heads):
    """Two are folded: each stands where its rows would, whatever was folded before it."""
    teams = [("A", 3), ("B", 49), ("M", 3), ("Y", 60)]
    members = [listed(id=f"{team}{at}", team=team) for team, count in teams for at in range(count)]
    open_rows = [one for one in members if one.state.team in ("B", "Y")]
    page = page_of(open_rows[start : start + 50], start, PageStart(start + 50, "", "x"))
    found = build_listing(page, Filters(group="team", closed="A,M"), {}, NOW, UTC, members=members)
    named = [part.head for part in found.parts]
    assert [(one.name, one.begins) for one in named] == heads
    assert (found.first, found.last) == (start + 1, start + 50)


def test_what_there_is_to_choose_names_the_usual_first_and_those_without_by_a_word():
    figures = Tallies(
        9,
        {},
        frozenset({"2026-Q4", ""}),
        frozenset({"PLAT-10", "PLAT-9"}),
        frozenset({"", "Ada"}),
        frozenset({"", "Core"}),
    )
    page = ObjectivePage([], ListSlice((), 0, None, None), figures)
    found = build_listing(page, Filters(owner="Eve", q="x", health="at_risk"), {}, NOW, UTC, ["2026-Q4"])
    assert found.cycles == (
        ("", "Running now"),
        ("2026-Q4", "2026-Q4"),
        ("none", "No cycle"),
        ("all", "All cycles"),
    )
    assert found.projects == (("", "All projects"), ("PLAT-9", "PLAT-9"), ("PLAT-10", "PLAT-10"))
    assert found.teams == (("", "All teams"), ("Core", "Core"), ("none", "No team"))
    assert found.owners == (("", "All owners"), ("Ada", "Ada"), ("Eve", "Eve"), ("none", "Nobody"))
    assert found.narrowed == ("Eve", "At risk", "“x”")
    assert found.has_teams
    assert [(one.total.level, one.query, one.chosen) for one in found.health if one.chosen] == [
        ("at_risk", "?owner=Eve&q=x", True)
    ]
    assert (found.known, found.found, found.previous, found.next, found.over) == (9, 0, None, None, "all")
    plain = build_listing(page, Filters(), {}, NOW, UTC)
    assert plain.cycles == (("", "All cycles"), ("2026-Q4", "2026-Q4"), ("none", "No cycle"))
    assert plain.narrowed == ()


@pytest.mark.parametrize(
    ("ended", "over"), [((None, None), "none"), ((NOW, None), "some"), ((NOW, NOW), "all")]
)
def test_of_how_many_rows_the_cycle_is_over(ended, over):
    rows = [listed(ended=one, cycle_id="2026-Q3") for one in ended]
    assert build_listing(page_of(rows), Filters(), {}, NOW, UTC).over == over


def test_rows_name_their_cycle_only_where_they_are_of_several():
    one, other = listed(cycle_id="2026-Q3"), listed()
    assert [row.cycle for row in build_listing(page_of([one, one]), Filters(), {}, NOW, UTC).rows] == ["", ""]
    several = build_listing(page_of([one, other]), Filters(), {}, NOW, UTC).rows
    assert [row.cycle for row in several] == ["2026-Q3", "No cycle"]
