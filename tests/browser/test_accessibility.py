"""Nobody is kept out: axe-core looks at every page in light on a desktop and in dark on a phone."""

from __future__ import annotations

import pytest

from plugin.access.authorization.actor import COMMAND_LINE
from plugin.runtime.serving.server import serve
from plugin.use_cases.accounts import set_up

pytestmark = [pytest.mark.browser, pytest.mark.slow]

DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}
READING = (
    "/", "/?group=team&closed=CORE", "/?project=GROW&health=off_track", "/?q=zzz", "/objectives/GROW-4", "/objectives/GROW-7?exact=1",
    "/kpis", "/scorecard", "/review", "/practice", "/health", "/present", "/brief", "/map", "/objectives/NOPE-1", "/nowhere",
)  # fmt: skip
EMPTY = ("/", "/kpis", "/scorecard", "/review", "/practice", "/health", "/present", "/brief", "/map")
SIGNED_IN = (
    "/", "/objectives/PLAT-31", "/mapping/main", "/mapping/main/edit", "/mapping/main/form", "/mapping/main/preview", "/mapping/main/check",
    "/mapping/main/try", "/mapping/main/try?key=PLAT-12", "/mapping/main/try?tried=epics&key=PLAT-12", "/mapping/main/try?jql=statsu",
    "/mapping/main/diff", "/sites", "/sites/main", "/setup", "/setup/main", "/setup/main/preset",
    "/setup/main/preset/okr-issue-types/fields?project=PLAT", "/sites/main/fields", "/setup/main/fields", "/setup/main/preview", "/setup/main/webhook", "/health", "/people", "/people/data", "/digests/main", "/audit",
    "/audit?kind=writes", "/account", "/account/tokens", "/account/second-factor", "/account/identity", "/people/tokens", "/nowhere",
)  # fmt: skip
NO_SITE = ("/", "/mapping", "/sites", "/setup", "/health", "/audit?kind=writes", "/account/tokens")


@pytest.fixture
def look(violations):
    """What is wrong with these pages, light on a desktop or dark on a phone; and a phone never scrolls sideways."""

    def found(page, base: str, addresses: tuple[str, ...]) -> dict[str, list[str]]:
        return {address: told for address in addresses if (told := _seen(page, base + address, violations))}

    return found


def _seen(page, address: str, violations) -> list[str]:
    page.set_viewport_size(DESKTOP)
    page.emulate_media(color_scheme="light")
    page.goto(address)
    told = violations(page)
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size(PHONE)
    told += [f"dark, on a phone: {one}" for one in violations(page, again=True)]
    width = page.evaluate("document.documentElement.scrollWidth")
    return told if width <= PHONE["width"] else [*told, f"{width} px wide on a phone"]


def test_the_pages_for_reading(open_page, base, look):
    page = open_page(f"{base}/")
    assert look(page, base, READING) == {}


def test_the_pages_over_nothing(open_page, empty_base, look):
    page = open_page(f"{empty_base}/")
    assert look(page, empty_base, EMPTY) == {}


def test_the_pages_for_changing(at, house, look):
    page = at(house.url, "/")
    assert look(page, house.url, SIGNED_IN) == {}
    told = ("404", "422")  # of an address that is none, and a JQL that is wrong
    assert [fault for fault in page.faults if not any(status in fault for status in told)] == []


def test_the_tour_leads_over_six_pages_and_is_left(at, account, synced_demo, tmp_path, violations):
    from playwright.sync_api import expect

    with synced_demo(tmp_path) as demo:
        demo.connector.move_clock = lambda _: None  # where days can be let pass there is a tour
        account(demo.connector, "viewer")
        with serve(demo.connector, "127.0.0.1", 0, workers=0) as running:
            page = at(running.url, "/", "viewer")
            for number in range(1, 7):
                expect(page.locator(".tour-count")).to_have_text(f"Tour, {number} of 6")
                assert violations(page) == []
                if number < 6:
                    page.get_by_role("link", name="Next", exact=True).press("Enter")
            page.get_by_role("button", name="End the tour").press("Enter")
            expect(page.locator(".flash, [role=status]").first).to_contain_text("The tour is over")
            expect(page.locator(".tour")).to_have_count(0)


def test_a_phone_is_told_of_no_keys(open_page, base):
    keys = ".slide-end .hint"
    assert open_page(f"{base}/present").locator(keys).is_visible()
    phone = open_page(f"{base}/present", viewport=PHONE, has_touch=True, is_mobile=True)
    assert not phone.locator(keys).is_visible()


def test_what_one_may_not_see(at, house, look):
    page = at(house.url, "/", "viewer")
    assert look(page, house.url, ("/people", "/mapping/main")) == {}


def test_the_pages_before_there_is_anybody_or_any_site(open_page, vacant, account, at, look):
    with vacant() as house:
        link = set_up.make_link(house.connector, COMMAND_LINE, house.url)
        page = open_page(f"{house.url}/sign-in")
        assert look(page, house.url, ("/sign-in", link.removeprefix(house.url), "/set-up/wrong")) == {}
        account(house.connector, "admin")
        assert look(at(house.url, "/"), house.url, NO_SITE) == {}


def test_the_open_menu_the_editor_at_work_and_what_preview_hides(at, house, violations, type_over):
    page = at(house.url, "/mapping/main/edit", viewport={"width": 1280, "height": 1400})
    page.locator(".me summary").click()
    assert violations(page) == []
    page.locator(".me summary").click()
    type_over(page, "indeterminate: 0.5", "indeterminate: 5")
    page.locator(".cm-lintRange-error").wait_for()
    page.keyboard.press("F8")
    page.locator(".cm-tooltip-lint").wait_for()
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    page.keyboard.press("Control+End")
    page.keyboard.press("Control+Space")
    page.locator(".cm-tooltip-autocomplete").wait_for()
    scrolled = "scrollable-region-focusable: ['#cm-ac-"  # by the arrow keys, while the text keeps the focus
    assert [one for one in violations(page, again=True) if not one.startswith(scrolled)] == []
    page.keyboard.press("Escape")
    page.keyboard.press("Control+f")
    assert violations(page) == []
    page.keyboard.press("Escape")
    type_over(page, "indeterminate: 5", "indeterminate: 0.25")
    page.get_by_role("button", name="Preview").click()
    page.locator(".moved summary").first.wait_for()
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    assert violations(page) == []
    page.goto(f"{house.url}/mapping/main/diff?after=draft")
    assert violations(page) == []
    page.goto(f"{house.url}/mapping/main/edit")
    page.get_by_role("button", name="Discard the draft").click()


def test_an_error_of_ours(violations, open_page):
    """The page for an error nobody foresaw; nothing of the error is on it."""
    from docs.screenshots.company import Company
    from docs.screenshots.make import served

    class Broken(Company):
        def __getattribute__(self, name: str) -> object:
            raise RuntimeError("a secret")

    with served(Broken()) as address:
        page = open_page(f"{address}/health")
        assert page.locator("h1").inner_text() == "Something broke"
        assert "a secret" not in page.content()
        assert violations(page) == []


@pytest.mark.parametrize("wish", ["reduced_motion", "contrast", "forced_colors"])
def test_wishes_of_the_system_are_granted(open_page, base, wish):
    values = {"reduced_motion": "reduce", "contrast": "more", "forced_colors": "active"}
    page = open_page(f"{base}/", **{wish: values[wish]})
    if wish == "reduced_motion":
        moving = "[...document.querySelectorAll('*')].filter(one => parseFloat(getComputedStyle(one).transitionDuration) > 0.01)"
        assert page.evaluate(f"{moving}.length") == 0
    elif wish == "contrast":
        plain = open_page(f"{base}/").evaluate("getComputedStyle(document.querySelector('.meta')).color")
        assert page.evaluate("getComputedStyle(document.querySelector('.meta')).color") != plain
    else:
        fill = page.locator(".bar-fill").first
        assert fill.evaluate("one => getComputedStyle(one).fill") != page.locator(
            ".bar-ground"
        ).first.evaluate("one => getComputedStyle(one).fill")
