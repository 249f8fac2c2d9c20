"""A cycle is closed on its page, by hand, with what was learnt written on the way; and an objective is made a favourite."""

from __future__ import annotations

import pytest

from plugin.use_cases.cycles.closure import reopen_cycle
from plugin.use_cases.cycles.cycles import list_cycles, show_cycle
from plugin.use_cases.cycles.learnings import list_learnings
from tests.actors import TESTER

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def cycle(house):
    """One that has ended; opened again afterwards."""
    found = list_cycles(house.connector, TESTER, "main")
    over = next(one.cycle.id for one in found if one.state.value == "ended" and one.objectives)
    yield over
    if show_cycle(house.connector, TESTER, "main", over).shown.state.value == "closed":
        reopen_cycle(house.connector, TESTER, "main", over, "the test is over")


@pytest.mark.parametrize("script", [True, False])
def test_a_cycle_is_closed_on_its_page(at, house, cycle, violations, script):
    page = at(house.url, f"/review?cycle={cycle}", "editor", java_script_enabled=script)
    scores, reasons = page.locator("input[name=score]"), page.locator("input[name=reason]")
    number = reasons.count()
    scores.first.fill("0,5")
    for place in range(number):
        reasons.nth(place).fill(f"reason {place}")
    page.locator("textarea[name=note]").fill("Fewer, sooner.")

    scores.first.press("Enter")
    page.wait_for_url("**/typed*")
    assert show_cycle(house.connector, TESTER, "main", cycle).shown.state.value == "ended"
    page.locator("button.learn").first.click()
    said = page.locator("textarea[name=said]")
    said.wait_for()
    assert page.evaluate("document.activeElement.name") == "said"
    said.fill("The depots work.")
    page.get_by_role("button", name="Keep what we learnt from").click()
    page.get_by_text("What was learnt is kept.").wait_for()
    page.locator("button.learn").nth(1).click()
    page.locator("textarea[name=said]").fill("Rubber is the limit.")
    if script:
        assert violations(page) == []
    assert scores.first.input_value() == "0,5"
    assert [reasons.nth(place).input_value() for place in range(number)] == [
        f"reason {place}" for place in range(number)
    ]
    page.get_by_role("button", name=f"Close {cycle}").click()
    page.get_by_text(f"{cycle} is closed as version").wait_for()
    assert page.url.endswith(f"/review?cycle={cycle}")
    found = show_cycle(house.connector, TESTER, "main", cycle)
    assert found.shown.state.value == "closed"
    assert [one.score.reason for one in found.objectives] == [f"reason {place}" for place in range(number)]
    told = {one.learning.said for one in list_learnings(house.connector, TESTER, "main", cycle)}
    assert told == {"The depots work.", "Rubber is the limit."}
    for one in ("The depots work.", "Rubber is the limit.", "Fewer, sooner."):
        assert page.get_by_text(one).count()
    assert page.faults == []


def test_a_favourite_is_made_used_and_removed(at, house):
    page = at(house.url, "/", "viewer")
    page.locator("table.list a.title").first.click()
    title = page.locator("h1").inner_text()
    page.get_by_role("button", name="Make it a favourite").click()
    page.get_by_role("button", name="Favourite: remove").wait_for()
    page.goto(f"{house.url}/")
    page.get_by_role("navigation", name="Kept by you").get_by_text(title).click()
    assert page.locator("h1").inner_text() == title
    page.get_by_role("button", name="Favourite: remove").click()
    page.get_by_role("button", name="Make it a favourite").wait_for()
    page.goto(f"{house.url}/")
    assert page.get_by_role("navigation", name="Kept by you").count() == 0
    assert page.faults == []
