"""Check-ins in a real browser: said without script, asked about, kept; at phone width and with nothing that keeps people out."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest

from connectors.store.numbers import check_ins, objectives
from connectors.store.work import due
from plugin.sync.drain import drain

pytestmark = pytest.mark.browser


@pytest.fixture
def delivery(house):
    """An objective and its delivery as they stand; whatever is said of it is withdrawn in the end."""
    connector = house.connector
    with connector.store.read() as conn:
        state, kr = next(
            (saved.state, kr)
            for saved in objectives.load_all(conn, "main")
            for kr in saved.state.key_results
            if kr.kind == "delivery" and kr.contributing and saved.state.key and kr.measurement.progress
        )
    yield state, kr
    with connector.store.write() as conn:
        for one in check_ins.load_standing(conn, "main").values():
            check_ins.withdraw(conn, "main", one.id, "tests", connector.clock())
    drain(lambda: connector.context("main"))


@pytest.mark.slow
def test_a_check_in_is_said_asked_about_and_kept_without_script(at, house, delivery, violations):
    state, kr = delivery
    address = f"/objectives/{state.key}"
    page = at(house.url, address, "editor", java_script_enabled=False)
    row = page.locator("table.krs tbody tr").filter(
        has=page.locator(f"input[name=key_result][value='{kr.id}']")
    )
    row.locator("summary", has_text="Check in").click()
    row.get_by_label("Progress, %").fill("most of it")
    row.get_by_label("Note").fill("the last mile is long")
    row.get_by_role("button", name="Check in").click()
    assert "is no number here" in row.locator("[role=alert]").inner_text()
    assert row.get_by_label("Note").input_value() == "the last mile is long"
    row.get_by_label("Progress, %").fill("97 %")
    row.get_by_role("button", name="Check in").click()
    assert "Checked in: 97" in page.locator(".alert").inner_text()
    drain(lambda: house.connector.context("main"))
    page.goto(house.url + address)
    assert row.locator(".figure").inner_text() == "97\u202f%"
    assert "the last mile is long" in row.locator(".said").inner_text()
    with house.connector.store.write() as conn:
        said = check_ins.load_standing(conn, "main")[state.id, kr.id]
        check_ins.add(conn, "main", replace(said, derived=Fraction(1, 100)))
        due.mark(conn, "main", [state.id], house.connector.clock(), "tests")
    drain(lambda: house.connector.context("main"))
    asked = at(house.url, address, "editor", viewport={"width": 360, "height": 740}, color_scheme="dark")
    assert "moved from 1\u202f% to" in asked.locator(".said.is-asking").inner_text()
    asked.locator("details.say summary").first.click()
    assert asked.evaluate("document.documentElement.scrollWidth") <= 360
    assert violations(asked) == []
    asked.get_by_role("button", name="Keep 97").click()
    assert "Kept: 97" in asked.locator(".alert").inner_text()
    assert asked.faults == []


def test_marks_stand_apart_on_a_phone_and_are_told_in_words(open_page, base):
    page = open_page(f"{base}/objectives/GROW-4", viewport={"width": 360, "height": 740})
    boxes = sorted(
        (spot.bounding_box() for spot in page.locator(".spot .glyph").all()), key=lambda box: box["x"]
    )
    assert len(boxes) == 5
    assert all(left["x"] + left["width"] <= right["x"] for left, right in pairwise(boxes))
    page.get_by_text("What happened, in words (7)").click()
    words = page.get_by_role("group", name="What happened, in words")
    assert "Target of GROW-42: 12 → 10." in words.inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
