"""The way of somebody new, as the README has it: start the demo, sign in, change the mapping, and never come back to the terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.demo_process import DemoProcess, demo_process

pytestmark = pytest.mark.browser


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[DemoProcess]:
    with demo_process(tmp_path, str(tmp_path / "demo")) as running:
        yield running


@pytest.mark.slow
def test_from_the_demo_to_a_changed_mapping(demo, open_page, sign_in):
    from playwright.sync_api import expect

    page = open_page(demo.pages)
    sign_in(page, demo.email, demo.password)
    expect(page.locator("table.list tbody tr").first).to_be_visible()
    page.get_by_role("link", name="Mapping", exact=True).click()
    page.get_by_role("link", name="Edit by form").click()
    page.get_by_label("In progress (0 to 1)").fill("0.25")
    page.get_by_role("button", name="Preview").click()
    row = page.locator(".moved > li").first
    key = re.match(r"[A-Z]+-\d+", row.locator(".what .under").inner_text())[0]
    after = row.locator(".fromto .new").first.inner_text()
    if page.get_by_label("Go on with this large change").count():
        page.get_by_label("Go on with this large change").check()
    page.get_by_role("button", name="Activate").click()
    expect(page.get_by_role("status").first).to_contain_text("is active")
    page.get_by_role("link", name="Objectives", exact=True).click()
    page.get_by_label("Search").fill(key)
    page.get_by_label("Search").press("Enter")
    until(page, lambda: page.locator("table.list .figure").first.inner_text() == after)
    page.locator("table.list a.title").first.click()
    expect(page.locator(".big")).to_have_text(after)
    follows_by_itself(page, demo, expect)
    assert page.faults == []


def follows_by_itself(page, demo, expect) -> None:
    """What is done on the board is seen on a page that was open already, and what was unfolded there stays so."""
    board = requests.get(demo.board, timeout=10).text
    card = re.search(
        r'data-category="indeterminate"(?:(?!data-category="done").)*?data-issue="(\d+)"(?:(?!</article>).)*?Feeds <a [^>]*>Progress of ([A-Z]+-\d+)</a>, (\d+) %'
        r'(?:(?!</article>).)*?value="(\d+)" aria-label="Move [A-Z]+-\d+ to Done"',
        board,
        re.DOTALL,
    )
    assert card
    page.goto(f"{demo.pages}/objectives/{card[2]}")
    expect(page.locator(".big")).to_contain_text(card[3])
    fold = page.locator("main details summary").first
    fold.click()
    page.evaluate("window.stayed = true")
    requests.post(f"{demo.board}/board/move", data={"issue": card[1], "status": card[4]}, timeout=10)
    expect(page.locator(".big")).not_to_contain_text(card[3], timeout=60_000)
    assert page.evaluate("window.stayed") is True
    assert fold.evaluate("one => one.parentElement.open")


def until(page, arrived, most: int = 60) -> None:
    """Look again as people do, until it has come."""
    for _ in range(most):
        if arrived():
            return
        page.wait_for_timeout(500)
        page.reload()
    raise AssertionError(page.locator("main").inner_text())
