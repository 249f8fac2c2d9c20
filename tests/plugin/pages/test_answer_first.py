"""The page of one objective: the answer first, in plain words, and the way to what feeds it."""

from __future__ import annotations

from dataclasses import replace

from bs4 import BeautifulSoup

from docs.screenshots.company import seeded


def test_the_page_answers_first_and_speaks_plainly(client) -> None:
    """Number and sentence, then what a week did, then why; no word of the machine's own."""
    page = BeautifulSoup(client.get("/objectives/GROW-4").text, "html.parser")
    heads = [one["id"] for one in page.select("main h2")]
    assert heads.index("moved") < heads.index("why") < heads.index("krs") < heads.index("history")
    assert page.select_one(".answer-line").text.endswith(".")
    text = page.select_one("main").get_text(" ")
    for word in (
        "re-mapped",
        "re-targeted",
        "shown beside",
        "Shown beside",
        "rows in the number",
        "more rows",
    ):
        assert word not in text, word


def test_an_objective_that_others_feed_says_so_and_leads_to_them(client_for) -> None:
    company = seeded()
    above = next(one for one in company.saved if one.state.key == "GROW-1")
    bare = replace(above, state=replace(above.state, key_results=()))
    company.saved = [bare if one is above else one for one in company.saved]
    page = BeautifulSoup(client_for(company).get("/objectives/GROW-1").text, "html.parser")
    said = page.select_one("section[aria-labelledby=krs] .empty")
    assert "its number is made of the objectives that feed it" in said.text
    assert said.select_one("a")["href"] == "#below"
    assert page.select_one("#below").text == "Fed by these objectives"
    assert [one.select_one(".key").text for one in page.select("section[aria-labelledby=below] a")] == [
        "GROW-4", "GROW-7", "GROW-9",
    ]  # fmt: skip
