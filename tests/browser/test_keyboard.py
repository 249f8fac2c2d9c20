"""The main path with a keyboard alone, and with no script at all."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from connectors.store.mappings import revisions

pytestmark = pytest.mark.browser

HERE = "document.activeElement"
STOP = """wanted => {
  const here = document.activeElement, box = here.getBoundingClientRect();
  const outlined = [here, here.closest('.editor')].some(one => {  // the text of the editor is outlined by its frame
    const style = one && getComputedStyle(one);
    return style && style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
  });
  const seen = here === document.body || (outlined && box.bottom > 0 && box.top < innerHeight);
  return {there: here === wanted, unseen: seen ? '' : here.outerHTML};
}"""


@pytest.fixture
def expect():
    return pytest.importorskip("playwright.sync_api", reason="no playwright here").expect


@pytest.fixture
def ruling(house) -> Iterator[str]:
    """The revision that ruled before; it rules again afterwards."""
    from plugin.use_cases.mappings.mapping_life import rollback
    from tests.actors import TESTER

    with house.connector.store.read() as conn:
        before = revisions.active(conn, "main")
    yield before.revision
    with house.connector.store.read() as conn:
        changed = revisions.active(conn, "main").revision != before.revision
    if changed:
        rollback(house.connector, TESTER, "main")


def tab_to(page, wanted, most: int = 80) -> None:
    """Press Tab until this has the focus; wherever it stops on the way must be seen to have it."""
    target = wanted.element_handle()
    for _ in range(most):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP, target)
        assert not stop["unseen"]
        if stop["there"]:
            return
    raise AssertionError("the keyboard does not get there")


def press(page, wanted, key: str = "Enter") -> None:
    tab_to(page, wanted)
    page.keyboard.press(key)


@pytest.mark.slow
def test_from_signing_in_to_activating_with_the_keyboard(house, open_page, ruling, expect):
    page = open_page(f"{house.url}/", reduced_motion="reduce")
    tab_to(page, page.get_by_label("E-mail address"))
    page.keyboard.type("admin@acme.example")
    tab_to(page, page.get_by_label("Password"))
    page.keyboard.type("correct horse battery staple")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Objectives")).to_be_visible()
    press(page, page.locator(".skip"))
    assert page.evaluate(f"{HERE}.id") == "content"
    page.reload()
    press(page, page.locator(".me summary"))
    expect(page.locator(".me-menu")).to_be_visible()
    page.keyboard.press("Tab")
    assert page.evaluate(f"{HERE}.textContent") == "Your account"
    page.keyboard.press("Escape")
    expect(page.locator(".me-menu")).to_be_hidden()
    page.reload()
    press(page, page.get_by_role("link", name="Mapping", exact=True))
    press(page, page.get_by_role("link", name="Edit by form"))
    tab_to(page, page.get_by_label("In progress (0 to 1)"))
    page.keyboard.press("Control+a")
    page.keyboard.type("0.25")
    press(page, page.get_by_role("button", name="Preview"))
    summary = page.locator(".moved summary").first
    press(page, summary)
    expect(page.locator(".drill").first).to_be_visible()
    page.keyboard.press("Enter")
    if page.get_by_label("Go on with this large change").count():
        press(page, page.get_by_label("Go on with this large change"), "Space")
    press(page, page.get_by_role("button", name="Activate"))
    expect(page.get_by_role("status").first).to_contain_text("is active")
    assert active(house) != ruling


def test_the_editor_is_no_trap_for_a_keyboard(at, house, expect):
    page = at(house.url, "/mapping/main/edit", reduced_motion="reduce")
    tab_to(page, page.locator(".cm-content"))
    before = page.locator("textarea").input_value()
    page.keyboard.press("Tab")
    assert page.locator("textarea").input_value() == f"  {before}"
    page.keyboard.press("Shift+Tab")
    assert page.locator("textarea").input_value() == before
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert page.evaluate(f"{HERE}.closest('.editor')") is None
    page.keyboard.press("Shift+Tab")
    assert page.evaluate(f"{HERE}.className").startswith("cm-content")
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate(f"{HERE}.closest('.editor')") is None
    expect(page.locator("[data-kept]")).to_have_text("Kept.")
    page.goto(f"{house.url}/mapping/main/edit")
    page.get_by_role("button", name="Discard the draft").click()


def test_a_mapping_is_changed_without_script(at, house, ruling, expect):
    page = at(house.url, "/mapping/main", java_script_enabled=False)
    page.get_by_role("link", name="Edit as YAML").click()
    area = page.locator("textarea")
    area.fill(area.input_value().replace("indeterminate: 0.5", "indeterminate: 0.3"))
    page.get_by_role("button", name="Check against Jira").click()
    expect(page.get_by_role("heading", name="Check against Jira")).to_be_visible()
    page.get_by_role("link", name="Preview", exact=True).click()
    page.locator(".moved summary").first.click()
    expect(page.locator(".drill").first).to_contain_text("30 %")
    if page.get_by_label("Go on with this large change").count():
        page.get_by_label("Go on with this large change").check()
    page.get_by_role("button", name="Activate").click()
    expect(page.get_by_role("status").first).to_contain_text("is active")
    assert active(house) != ruling


def test_everything_reads_without_script(at, house):
    page = at(house.url, "/", java_script_enabled=False)
    page.locator("table.list a.title").first.click()
    assert page.locator("table.ledger tbody tr").count() > 1
    assert page.locator(".chart svg[role=img]").count() == 1
    page.locator("figcaption summary").click()
    assert page.locator("figcaption table").is_visible()
    for place, heading in (
        ("KPIs", "KPIs"),
        ("Cycle review", "Cycle review"),
        ("Sync health", "Sync health"),
    ):
        page.get_by_role("link", name=place, exact=True).click()
        assert page.locator("h1").inner_text() == heading
        assert not re.search(r"JavaScript", page.locator("main").inner_text())


def active(house) -> str:
    with house.connector.store.read() as conn:
        return revisions.active(conn, "main").revision


def test_arrows_lead_through_a_meeting_and_escape_out(open_page, base, expect):
    page = open_page(f"{base}/present")
    for key, slide in (
        ("ArrowRight", "s1"),
        ("PageDown", "s2"),
        ("ArrowLeft", "s1"),
        ("End", "s4"),
        ("Home", "s0"),
    ):
        page.keyboard.press(key)
        expect(page.locator(":focus")).to_have_id(slide)
        expect(page.locator(f"#{slide}")).to_be_in_viewport(ratio=0.9)
    page.keyboard.press("Escape")
    expect(page).to_have_url(f"{base}/")
