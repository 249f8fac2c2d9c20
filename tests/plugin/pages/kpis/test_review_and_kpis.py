"""Cycle review and KPI board."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from bs4 import BeautifulSoup

from mappings.kpi.band import Band
from plugin.pages.views.cycles.review import meaning_of_score, review
from plugin.pages.views.cycles.review_overview import ReviewedObjective, overview
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
    assert meaning_of_score(progress, commitment) == said


def test_a_review_shows_the_latest_cycle_that_has_begun_with_every_objective(company: Any) -> None:
    found = review(company.objectives(), company.cycles(), "", date(2026, 11, 21))

    assert found is not None
    assert found.cycle == "2026-Q4"
    assert not found.over
    assert len(found.rows) == sum(one.state.cycle_id == "2026-Q4" for one in company.objectives())


def test_without_any_cycle_there_is_nothing_to_review() -> None:
    assert review([], {}, "", date(2026, 11, 21)) is None


def scored(company: Any, *triples: tuple[str, str | None, str | None]) -> list[ReviewedObjective]:
    """An objective each, of a commitment, a score and a delivery."""
    state = company.saved[0].state
    return [
        ReviewedObjective(
            replace(
                state, id=str(at), key="", title=f"Number {at}", commitment=commitment,
                delivery=None if delivery is None else Fraction(delivery), team="Even" if at % 2 == 0 else "Odd"
            ),
            None if score is None else Fraction(score),
        )
        for at, (commitment, score, delivery) in enumerate(triples, 1)
    ]  # fmt: skip


def test_a_review_says_in_a_sentence_what_was_kept_and_where_the_work_brought_nothing(company: Any) -> None:
    rows = scored(
        company,
        ("committed", "1", "1"),
        ("committed", "0.999", "1"),
        ("aspirational", "0.7", "0.2"),
        ("aspirational", "0.1", "0.9"),
        ("committed", None, "0.5"),
    )
    over, running = overview(rows, over=True), overview(rows, over=False)
    assert over is not None
    assert running is not None
    assert over.sentence == (
        "Of 3 committed objectives 1 was kept; of 2 aspirational objectives 1 reached 0.70. 1 was built, but its outcome did not follow."
    )
    assert running.sentence == (
        "Of 3 committed objectives 1 is kept so far; of 2 aspirational objectives 1 has reached 0.70. Of 1 the work is far ahead of the outcome."
    )
    assert [[row.number for row in one.rows] for one in over.corners] == [[1, 2], [4], [3], [], [5]]
    assert [[row.number for row in one.rows] for one in running.corners] == [[1, 2], [4], [3], [5]]
    assert [(one.name, one.mean, one.kept, one.reached) for one in over.teams] == [
        ("Even", "0.55", "0 of 1", "0 of 1"),
        ("Odd", "0.85", "1 of 2", "1 of 1"),
    ]


def test_marks_of_one_place_on_the_chart_stand_side_by_side(company: Any) -> None:
    for delivery, places in (
        ("1", ["100.00%", "95.50%", "91.00%"]),
        ("0", ["0.00%", "4.50%", "9.00%"]),
        ("0.94", ["94.00%", "98.50%", "85.00%"]),
    ):
        found = overview(scored(company, *[("committed", "0", delivery)] * 3), over=True)
        assert found is not None
        assert [one.x for one in found.marks] == places
        assert {one.y for one in found.marks} == {"100.00%"}


def test_of_a_great_many_the_review_counts_and_names_none(company: Any) -> None:
    found = overview(scored(company, *[("committed", "0.2", "0.9")] * 61), over=True)
    assert found is not None
    assert (found.marks, [one.rows for one in found.corners]) == ((), [()] * 4)
    assert [one.count for one in found.corners] == [0, 61, 0, 0]


def test_the_review_of_a_running_cycle_says_when_it_can_be_closed_and_groups_by_team(client: Any) -> None:
    page = board(client, "/review?cycle=2026-Q4")
    assert "The cycle can be closed once its last day is over, from 1 Jan 2027 on" in " ".join(
        page.text.split()
    )
    numbers = [int(one.text) for one in page.select(".row-number")]
    assert numbers == list(range(1, len(numbers) + 1))
    words = {int(one.text) for one in page.select(".corner b")}
    assert words == set(numbers)
    heads = [one.text for one in page.select("tr.group th")]
    assert heads == sorted(set(heads))


def board(client: Any, address: str) -> BeautifulSoup:
    return BeautifulSoup(client.get(address).text, "html.parser")


def names_on(page: BeautifulSoup) -> list[str]:
    return [one["href"].rpartition("/")[2] for one in page.select(".kpis a.title")]


def test_the_board_shows_the_last_settled_period_what_is_so_far_and_no_data_plainly(client: Any) -> None:
    page = board(client, "/kpis?group=none")
    texts = [" ".join(row.get_text(" ").split()) for row in page.select(".kpis tbody tr")]
    rows = dict(zip(names_on(page), texts, strict=True))

    assert list(rows) == ["p1-bugs", "load", "uptime", "bugs-per-point"]
    assert "healthy at most 5 bugs 7 bugs better so far 9 bugs" in rows["p1-bugs"]
    assert rows["p1-bugs"].endswith(
        "Watch Above its band, 8 periods running A key result is proposed 20 Nov 2026"
    )
    assert "99.5 % better" in rows["uptime"]
    assert rows["uptime"].endswith("Healthy In its band none week of 9 Nov 2026")
    assert "healthy 70 to 80 % No data" in rows["load"]


def test_a_bullet_shows_the_value_on_the_scale_of_its_band_and_a_bar_only_from_nothing(client: Any) -> None:
    page = board(client, "/kpis?group=none")
    bullets = dict(zip(names_on(page), (one.svg for one in page.select(".c-bullet")), strict=True))

    assert bullets["load"] is None
    bugs, uptime = bullets["p1-bugs"], bullets["uptime"]
    assert bugs["aria-label"] == "7 bugs, outside of its healthy band"
    assert "is-outside" in bugs["class"]
    assert [one.text for one in bugs.select("text")] == ["5"]
    band, bar = bugs.select_one(".bullet-band"), bugs.select_one(".bullet-bar")
    assert band["x"] == "0.0%"
    assert float(bar["width"][:-1]) > float(band["width"][:-1])
    assert uptime.select_one(".bullet-bar") is None
    assert float(uptime.select_one(".bullet-band")["x"][:-1]) < float(uptime.svg["x"][:-1])


def test_a_proposal_stands_first_and_leads_to_where_it_is_decided(client: Any) -> None:
    (waits,) = board(client, "/kpis").select(".proposals li")
    assert waits.h3.text.startswith("Make “")
    assert waits.a["href"] == "/kpis/p1-bugs#counted"
    assert 'id="counted"' in client.get("/kpis/p1-bugs").text


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
