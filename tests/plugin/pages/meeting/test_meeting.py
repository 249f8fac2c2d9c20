"""The pages of a meeting: one objective at a time, the brief on a sheet and as slides, the map as a matrix and in words."""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

from bs4 import BeautifulSoup
from pptx import Presentation

from docs.screenshots.company import Company, seeded
from plugin.pages.meeting import presentation
from plugin.pages.views.meeting.work import Work, work_of

ROOT = Path(__file__).parents[4]
AGENDA = [
    "Know what attrition costs us",
    "Onboarding explains itself",
    "Checkout is finished by those who begin it",
    "Orders are never lost, and never twice",
]


def soup(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    return BeautifulSoup(answer.text, "html.parser")


def test_a_meeting_goes_from_one_objective_to_the_next_without_script(client):
    page = soup(client, "/present")
    slides = page.select(".slide")
    assert [one.select_one("h1, h2").text for one in slides] == ["4 objectives to talk about", *AGENDA]
    assert [one.select(".slide-end a")[-1]["href"] for one in slides] == ["#s1", "#s2", "#s3", "#s4", "#s0"]
    assert [one["href"] for one in page.select(".agenda a")] == ["#s1", "#s2", "#s3", "#s4"]
    assert all(one.select_one(".q").text for one in slides[1:])


def test_the_brief_is_a_sentence_and_each_figure_leads_to_its_ledger(client):
    page = soup(client, "/brief")
    assert page.h1.text == "2 of 2 company objectives are where they should be."
    figures = page.select(".sheet-t .now, .asks span, .sheet-m .soft.num")
    links = page.select("a.ledger-link")
    assert len(links) == len([one for one in figures if one.select("a")]) == 5
    assert {one["href"].partition("#")[2] for one in links} == {"why"}
    assert {client.get(one["href"].partition("#")[0]).status_code for one in links} == {200}


def test_the_slides_say_what_the_page_says_and_lead_to_the_same_ledgers(client):
    page = soup(client, "/brief")
    answer = client.get("/brief.pptx")
    deck = Presentation(io.BytesIO(answer.data))
    titles = [one.shapes.title.text for one in deck.slides]
    assert titles == [page.h1.text, "Needs a decision", "Teams"]
    cells = [
        cell
        for slide in deck.slides
        for shape in slide.shapes
        if shape.has_table
        for row in shape.table.rows
        for cell in row.cells
    ]
    links = {
        run.text: run.hyperlink.address
        for cell in cells
        for run in cell.text_frame.paragraphs[0].runs
        if run.hyperlink.address
    }
    assert set(AGENDA) <= links.keys()
    assert {address.partition("#")[2] for address in links.values()} == {"why"}
    assert all(address.startswith("http://localhost/objectives/") for address in links.values())
    shown = {one.text.replace(": how it is calculated", "") for one in page.select("a.ledger-link")}
    assert shown <= links.keys()


def test_the_map_draws_the_work_behind_each_objective(client):
    page = soup(client, "/map")
    drawn = page.select(".lane-teams .work")
    assert drawn
    for svg in drawn:
        done, total = (int(number) for number in svg.title.text.split(" issue")[0].split(" of "))
        filled, outline = (
            "".join(one["d"] for one in svg.select(f".square-{kind}")) for kind in ("done", "none")
        )
        each = -(-total // 18)
        assert filled.count("v8") == done // each
        assert filled.count("v8") + outline.count("M") == int(svg["width"]) // 11 == -(-total // each)


def test_of_much_work_a_square_stands_for_several_issues():
    work = Work(done=30, begun=1, waiting=9)
    assert (work.each, len(work.squares)) == (3, 14)
    assert list(work.squares) == ["done"] * 10 + ["begun"] + ["waiting"] * 3
    assert work.words == "30 of 40 issues done, 1 begun, 9 to do"


def test_of_work_that_whoever_looks_may_not_see_it_is_said_that_it_is_left_out():
    whole = {one.state.id: work_of(one.state) for one in seeded().saved}
    state = next(one.state for one in seeded().saved if (work := whole[one.state.id]) and work.done > 1)
    before, hidden = whole[state.id], []

    def hide(row):
        if hidden or row.disposition != "counted" or row.progress != 1:
            return row
        hidden.append(row.id)
        return replace(row, id="hidden-5f0c", key="", title="An issue you may not see")

    parts = []
    for one in state.key_results:
        ledger = one.measurement.ledger
        rows = tuple(map(hide, ledger.rows)) if one.nature == "delivery" else ledger.rows
        parts.append(replace(one, measurement=replace(one.measurement, ledger=replace(ledger, rows=rows))))
    work = work_of(replace(state, key_results=tuple(parts)))
    assert (work.done, work.total, work.hidden) == (before.done - 1, before.total - 1, 1)
    assert work.words.startswith(f"{before.done - 1} of {before.total - 1} issues done")
    assert work.words.endswith("; without 1 issue you may not see")


def test_the_map_is_a_matrix_and_the_same_in_words(client):
    page = soup(client, "/map")
    rows = {
        row.th.text.strip(): [len(cell.select("a")) for cell in row.select("td")]
        for row in page.select(".map tbody tr")
    }
    assert list(rows.values()) == [[0, 3, 0], [0, 0, 2], [2, 0, 0]]
    marks = {one["href"] for one in page.select(".map-mark")}
    words = {one["href"] for one in page.select(".lane-teams a")}
    assert len(marks) == 7
    assert marks == words


def test_sixty_objectives_are_readable_and_light(client_for):
    saved = seeded().saved
    many = [
        replace(
            one,
            state=replace(
                one.state,
                id=f"{one.state.id}{copy}",
                key=one.state.key and f"{one.state.key}{copy}",
                aligned_to=tuple(f"{id_}{copy}" for id_ in one.state.aligned_to),
            ),
        )
        for copy in ("", *"123456")
        for one in saved
    ]
    client = client_for(Company(saved=many, points={}))
    page = soup(client, "/map")
    assert len(page.select(".map-mark")) == len(many) - len(page.select(".map tbody tr")) + 1
    assert len(client.get("/map").data) < 100_000
    assert len(soup(client, "/present").select(".slide")) == 10


def test_slides_hold_what_is_on_them_however_long_and_many_it_is(client_for):
    saved = seeded().saved
    many = [
        replace(one, state=replace(one.state, id=f"{one.state.id}{copy}", key=None, title="Long word " * 25))
        for copy in ("", *map(str, range(1, 9)))
        for one in saved
    ]
    teams = [
        replace(one, state=replace(one.state, team=f"Team {place:02}", aligned_to=()))
        for place, one in enumerate(many)
    ]
    deck = Presentation(io.BytesIO(client_for(Company(saved=teams, points={})).get("/brief.pptx").data))
    tables = [shape.table for slide in deck.slides for shape in slide.shapes if shape.has_table]
    assert max(len(table.rows) for table in tables) == 9
    assert max(len(row.cells[0].text) for table in tables for row in table.rows) <= 100
    assert {len(slide.shapes.title.text) <= 240 for slide in deck.slides} == {True}
    titles = [slide.shapes.title.text for slide in deck.slides]
    assert titles.count("Teams") == 5
    feet = [slide.shapes[1].text_frame.text for slide in deck.slides if slide.shapes.title.text == "Teams"]
    assert {foot.rpartition(" · ")[2] for foot in feet} == {f"{len(teams) - 40} more on the page"}


def test_nothing_that_runs_is_said_so(empty_client):
    assert soup(empty_client, "/present").h1.text == "No objective runs now"
    assert soup(empty_client, "/brief").h1.text == "No objective runs now"
    assert "Nothing is aligned yet" in soup(empty_client, "/map").text
    assert empty_client.get("/brief.pptx").status_code == 200


def test_whoever_starts_and_makes_no_slides_loads_nothing_for_them() -> None:
    code = "import plugin.runtime.application, sys; print('pptx' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_slide_shows_five_key_results_and_counts_the_rest(monkeypatch):
    def explained(*_words, everything):
        return SimpleNamespace(key_results=tuple("abcdefg"), remarks=("said last", "said before"))

    monkeypatch.setattr(presentation, "explanation_now", explained)
    sources = SimpleNamespace(located=lambda _id, _site: ["it"])
    shown = presentation.slide(sources, "10001", None, "an item")
    assert shown == presentation.Slide("an item", tuple("abcde"), 2, "said last")
    sources.located = lambda _id, _site: []
    assert presentation.slide(sources, "10001", None, "an item") is None
