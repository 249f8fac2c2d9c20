"""The list: filters, the tree, totals and pages of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from connectors.store.lists.list_rows import START, PageStart, RowSelection
from docs.screenshots.company import large, seeded
from plugin.pages.objectives.objectives import FilterForm
from plugin.pages.views.objectives.listing import ROWS, Filters, after_of, after_text, row
from plugin.pages.views.objectives.names import ORDERS

COMPANY = seeded()


def keys(client, address):
    page = BeautifulSoup(client.get(address).text, "html.parser")
    return [row.select_one(".key").text for row in page.select("table.list tbody tr")]


def file_keys(client, address):
    lines = client.get(address).text.splitlines()
    place = lines[0].split(",").index("key")
    return [line.split(",")[place] for line in lines[1:]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?project=CORE&order=key", ["CORE-2", "CORE-6"]),
        ("?health=off_track&order=key", ["CORE-2", "GROW-7"]),
        ("?owner=Noor+Bellweather", ["PLAT-8"]),
        ("?q=checkOUT", ["GROW-7"]),
        ("?q=plat-5", ["PLAT-5"]),
        ("?cycle=2025-Q1", []),
    ],
)
def test_filters(client, query, expected):
    assert keys(client, f"/{query}") == expected


def test_an_objective_stands_under_the_one_it_is_aligned_to(client):
    assert keys(client, "/?order=key") == [
        "CORE-2", "CORE-6", "GROW-1", "GROW-4", "GROW-7", "GROW-9", "PLAT-2", "PLAT-5", "PLAT-8",
    ]  # fmt: skip
    page = BeautifulSoup(client.get("/?order=key").text, "html.parser")
    depths = [row.select_one("th")["class"][1] for row in page.select("table.list tbody tr")]
    assert depths == ["depth-0"] * 3 + ["depth-1"] * 3 + ["depth-0"] + ["depth-1"] * 2


def test_a_row_tells_everything_a_lead_asks_for(client):
    page = BeautifulSoup(client.get("/?q=GROW-7").text, "html.parser")
    row = page.select_one("table.list tbody tr")
    text = row.get_text(" ", strip=True)
    assert "0\u202f%" in row.select_one(".figure").text
    assert row.select_one("svg.bar")["aria-label"] == "Progress 0\u202f%, should be 57\u202f% today"
    assert row.select_one(".bar-mark")["x1"] == "56.52%"
    assert "Off track" in text
    assert "below 0.4" in text
    assert "committed" in text
    assert "100\u202f% delivered, outcome unmoved." in text
    assert row.select_one(".spark polyline")
    assert row.select_one("time")["datetime"].startswith("2026-11-21T")


def test_a_row_says_how_many_of_other_cycles_stand_below_it():
    found = COMPANY.listing(RowSelection(("main",)), START, 5).rows[0]
    told = [row(replace(found, elsewhere=count), COMPANY.now(), UTC).elsewhere for count in (0, 2)]
    assert told == ["", "+2 below of other cycles"]


def test_unknown_is_a_word_and_never_a_number(client):
    page = BeautifulSoup(client.get("/?q=CORE-6").text, "html.parser")
    row = page.select_one("table.list tbody tr")
    assert row.select_one(".figure").text == "unknown"
    assert not row.select(".bar-fill")


def test_totals_count_what_the_other_filters_admit(client):
    page = BeautifulSoup(client.get("/?project=GROW&health=off_track").text, "html.parser")
    counts = {
        chip.select_one("b").next_sibling.strip(): int(chip.b.text) for chip in page.select(".totals .chip")
    }
    assert counts == {"Off track": 1, "At risk": 1, "Unknown": 0, "Pending": 1, "On track": 1, "Achieved": 0}


@pytest.mark.parametrize("order", ORDERS)
def test_following_next_shows_every_objective_once(client_for, order):
    client = client_for(large(230))
    address, seen = f"/?order={order}", []
    while address:
        page = BeautifulSoup(client.get(address).text, "html.parser")
        seen += [row.select_one(".key").text for row in page.select("table.list tbody tr")]
        following = page.select_one("a[rel=next]")
        address = f"/{following['href']}" if following else None
    assert len(seen) == len(set(seen)) == 230


def test_previous_leads_back_to_the_first_page(client_for):
    client = client_for(large(230))
    first = keys(client, "/?order=key")
    second = BeautifulSoup(client.get("/?order=key&after=50.x").text, "html.parser")
    assert keys(client, f"/{second.select_one('a[rel=prev]')['href']}&order=key") == first


def test_a_cursor_follows_its_objective_when_rows_are_added_before_it():
    company = large(230)
    first = company.listing(Filters(order="key").wanted(), after_of(""), ROWS)
    cursor = after_text(first.slice.next)
    assert cursor == f"50.{first.rows[-1].state.id}"
    added = replace(
        company.saved[0], state=replace(company.saved[0].state, id="1", key="AAA-1", aligned_to=())
    )
    company.saved = [added, *company.saved]
    moved = company.listing(Filters(order="key").wanted(), after_of(cursor), ROWS)
    assert moved.slice.start == 51


@pytest.mark.parametrize(
    "after", [PageStart(0), PageStart(50, "", "x"), PageStart(7, "a.b-c", "10~1"), PageStart(3, "", "@a.b")]
)
def test_a_cursor_is_read_as_it_was_written(after):
    assert after_of(after_text(after)) == after


def test_a_place_beyond_all_lists_is_cut_to_nine_figures():
    assert after_of("1234567890.x") == PageStart(123_456_789, "", "x")
    assert after_of("٣.x") == PageStart(0)


@given(st.text(max_size=12))
def test_any_cursor_is_understood(text):
    assert after_of(text).place >= 0


@given(
    st.dictionaries(
        st.sampled_from(
            ["cycle", "project", "team", "health", "owner", "q", "order", "after", "group", "closed"]
        ),
        st.text(max_size=12),
    )
)
def test_any_query_is_understood_and_its_address_says_the_same(query):
    filters = FilterForm(MultiDict(query)).filters()
    found = COMPANY.listing(filters.wanted(), after_of(filters.after), ROWS)
    assert len(found.rows) <= len(COMPANY.saved)
    assert filters.query().startswith("?") or filters.query() == ""


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?health=bogus", "There is no health “bogus”. Take one of these: off_track, at_risk, unknown"),
        ("?order=bogus&project=PLAT", "There is no order “bogus”. Take one of these: health, key, progress"),
    ],
)
def test_a_word_that_nobody_knows_is_refused_and_never_shows_everything(client, query, sentence):
    for address in (f"/{query}", f"/teams/Platform{query}"):
        answer = client.get(address)
        page = BeautifulSoup(answer.text, "html.parser")
        assert (answer.status_code, page.select("table.list")) == (400, [])
        assert sentence in page.select_one("[role=alert]").text
    assert client.get(f"/objectives.csv{query}").status_code == 400


def test_what_runs_now_is_listed_and_the_rest_where_it_is_asked_for(client_for):
    company = seeded()
    past = replace(
        company.saved[0],
        state=replace(company.saved[0].state, id="99", key="OLD-1", cycle_id="2026-Q3", aligned_to=()),
    )
    company.saved = [*company.saved, past]
    client = client_for(company)
    assert "OLD-1" not in keys(client, "/?order=key")
    assert "OLD-1" in keys(client, "/?order=key&cycle=all")
    assert keys(client, "/?cycle=2026-Q3") == ["OLD-1"]
    assert keys(client, "/?q=OLD") == ["OLD-1"]
    assert file_keys(client, "/objectives.csv?q=OLD") == ["OLD-1"]
    assert "OLD-1" not in file_keys(client, "/objectives.csv")
    shown = BeautifulSoup(client.get("/").text, "html.parser")
    assert shown.select_one(".found").text == "9 of 10 objectives run now"
    rows = BeautifulSoup(client.get("/?cycle=all").text, "html.parser").select("table.list tbody tr")
    assert {row.select_one(".cycle").text for row in rows} == {"2026-Q3", "Q4 2026"}
    assert not shown.select("table.list .cycle")


def test_a_branch_folds_by_address_and_says_how_many_stand_in_it(client):
    page = BeautifulSoup(client.get("/?order=key").text, "html.parser")
    fold = next(row for row in page.select("table.list tbody tr") if "GROW-1" in row.text).select_one(
        "a.fold"
    )
    assert fold["aria-expanded"] == "true"
    assert keys(client, f"/{fold['href']}") == ["CORE-2", "CORE-6", "GROW-1", "PLAT-2", "PLAT-5", "PLAT-8"]
    shut = BeautifulSoup(client.get(f"/{fold['href']}").text, "html.parser")
    assert shut.select_one("a.fold[aria-expanded=false]")["href"] == "?order=key"
    assert shut.select_one(".count").text == "+3"


def test_the_file_holds_what_the_list_does(client):
    assert file_keys(client, "/objectives.csv?project=CORE&order=key") == ["CORE-2", "CORE-6"]


def test_a_team_has_a_page(client, client_for):
    company = seeded()
    company.saved = [
        replace(
            one, state=replace(one.state, team="Growth & co" if one.state.project_key == "GROW" else None)
        )
        for one in company.saved
    ]
    client = client_for(company)
    assert keys(client, "/teams/Growth%20%26%20co?order=key") == [
        "GROW-1",
        "GROW-4",
        "GROW-7",
        "GROW-9",
    ]
    page = BeautifulSoup(client.get("/teams/Growth%20%26%20co?order=key&q=GROW-7").text, "html.parser")
    assert page.title.text == "Objectives, Growth & co · jira-okr"
    assert page.select_one(".narrowed").text == ": Growth & co, “GROW-7”"
    assert page.select_one(".found a")["href"] == "/?order=key"
    page = BeautifulSoup(client.get("/teams/Growth%20%26%20co?q=nothing").text, "html.parser")
    assert [a["href"] for a in page.select(".found a, .empty a")] == ["/", "/"]
