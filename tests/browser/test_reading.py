"""What people need to read in peace: no page scrolls sideways, what has the focus and what was asked for is in sight, and an open page stands still when told to."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

PAGES = (
    "/", "/objectives/PLAT-1", "/review", "/map", "/brief", "/kpis", "/kpis/p1-bugs", "/health", "/practice", "/scorecard",
)  # fmt: skip
CONTROLLED = ("/mapping/main/form", "/sites/main", "/setup", "/setup/main/preset", "/people", "/account")
HIDDEN = """() => {
  const here = document.activeElement;
  if (!here || here === document.body) return null;
  const box = here.getBoundingClientRect();
  const places = [0.1, 0.5, 0.9].flatMap((x) => [0.2, 0.5, 0.8].map((y) => [box.left + box.width * x, box.top + box.height * y]));
  const met = ([x, y]) => { const found = document.elementFromPoint(x, y); return found && (here.contains(found) || found.contains(here) || found.closest("label")?.contains(here)); };
  return places.some(met) ? "" : here.outerHTML;
}"""


def too_wide(page) -> bool:
    """Whether the page itself scrolls sideways."""
    return page.evaluate("document.documentElement.scrollWidth > innerWidth")


@pytest.mark.slow
def test_no_page_scrolls_sideways_on_the_smallest_screen(open_page, base, at, house):
    page = open_page(base, viewport={"width": 320, "height": 640})
    wide = [address for address in PAGES if page.goto(base + address).ok and too_wide(page)]
    assert wide == []
    page = at(house.url, "/", viewport={"width": 320, "height": 640})
    assert [address for address in CONTROLLED if page.goto(house.url + address).ok and too_wide(page)] == []


@pytest.mark.slow
def test_what_has_the_focus_is_hidden_below_nothing_that_sticks(at, house):
    page = at(
        house.url, "/mapping/main/form", viewport={"width": 320, "height": 640}, reduced_motion="reduce"
    )
    stops = 0
    for _ in range(60):
        page.keyboard.press("Tab")
        hidden = page.evaluate(HIDDEN)
        assert not hidden
        stops += hidden is not None
    assert stops > 20


@pytest.mark.slow
def test_an_open_page_is_held_still_until_it_is_let_go(open_page, base):
    page = open_page(base)
    asked = []
    page.on("request", lambda request: asked.append(request.url) if "x-poll" in request.headers else None)
    hold = page.get_by_role("button", name="Hold this page still")
    hold.click()
    page.reload()
    assert hold.get_attribute("aria-pressed") == "true"
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_timeout(200)
    assert asked == []
    with page.expect_request(lambda request: "x-poll" in request.headers):
        hold.click()
    assert hold.get_attribute("aria-pressed") == "false"


@pytest.mark.slow
def test_why_lands_on_the_row_of_the_issue_and_marks_it(open_page, base):
    from playwright.sync_api import expect

    page = open_page(f"{base}/why/20240")
    marked = page.locator("tr[aria-current] th")
    expect(marked).to_be_in_viewport()
    ground = "one => getComputedStyle(one).backgroundColor"
    assert marked.evaluate(ground) != page.locator("tbody tr:not([aria-current]) th").first.evaluate(ground)
