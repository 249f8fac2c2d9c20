"""The pages for reading in a real browser: strict policy, keyboard, the reader's zone, filtering in place, phone width."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.browser

PAGES = (
    "/",
    "/?project=GROW&health=off_track",
    "/?q=zzz",
    "/objectives/GROW-4",
    "/objectives/GROW-7?exact=1",
    "/health",
)


@pytest.mark.parametrize("address", PAGES)
def test_a_page_loads_under_the_strict_policy_without_a_word_in_the_console(open_page, base, address):
    page = open_page(base + address)
    page.wait_for_load_state("networkidle")
    assert page.faults == []


def test_the_keyboard_reaches_the_content_first_and_then_everything(open_page, base):
    page = open_page(f"{base}/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    stops = []
    for _ in range(5):
        page.keyboard.press("Tab")
        stops.append(page.evaluate("document.activeElement.name || document.activeElement.textContent"))
    assert stops == ["★ Growth, off track", "Present", "Brief", "Map", "q"]
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.className"))
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none" or page.evaluate("document.activeElement === document.body")
    assert {"title", "button"} <= reached


def test_typing_filters_in_place_and_keeps_the_focus(open_page, base):
    page = open_page(f"{base}/")
    from playwright.sync_api import expect

    rows = page.locator("table.list tbody tr")
    page.evaluate("window.same = true")
    page.get_by_label("Search").press_sequentially("checkout")
    page.wait_for_url(re.compile(r"\?q=checkout"))
    expect(rows).to_have_count(1)
    assert page.evaluate("window.same") is True
    assert page.evaluate("document.activeElement.name") == "q"
    assert "1 of 9" in page.locator(".found").inner_text().replace("\n", " ")
    page.get_by_label("Search").fill("")
    page.get_by_label("Project").select_option("CORE")
    page.wait_for_url(re.compile(r"\?(?!.*q=).*project=CORE"))
    expect(rows).to_have_count(2)
    page.go_back()
    expect(rows).not_to_have_count(2)
    assert page.faults == []


def test_filters_work_without_script(open_page, base):
    page = open_page(f"{base}/", java_script_enabled=False)
    page.get_by_label("Project").select_option("CORE")
    page.get_by_role("button", name="Apply").click()
    assert page.locator("table.list tbody tr").count() == 2
    assert page.locator("[data-theme-toggle]").is_hidden()


def test_instants_are_in_the_readers_zone(open_page, base):
    page = open_page(f"{base}/objectives/GROW-4", timezone_id="Asia/Tokyo")
    assert "17:50" in page.locator(".origin time[data-time=absolute]").inner_text()
    bare = open_page(f"{base}/objectives/GROW-4", java_script_enabled=False)
    assert "Europe/Berlin" in bare.locator(".origin time[data-time=absolute]").inner_text()


def test_the_theme_is_remembered(open_page, base):
    page = open_page(f"{base}/", color_scheme="light")
    page.get_by_role("button", name="Switch between light and dark").click()
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.goto(f"{base}/health")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == dark


def test_the_mark_stands_where_progress_should_be_today(open_page, base):
    page = open_page(f"{base}/?q=GROW-4")
    bar = page.locator("table.list svg.bar").first
    box, mark = bar.bounding_box(), bar.locator(".bar-mark").bounding_box()
    assert (mark["x"] + mark["width"] / 2 - box["x"]) / box["width"] == pytest.approx(52 / 92, abs=0.02)
