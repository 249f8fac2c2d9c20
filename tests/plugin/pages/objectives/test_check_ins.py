"""Check-ins on the page of an objective: said, asked about, kept, withdrawn; by editors, without script."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup

from connectors.store.numbers import check_ins, objectives
from connectors.store.people import audit
from connectors.store.work import due
from mappings.explain.check_in import CheckIn, Measure
from plugin.sync.reconcile.reconcile import reconcile


@pytest.fixture
def one(world):
    """An objective and its delivery, as they stand."""
    with world.connector.store.read() as conn:
        for saved in objectives.load_all(conn, "main"):
            for kr in saved.state.key_results:
                if kr.kind == "delivery" and kr.contributing and saved.state.key:
                    return SimpleNamespace(
                        id=saved.state.id, key=saved.state.key, kr=kr.id, derived=kr.measurement.progress
                    )
    raise LookupError("no delivery in the demo")


@pytest.fixture
def computed(world, one):
    """Computes the objective again, and saves it, writing nothing to Jira."""

    def compute():
        context = world.connector.context("main")
        found = reconcile(context, one.id, write=False)
        with world.connector.store.write() as conn:
            objectives.save(conn, "main", found.state, context.mapping.revision, context.clock())
            due.discard(conn, "main", one.id)
        return found.state

    return compute


def page_of(desk, one):
    return BeautifulSoup(desk.text(f"/objectives/{one.key}"), "html.parser")


def say(desk, one, **values):
    typed = {"key_result": one.kr, "value": "97", "note": "nearly", "until": "", "delta": "10", **values}
    return desk.post(f"/objectives/{one.key}/check-ins", **typed)


def texts(page, selector):
    return [" ".join(found.get_text(" ", strip=True).split()) for found in page.select(selector)]


def test_what_an_editor_says_is_shown_until_it_is_withdrawn(desk, world, one, computed):
    editor = desk("editor")
    form = next(
        found
        for found in page_of(editor, one).select("form.say-form")
        if found.select_one(f'[value="{one.kr}"]')
    )
    assert form["action"] == f"/objectives/{one.key}/check-ins"
    assert form.select_one("[name=delta]")["value"] == "10"
    answer = say(editor, one)
    assert "Checked in: 97" in answer.get_data(as_text=True)
    assert "It is being worked into the number" in texts(page_of(editor, one), ".said")[0]
    with world.connector.store.read() as conn:
        assert due.pending_count(conn, "main") == 1
        assert audit.recent(conn, 1)[0].who == "editor@acme.example"
        said = check_ins.load_standing(conn, "main", one.id)[one.id, one.kr]
    assert computed().progress is not None
    since = page_of(editor, one).select_one(".said a")["href"]
    assert parse_qs(urlsplit(since).query)["since"] == [said.at.isoformat()]
    looked = BeautifulSoup(editor.text(since), "html.parser")
    assert looked.select_one("#moved").get_text() == f"What changed since {said.at:%Y-%m-%d}"
    page = page_of(editor, one)
    assert "Checked in by Editor" in texts(page, ".said")[0]
    assert "97 %" in texts(page, ".krs .figure")
    assert "instead of the derived" in page.select_one("section.kr .reason").text
    assert any("Checked in" in text or "Check-in by" in text for text in texts(page, "section.kr .ledger tr"))
    button = page.select_one(".said form")
    assert "Withdrawn" in editor.post(button["action"]).get_data(as_text=True)
    assert "The check-in was withdrawn" in texts(page_of(editor, one), ".said")[0]
    computed()
    page = page_of(editor, one)
    assert not page.select(".said")
    assert "withdrawn by Editor" in texts(page, ".said-before")[0]
    editor.post(page.select_one(".said-before form")["action"])
    assert computed().key_results[0].check_in is not None
    page = page_of(editor, one)
    assert "97 %" in texts(page, ".krs .figure")
    assert not page.select(".said-before form")


def test_the_page_asks_and_both_answers_are_there(desk, world, one, computed):
    editor = desk("editor")
    say(editor, one, delta="0")
    with world.connector.store.write() as conn:
        (standing,) = check_ins.load_standing(conn, "main").values()
        check_ins.add(conn, "main", replace(standing, derived=Fraction(1, 100)))
    computed()
    page = page_of(editor, one)
    (asked,) = page.select(".said.is-asking")
    assert "The derived value moved from 1\u202f% to" in asked.text
    keep, take = asked.select("button")
    assert keep.text == "Keep 97\u202f%"
    assert take.text.startswith("Take the derived value")
    assert texts(page, ".notes .note")
    assert "Kept: 97" in editor.post(keep["formaction"]).get_data(as_text=True)
    assert computed().key_results[0].check_in.rule == "standing"
    assert "somebody was faster" in editor.post(asked.form["action"]).get_data(as_text=True)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"value": "most"}, "is no number here"),
        ({"value": "140"}, "outside 0 to 100"),
        ({"until": "2020-01-01"}, "has passed"),
        ({"until": "soon"}, "is no day"),
        ({"delta": "few"}, "is no number of points"),
        ({"delta": "", "until": ""}, "until which day"),
    ],
)
def test_what_cannot_be_kept_loses_nothing_typed(desk, world, one, typed, told):
    answer = say(desk("editor"), one, **typed)
    page = BeautifulSoup(answer.get_data(as_text=True), "html.parser")
    assert answer.status_code == 422
    with world.connector.store.read() as conn:
        assert check_ins.load_standing(conn, "main") == {}
    form = page.select_one("details.say[open] form")
    assert told in form.select_one("[role=alert]").text
    assert form.select_one("[name=note]")["value"] == "nearly"


def test_what_was_said_of_a_key_result_that_is_gone_meanwhile_is_told(desk, world, one):
    answer = say(desk("editor"), one, key_result="nowhere")
    assert answer.status_code == 422
    page = BeautifulSoup(answer.get_data(as_text=True), "html.parser")
    told = page.select_one("[role=alert]").text
    assert "there is no key result “nowhere”" in told
    assert "nearly" in told


def test_what_a_check_in_meant_by_another_measure_is_never_put_back_as_if_it_were_this_one(desk, world, one):
    said_once = CheckIn(
        one.id, one.kr, Measure.CURRENT, Fraction(1, 2), "Ada", world.connector.clock(), delta=Fraction(1)
    )
    with world.connector.store.write() as conn:
        number = check_ins.add(conn, "main", said_once).id
        check_ins.withdraw(conn, "main", number, "Ada", world.connector.clock())
    editor = desk("editor")
    assert not page_of(editor, one).select(".said-before form")
    answer = editor.post(f"/objectives/{one.key}/check-ins/{number}/keep")
    assert "says the current value" in answer.get_data(as_text=True)
    with world.connector.store.read() as conn:
        assert check_ins.load_standing(conn, "main") == {}


def test_a_viewer_sees_what_was_said_and_cannot_answer(desk, one, computed):
    say(desk("editor"), one)
    computed()
    viewer = desk("viewer")
    page = page_of(viewer, one)
    assert texts(page, ".said")
    assert not page.select("form.say-form, .said form")
    assert say(viewer, one).status_code == 403


def test_nobody_says_anything_without_the_token_of_the_form(desk, world, one):
    answer = desk("editor").client.post(f"/objectives/{one.key}/check-ins", data={"value": "50"})
    assert answer.status_code == 400
    with world.connector.store.read() as conn:
        assert check_ins.load_standing(conn, "main") == {}


def test_a_check_in_of_a_key_result_that_is_gone_is_shown_until_it_is_withdrawn(desk, world, one):
    lost = CheckIn(
        one.id, "gone", Measure.PROGRESS, Fraction(1, 2), "Ada", world.connector.clock(), delta=Fraction(1)
    )
    with world.connector.store.write() as conn:
        check_ins.add(conn, "main", lost)
    editor = desk("editor")
    (asked,) = page_of(editor, one).select(".said.is-asking")
    assert "a key result that is none any more" in asked.text
    editor.post(asked.form["action"])
    assert not page_of(editor, one).select(".said")


@pytest.mark.parametrize("act", ["keep", "withdraw"])
def test_a_number_that_no_check_in_can_have_is_no_address(desk, one, act):
    editor = desk("editor")
    assert editor.post(f"/objectives/{one.key}/check-ins/{2**63}/{act}").status_code == 404
    assert "somebody was faster" in editor.post(
        f"/objectives/{one.key}/check-ins/{2**63 - 1}/{act}"
    ).get_data(as_text=True)


def test_what_people_write_is_escaped(desk, one, computed):
    say(desk("editor"), one, note="<img src=x onerror=alert(1)>")
    computed()
    assert not page_of(desk("viewer"), one).select("img")
