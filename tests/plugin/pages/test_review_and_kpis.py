"""Cycle review and KPI board."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from bs4 import BeautifulSoup

from mappings.kpi.band import Band
from plugin.pages.views.cycles.review import reading, review
from plugin.pages.views.words.figures import number_text
from plugin.use_cases.kpis.kpi_words import band_words


@pytest.mark.parametrize(
    ("progress", "commitment", "said"),
    [
        (None, "committed", "cannot be scored: nothing was measured"),
        (Fraction(1), "committed", "commitment kept"),
        (Fraction(3, 4), "committed", "0.25 short of the commitment"),
        (Fraction(7, 10), "aspirational", "aspiration met"),
        (Fraction(69, 100), "aspirational", "short of the aspired 0.70"),
        (Fraction(998, 1000), "committed", "0.002 short of the commitment"),
    ],
)
def test_what_a_score_means(progress: Fraction | None, commitment: str, said: str) -> None:
    assert reading(progress, commitment) == said


def test_a_review_shows_the_latest_cycle_that_has_begun_with_every_objective(company: Any) -> None:
    found = review(company.objectives(), company.cycles(), "", date(2026, 11, 21))

    assert found is not None
    assert found.cycle == "2026-Q4"
    assert not found.over
    assert len(found.rows) == sum(one.state.cycle_id == "2026-Q4" for one in company.objectives())


def test_without_any_cycle_there_is_nothing_to_review() -> None:
    assert review([], {}, "", date(2026, 11, 21)) is None


def test_the_board_shows_the_last_settled_period_what_is_so_far_and_no_data_plainly(client: Any) -> None:
    rows = {
        row.select_one(".key").text: " ".join(row.get_text(" ").split())
        for row in BeautifulSoup(client.get("/kpis").text, "html.parser").select("tbody tr")
    }

    assert list(rows) == ["p1-bugs", "load", "uptime", "bugs-per-point"]
    assert "Watch Above its band, 8 periods running 7 bugs 20 Nov 2026 · better 9 bugs" in rows["p1-bugs"]
    assert "9 bugs at most 5 bugs From" in rows["p1-bugs"]
    assert "A key result is proposed" in rows["p1-bugs"]
    assert "Healthy In its band 99.5 % week of 9 Nov 2026 · better" in rows["uptime"]
    assert "No data No data 20 Nov 2026 — 70 to 80 %" in rows["load"]


def test_a_kpi_page_says_what_was_counted_and_why(client: Any) -> None:
    page = BeautifulSoup(client.get("/kpis/p1-bugs").text, "html.parser")
    text = " ".join(page.text.split())
    periods = [
        [" ".join(cell.text.split()) for cell in row.select("th, td")] for row in page.select("tbody tr")
    ]

    assert "Out of the healthy band 8 settled periods running" in text
    assert "Proposed under PLAT-1: from 7 to 5." in text
    assert "Counted until the period that ends on 20 Nov 2026." in text
    assert periods[0] == ["21 Nov 2026", "9 bugs", "Unhealthy", "at most 5 bugs", "1", "not settled yet"]
    assert periods[1][:3] == ["20 Nov 2026", "7 bugs", "Watch"]
    assert [row[1:3] for row in periods if row[0] == "17 Nov 2026"] == [["No data", "No data"]]
    assert [row[5] for row in periods if row[0] == "31 Oct 2026"] == ["counted: in the band 5 running · late"]
    assert [row[5].endswith("· corrected") for row in periods if row[0] == "8 Nov 2026"] == [True]
    assert len(page.select(".plot-box .dot")) == 25
    assert [dot["class"] for dot in page.select(".dot.is-unsettled")]


def test_pages_write_the_bounds_of_a_band_as_they_write_values() -> None:
    band = Band(at_least=Fraction(200000), at_most=Fraction(1200001, 2))
    assert band_words(band, "EUR", number_text) == "200\u202f000 to 600\u202f000.5 EUR"
    assert band_words(band, "EUR") == "200000 to 600000.5 EUR"


def test_a_kpi_that_is_not_there_is_not_found(client: Any) -> None:
    assert client.get("/kpis/nothing").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/kpis",
        "/kpis/p1-bugs",
        "/kpis/uptime",
        "/kpis/bugs-per-point",
        "/kpis/load",
        "/review",
        "/review?cycle=2026-Q4",
        "/review?cycle=nonsense",
    ],
)
def test_the_pages_show(client: Any, path: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 200
    assert b"style=" not in answer.data


def test_a_cycle_that_there_is_not_is_said_instead_of_showing_another_as_if_it_were_it(client: Any) -> None:
    said = "No objective is of a cycle “1999-Q9”, so this is "
    assert said in client.get("/review?cycle=1999-Q9").get_data(as_text=True)
    assert "No objective is of a cycle" not in client.get("/review?cycle=2026-Q4").get_data(as_text=True)
