"""The list by team: the rows of a team together below a head with what they come to, page by page, folded or not."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from fractions import Fraction

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from docs.screenshots.company import large, seeded
from mappings.explain.week import WeekMove
from mappings.rollup.state import HealthLevel
from plugin.pages.views.meeting.team_group import folded_names, folded_text, group_name, team_figures
from plugin.pages.views.objectives.listing import Filters

TEAMS = ("Growth, and co", "-", "Plätze & mehr", None)


def company_of(count):
    """Objectives of several teams, of projects alone, and of neither."""
    company = large(count)
    company.saved = [
        replace(
            one,
            state=replace(
                one.state,
                team=TEAMS[place % 4],
                project_key="" if place % 8 == 7 else one.state.project_key,
            ),
        )
        for place, one in enumerate(company.saved)
    ]
    return company


def look(client, address):
    return BeautifulSoup(client.get(address).text, "html.parser")


def heads(page):
    return [head.select_one(".title").text for head in page.select("tr.group")]


def rows(page):
    return [row.select_one(".key").text for row in page.select("table.list tbody tr:not(.group)")]


def test_each_page_has_the_heads_of_its_teams_and_all_pages_each_objective_once(client_for):
    company = company_of(230)
    client = client_for(company)
    at, seen, begun = "/?group=team", [], []
    team_of = {one.state.key: group_name(one.state) or "No team" for one in company.saved}
    while at:
        page = look(client, at)
        for body in page.select("table.list tbody"):
            name = body.select_one("tr.group .title").text
            mine = [row.select_one(".key").text for row in body.select("tr:not(.group)")]
            assert {team_of[key] for key in mine} == {name}
            goes_on = "goes on" in body.select_one(".group .count").text
            begun += [] if goes_on else [name]
            seen += mine
        following = page.select_one("a[rel=next]")
        at = f"/{following['href']}" if following else None
    assert Counter(seen) == Counter(team_of.keys())
    named = sorted({*team_of.values()} - {"No team"}, key=str.encode)
    assert begun == [*named, "No team"]


def test_a_head_says_what_all_its_objectives_come_to_not_those_of_the_page(client_for):
    company = company_of(230)
    page = look(client_for(company), "/?group=team&health=off_track")
    mine = [
        one.state
        for one in company.saved
        if one.state.team == "Growth, and co" and one.state.health.level is HealthLevel.OFF_TRACK
    ]
    known = [one.progress for one in mine if one.progress is not None]
    delivered = [one.delivery for one in mine if one.delivery is not None]
    head = next(one for one in page.select("tr.group") if one.select_one(".title").text == "Growth, and co")
    assert head.select_one(".count").text.strip().split()[0] == str(len(mine))
    assert f"{round(sum(known) / len(known) * 100)}\u202f%" in head.select_one(".c-progress").text
    assert f"{round(sum(delivered) / len(delivered) * 100)}\u202f%" in head.select_one(".c-sides").text
    assert head.select_one(".c-health").get_text(" ", strip=True) == f"{len(mine)} Off track"


def test_a_folded_team_keeps_its_head_and_gives_its_rows_away(client_for):
    company = company_of(230)
    client = client_for(company)
    at, every = "/?group=team", ["-", "CORE"]
    for name in every:
        fold = next(
            head.select_one("a.fold")
            for head in look(client, at).select("tr.group")
            if head.select_one(".title").text == name
        )
        assert fold["aria-expanded"] == "true"
        at = f"/{fold['href']}"
    page = look(client, at)
    assert heads(page)[:2] == every
    teams = {one.state.key: group_name(one.state) or "No team" for one in company.saved}
    assert not {teams[key] for key in rows(page)} & set(every)
    gone = sum(name in every for name in teams.values())
    assert f"of {230 - gone} ({gone} folded)" in page.select_one(".pager").get_text(" ", strip=True)
    shut = page.select_one("tr.group a.fold[aria-expanded=false]")
    assert heads(look(client, f"/{shut['href']}"))[0] == every[0]


def test_where_all_teams_are_folded_their_heads_are_the_list(client):
    names = heads(look(client, "/?group=team"))
    page = look(client, f"/?group=team&closed={folded_text(names)}")
    assert (heads(page), rows(page)) == (names, [])
    assert "9 folded" in page.select_one(".pager").text


@pytest.mark.parametrize(("folded", "before"), [("A", 0), ("M", 50), ("Z", 100)])
def test_a_folded_team_stands_on_one_page_alone(client_for, folded, before):
    """Also where its place is between two pages, or behind the last row."""
    company = large(101)
    company.saved = [
        replace(
            one, state=replace(one.state, team=folded if place == 100 else "B" if place < before else "Y")
        )
        for place, one in enumerate(company.saved)
    ]
    client, at, seen, pages = client_for(company), f"/?group=team&closed={folded}", [], 0
    while at:
        page = look(client, at)
        seen += [
            head.select_one(".title").text
            for head in page.select("tr.group")
            if head.select_one("a.fold")["aria-expanded"] == "false"
        ]
        pages += 1
        following = page.select_one("a[rel=next]")
        at = f"/{following['href']}" if following else None
    assert (seen, pages) == ([folded], 2)


@pytest.mark.parametrize("pages", [1, 2, 3])
def test_whoever_folds_a_team_on_a_later_page_stays_there(client_for, pages):
    """Each team of each page, one that goes on from the page before too: its head is there afterwards, and unfolded again its rows are."""
    client, at = client_for(company_of(230)), "/?group=team"
    for _ in range(pages - 1):
        at = f"/{look(client, at).select_one('a[rel=next]')['href']}"
    page = look(client, at)
    names = heads(page)
    for place, name in enumerate(names):
        goes_on = "goes on" in page.select("tr.group .count")[place].text
        folded = look(client, f"/{page.select('tr.group a.fold')[place]['href']}")
        now = heads(folded)
        assert now.index(name) == (0 if goes_on else place)
        assert goes_on or now[: place + 1] == names[: place + 1]
        back = look(client, f"/{folded.select('tr.group a.fold')[now.index(name)]['href']}")
        assert name in heads(back)
        assert goes_on or rows(back) == rows(page)


def test_a_folded_team_behind_a_full_page_opens_on_the_next(client_for):
    company = large(51)
    company.saved = [
        replace(one, state=replace(one.state, team="Z" if place == 50 else "B"))
        for place, one in enumerate(company.saved)
    ]
    client = client_for(company)
    page = look(client, "/?group=team&closed=Z")
    assert heads(page) == ["B", "Z"]
    opened = look(client, f"/{page.select('tr.group a.fold')[1]['href']}")
    assert (heads(opened), len(rows(opened))) == (["Z"], 1)


def test_sorting_and_the_shelf_keep_the_group(client):
    page = look(client, "/?group=team&health=off_track")
    assert all("group=team" in a["href"] for a in page.select("thead a.sort, .totals .chip"))
    assert page.select_one("select[name=group] option[selected]")["value"] == "team"
    assert "group=team" in page.select_one(".clear a")["href"]


def test_what_there_is_to_group_by_is_said(client):
    page = client.get("/?group=moon")
    assert page.status_code == 400
    assert "There is no group “moon”. Take one of these: team." in page.text


@given(st.frozensets(st.text(min_size=0, max_size=8), max_size=4))
def test_folded_teams_are_read_as_they_were_written(names):
    assert frozenset(folded_names(folded_text(names))) == names


def test_a_mean_leaves_out_what_nobody_knows():
    company = seeded()
    found = list(company.members(Filters().wanted()))
    weeks = (Fraction(1, 10), None, Fraction(-1, 20))
    mine = [
        replace(
            one,
            state=replace(one.state, team="One", progress=progress),
            week=None if week is None else WeekMove(week, ()),
        )
        for one, week, progress in zip(found, weeks, (None, Fraction(1, 2), Fraction(1, 4)), strict=False)
    ]
    (figures,) = team_figures(mine)
    assert (figures.progress, figures.week) == (Fraction(3, 8), Fraction(1, 40))
    unknown = [replace(one, state=replace(one.state, progress=None), week=None) for one in mine]
    (figures,) = team_figures(unknown)
    assert (figures.progress, figures.week) == (None, None)


@pytest.mark.parametrize("address", ["/?group=team", "/?group=team&closed=CORE"])
def test_the_legend_and_the_table_say_what_it_is(client, address):
    page = look(client, address)
    assert page.select_one("table.list")["aria-label"].endswith(", by team")
    assert not page.select("[class*='depth-1']")
