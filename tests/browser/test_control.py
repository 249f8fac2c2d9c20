"""The pages that change something, in a real browser against a sandbox Jira: a mapping, a dead letter, the whole set-up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import requests

from connectors.sandbox import CONNECTOR, SandboxServer
from connectors.store.mappings import revisions
from connectors.store.work import due
from plugin.pages.frame.assets import STATIC

pytestmark = pytest.mark.browser


@pytest.fixture
def fresh(vacant, account) -> Iterator[SimpleNamespace]:
    """A connector that knows an admin but no Jira, and a sandbox that it could know."""
    with SandboxServer(seed=1) as sandbox, vacant(workers=1) as house:
        account(house.connector, "admin")
        yield SimpleNamespace(url=house.url, connector=house.connector, sandbox=sandbox)


@pytest.mark.slow
def test_a_mapping_is_edited_mended_previewed_and_activated(at, house, type_over):
    from playwright.sync_api import expect

    with house.connector.store.read() as conn:
        before = revisions.active(conn, "main").revision
    page = at(house.url, "/mapping/main/edit")
    text = page.locator("textarea").input_value()
    assert "relation: descendant" in text
    type_over(page, "relation: descendant", "relation: descendents")
    underlined = page.locator(".cm-content .cm-lintRange-error")
    expect(underlined).to_have_text("descendents")
    expect(page.locator(".cm-lineNumbers .is-off_track")).to_have_count(1)
    expect(page.locator("[data-kept]")).to_have_text("Kept.")
    page.keyboard.press("Control+Home")
    page.locator(".finding.is-off_track", has_text="descendents").locator("button.place").click()
    expect(underlined).to_be_in_viewport()
    assert page.evaluate("getSelection().anchorNode.parentElement.closest('.cm-line').textContent") == (
        "        relation: descendents"
    )
    page.keyboard.press("F8")
    expect(page.locator(".cm-tooltip-lint")).to_contain_text("Valid: child, descendant")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name=re.compile(r"^Line \d+, column 19$")).click()
    expect(underlined).to_have_text("descendents")
    type_over(page, "descendents", "descendant")
    expect(page.locator("[data-kept]")).to_have_text("Kept.")
    expect(page.locator(".cm-lintRange-error")).to_have_count(0)
    page.locator(".cm-content").press("Control+z")
    expect(page.locator(".cm-content .cm-lintRange-error")).to_be_visible()
    page.keyboard.press("Control+y")
    assert page.locator("textarea").input_value() == text
    type_over(page, "indeterminate: 0.5", "indeterminate: 0.25")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name="What would be different")).to_be_visible()
    page.locator(".moved details summary").first.click()
    expect(page.locator(".drill").first).to_contain_text("50 % → 25 %")
    brake = page.get_by_label("Go on with this large change")
    if brake.count():
        brake.check()
    page.get_by_role("button", name="Activate").click()
    expect(page.locator(".alert")).to_contain_text("is active")
    with house.connector.store.read() as conn:
        assert revisions.active(conn, "main").revision != before
    page.get_by_role("link", name=re.compile("Preview and go back")).first.click()
    page.get_by_role("button", name=re.compile("Go back to")).click()
    if page.get_by_label("Go on with this large change").count():
        page.get_by_label("Go on with this large change").check()
        page.get_by_role("button", name=re.compile("Go back to")).click()
    expect(page.locator(".alert")).to_contain_text("is active")
    with house.connector.store.read() as conn:
        assert revisions.active(conn, "main").revision == before
    assert [fault for fault in page.faults if "422" not in fault and "409" not in fault] == []


def test_completion_offers_keys_and_the_fields_of_the_site(at, house):
    from playwright.sync_api import expect

    page = at(house.url, "/mapping/main/edit", color_scheme="dark", viewport={"width": 360, "height": 740})
    page.locator(".cm-content").press("Control+a")
    page.keyboard.type("version: 1\nfields:\npoints: {name: OKR pr")
    chosen = page.get_by_role("option", name=re.compile("OKR progress"), selected=True)
    expect(chosen).to_be_in_viewport()
    page.wait_for_timeout(
        100
    )  # the list takes no key at once, lest one meant for the text is taken for a choice
    page.keyboard.press("Enter")
    expect(page.locator("textarea")).to_have_value('version: 1\nfields:\n  points: {name: "OKR progress"')
    assert page.faults == []


def leave_with_all_on_the_way(page, text: str) -> None:
    """Type a text of which nothing arrives, neither at a pause nor on the way out."""
    page.evaluate("navigator.sendBeacon = () => true")
    page.route("**/diagnostics", lambda route: route.abort())
    page.locator(".cm-content").press("Control+a")
    page.keyboard.insert_text(text)


def test_what_was_typed_last_is_sent_on_the_way_out(at, house, drafts):
    page = at(house.url, "/mapping/main/edit")
    page.locator(".cm-content").press("Control+a")
    page.keyboard.insert_text("version: 1")
    page.goto(f"{house.url}/mapping/main")
    drafts.wait_for("version: 1")


def test_who_comes_back_before_it_has_arrived_finds_it_too(at, house, drafts):
    from playwright.sync_api import expect

    page = at(house.url, "/mapping/main/edit")
    leave_with_all_on_the_way(page, "version: 1")
    page.goto(f"{house.url}/mapping/main")
    page.unroute("**/diagnostics")
    assert drafts.text() is None
    page.goto(f"{house.url}/mapping/main/edit")
    expect(page.locator("textarea")).to_have_value("version: 1")
    drafts.wait_for("version: 1")


def test_a_text_that_was_changed_elsewhere_meanwhile_is_not_undone_by_coming_back(at, house, drafts):
    from playwright.sync_api import expect

    page = at(house.url, "/mapping/main/edit")
    leave_with_all_on_the_way(page, "version: 1")
    page.goto(f"{house.url}/mapping/main")
    page.unroute("**/diagnostics")
    drafts.keep("version: 1\nname: newer")
    page.goto(f"{house.url}/mapping/main/edit")
    expect(page.locator(".cm-line").nth(1)).to_have_text("name: newer")
    expect(page.locator("textarea")).to_have_value("version: 1\nname: newer")


def test_a_text_that_another_window_kept_is_not_typed_over(at, house, drafts):
    from playwright.sync_api import expect

    page = at(house.url, "/mapping/main/edit")
    drafts.keep("version: 1\nname: newer")
    page.locator(".cm-content").press("Control+a")
    page.keyboard.insert_text("version: 1\nname: mine")
    expect(page.locator("[data-kept]")).to_contain_text("another window")
    assert drafts.text() == "version: 1\nname: newer"
    page.get_by_role("button", name="Keep the draft").click()
    expect(page.get_by_role("alert")).to_contain_text("was not kept")
    expect(page.locator("textarea")).to_have_value("version: 1\nname: mine")
    page.get_by_role("button", name="Keep the draft").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    assert drafts.text() == "version: 1\nname: mine"


def test_a_draft_is_not_discarded_before_the_text_on_its_way_has_arrived(at, house, drafts):
    from playwright.sync_api import expect

    drafts.keep("version: 1")
    page = at(house.url, "/mapping/main/edit")
    held = []
    page.route("**/diagnostics", lambda route: held.append(route))
    with page.expect_request("**/diagnostics"):
        page.locator(".cm-content").press("Control+End")
        page.keyboard.insert_text("\nname: late")
    page.get_by_role("button", name="Discard the draft").click()
    assert drafts.text() == "version: 1"
    held[0].continue_()
    expect(page.get_by_role("button", name="Discard the draft")).to_have_count(0)
    assert drafts.text() is None


def test_the_editor_works_without_script(at, house):
    page = at(house.url, "/mapping/main/edit", java_script_enabled=False)
    area = page.locator("textarea")
    area.fill(area.input_value().replace("kind: delivery", "kind: delivry"))
    page.get_by_role("button", name="Preview").click()
    assert "delivry" in page.locator(".finding.is-off_track").first.inner_text()
    assert "delivry" in page.locator("textarea").input_value()
    page.get_by_role("button", name="Discard the draft").click()


def test_a_rule_is_tried_from_the_editor_without_script(at, house):
    page = at(house.url, "/mapping/main/edit", java_script_enabled=False)
    page.get_by_role("button", name="Try the rules").click()
    page.get_by_label("A rule of the draft").select_option("epics")
    page.get_by_role("button", name="Try it").click()
    heading = page.locator("#taken").inner_text()
    count = int(heading.split()[0])
    assert heading.endswith("issues are taken")
    assert page.locator("tbody tr").count() == count > 0
    page.get_by_label("Why this issue?").fill("PLAT-12")
    page.get_by_role("button", name="Try it").click()
    assert "PLAT-12 is not taken" in page.locator("#why").inner_text()
    assert "it holds: Task" in page.locator(".clauses").first.inner_text()
    page.locator("tbody a").first.click()
    assert "is taken" in page.locator("#why").inner_text()
    page.get_by_role("link", name="Back to the editor").click()
    page.get_by_role("button", name="Discard the draft").click()


def test_a_dead_letter_is_retried(at, house):
    from playwright.sync_api import expect

    store, now = house.connector.store, house.connector.clock()
    with store.write() as conn:
        due.mark(conn, "main", ["10011"], now, "test")
        claimed = due.claim(conn, "tester", now, house.connector.context("main").lease, 10, "main", "10011")
        due.bury(conn, claimed[0], "Jira refused the call.", "Give the account the permission.", now)
    page = at(house.url, "/health")
    expect(page.locator(".dead-error")).to_have_text("Jira refused the call.")
    page.get_by_role("button", name=re.compile("^Retry")).click()
    expect(page.locator(".alert")).to_contain_text("tried again")
    with store.read() as conn:
        assert due.dead(conn, "main") == []
        assert due.pending_count(conn, "main") >= 1


@pytest.mark.slow
def test_the_set_up_from_nothing_to_the_first_delivery(at, fresh):
    from playwright.sync_api import expect

    page = at(fresh.url, "/setup")
    page.fill("[name=url]", fresh.sandbox.url)
    page.fill("[name=email]", CONNECTOR.email)
    page.fill("[name=token]", "wrong")
    page.get_by_role("button", name="Test and connect").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.fill("[name=token]", CONNECTOR.token)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Jira answers")).to_be_visible()
    page.get_by_role("link", name="Choose a preset").click()
    page.get_by_role("button", name=re.compile("Epics as objectives")).click()
    expect(page.locator("[data-sample-of=field-kr_target]")).to_contain_text("Holds:")
    page.get_by_role("button", name="Go on to the preview").click()
    page.get_by_role("button", name="Read the issues now").click()
    page.get_by_role("button", name="Activate").click(timeout=30_000)
    expect(page.get_by_role("heading", name=re.compile("Now let Jira call"))).to_be_visible()
    page.get_by_role("button", name="Register the webhook").click()
    expect(page.locator(".alert")).to_contain_text("Jira has the webhook now")
    answer = requests.put(
        f"{fresh.sandbox.url}/rest/api/3/issue/PLAT-1",
        json={"fields": {"summary": "A change to be told of"}},
        auth=(CONNECTOR.email, CONNECTOR.token),
        timeout=10,
    )
    assert answer.ok
    expect(page.get_by_role("heading", name="It works")).to_be_visible(timeout=30_000)
    page.get_by_role("link", name="Go to the objectives").click()
    expect(page.locator("table.list tbody tr").first).to_be_visible()


def test_a_project_is_found_among_many_and_what_is_ticked_stays_in_sight(open_page, base):
    page = open_page(f"{base}/")
    lines = "".join(
        f'<label class="check"><input type="checkbox"> <span>{key}</span></label>'
        for key in ("SEA Sea routes", "ORE Mining", "TIN Growth")
    )
    page.set_content(
        '<fieldset data-picker><label hidden data-picker-search>Find<input type="search"></label>'
        f"{lines}<p data-picker-said></p></fieldset>"
    )
    page.evaluate((STATIC / "mapping_form.js").read_text(encoding="utf-8"))
    page.get_by_label("SEA Sea routes").check()
    page.get_by_label("Find").fill("grow")
    shown = [line.inner_text().strip() for line in page.locator(".check").all() if line.is_visible()]
    assert shown == ["SEA Sea routes", "TIN Growth"]
    assert page.locator("[data-picker-said]").inner_text() == "1 of 3 projects"
