"""The first number by the set-up pages alone, on a Jira that nobody prepared: from the link that `serve` prints to the first field in Jira and its why.

What a person does is counted, and how long it takes is told.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from connectors.sandbox import CONNECTOR, SandboxServer, administration
from connectors.sandbox.traffic.faults import Fault
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.use_cases.accounts import set_up

pytestmark = pytest.mark.browser

PROJECTS = {"PLAT": "SEA", "CORE": "ORE", "GROW": "TIN"}
TYPES = {"10000": "Epik", "10001": "Aufgabe", "10004": "Fehler"}
GONE = ("customfield_10051", "customfield_10052", "customfield_10053", "customfield_10054")
DEMO = re.compile(r"\b(PLAT|CORE|GROW|Epic)\b")
"""Words of the demo's company that this one does not have."""
PRESSES = 12
"""How many buttons and links it takes, from the first account to the why of the first number."""
WRITTEN = 7
"""How many fields are filled in: four of the account, three of the site."""
SECONDS = 600
PASSWORD = "correct horse battery staple"


class Walk:
    """A person on the pages: what is pressed and filled in is counted."""

    def __init__(self, page) -> None:
        self.page = page
        self.presses: list[str] = []
        self.written: list[str] = []

    def write(self, label: str, text: str) -> None:
        """Fill in the field of this label."""
        self.written.append(label)
        self.page.get_by_label(label, exact=True).fill(text)

    def press(self, name: str) -> None:
        """Press the first button, or follow the first link, of this name."""
        control = self.page.get_by_role("button", name=name).or_(self.page.get_by_role("link", name=name))
        self.presses.append(name)
        control.first.click()


@pytest.fixture
def unprepared(vacant) -> Iterator[SimpleNamespace]:
    """A connector that knows nobody and no Jira, and a Jira with other projects, other names of types, and fields of the demo gone."""
    with SandboxServer(seed=2) as sandbox, vacant(workers=1) as house:
        for key, other in PROJECTS.items():
            administration.rename_project(sandbox.sandbox, key, other)
        for id_, name in TYPES.items():
            administration.rename_type(sandbox.sandbox, id_, name)
        for field in GONE:
            administration.delete_field(sandbox.sandbox, field)
        link = set_up.make_link(house.connector, COMMAND_LINE, house.url)
        yield SimpleNamespace(url=house.url, link=link, jira=sandbox)


@pytest.mark.slow
def test_the_first_number_by_the_pages_alone(unprepared, open_page, record_property):
    from playwright.sync_api import expect

    before = {id_: one.updated for id_, one in unprepared.jira.sandbox.records.items()}
    began = time.monotonic()
    page = open_page(unprepared.link)
    walk = Walk(page)
    walk.write("E-mail address", "ada@acme.example")
    walk.write("Name", "Ada")
    walk.write("Password", PASSWORD)
    walk.write("The password again", PASSWORD)
    walk.press("Make the account and sign in")
    walk.press("Set it up step by step")
    walk.write("Address of Jira", f"{unprepared.jira.url}/browse/SEA-3?focused=1")
    walk.write("E-mail address of the account (Cloud)", CONNECTOR.email)
    walk.write("API token, or personal access token", f"{CONNECTOR.token} ")
    walk.press("Test and connect")
    expect(page.get_by_role("heading", name="Jira answers")).to_be_visible()
    comes_too_early(page, unprepared.url, expect)
    walk.press("Choose a preset")
    for project in ("SEA Platform", "TIN Growth"):
        page.get_by_label(project).check()
    walk.press("Begin with this")
    expect(page.get_by_role("heading", name="4 fields are not in your Jira yet")).to_be_visible()
    walk.press("Create in Jira")
    expect(page.get_by_role("heading", name="Say what your Jira calls things")).to_be_visible()
    assert not DEMO.search(page.locator("main").inner_html())
    work = page.get_by_label("Key results “delivery”").input_value()
    assert set(re.findall(r"Aufgabe|Fehler|Task", work)) == {"Aufgabe", "Fehler", "Task"}, work
    walk.press("Go on to the preview")
    walk.press("Read the issues now")
    expect(page.locator(".moved > li .under").first).to_have_text(
        re.compile(r"^(SEA|TIN)-\d+ "), timeout=60_000
    )
    walk.press("Activate")
    expect(page.get_by_role("heading", name="Now let Jira call")).to_be_visible()
    walk.press("Register the webhook")
    expect(page.get_by_text("Jira has the webhook now")).to_be_visible()
    expect(page.get_by_role("button", name="Register the webhook")).to_be_hidden()
    unprepared.jira.faults.add(Fault(kind="timeout", path="changelog", seconds=3))
    walk.press("Read the history")
    expect(page.get_by_role("progressbar", name="Reading the histories")).to_be_visible()
    expect(page.get_by_text("The history of this cycle is read")).to_be_visible(timeout=60_000)
    first = page.locator(".verdict", has_text="Your first number")
    shown = re.search(r"Your first number: (\d+\s%)", first.inner_text())
    assert shown
    walk.press(first.get_by_role("link").inner_text())
    expect(page.locator(".big")).to_have_text(shown[1])
    expect(page.get_by_role("heading", name=f"Why {shown[1]}")).to_be_visible()
    seconds = round(time.monotonic() - began)
    record_property("seconds", seconds)
    assert seconds < SECONDS
    assert (len(walk.presses), len(walk.written)) == (PRESSES, WRITTEN), (walk.presses, walk.written)
    touched = [one for id_, one in unprepared.jira.sandbox.records.items() if one.updated != before[id_]]
    assert {one.project.key for one in touched} == {"SEA", "TIN"}
    assert any(one.customs.get("customfield_10060") is not None for one in touched)
    assert page.faults == []


def comes_too_early(page, url: str, expect) -> None:
    """Who opens a step before what it needs is there is led to what comes first, and told so."""
    there = page.url
    for step in ("fields", "preview"):
        page.goto(f"{url}/setup/main/{step}")
        expect(page.get_by_role("heading", name="Which of these is most like your Jira?")).to_be_visible()
        expect(page.get_by_text("Nothing is chosen for main yet")).to_be_visible()
    page.goto(there)
