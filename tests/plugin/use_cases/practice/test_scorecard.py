"""The scorecard of a company that was read: the same at page, API and command."""

from __future__ import annotations

import json

import pytest
from bs4 import BeautifulSoup

from mappings import presets
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.sync.drain import drain
from plugin.use_cases.mappings.mapping_life import activate

KPIS = """
kpis:
  - {id: cash, name: Cash, perspective: Finance, source: {kind: push}, healthy: {at_least: 5}}
  - {id: care, name: Care, perspective: safety, source: {kind: push}, healthy: {at_least: 5}}
  - {id: bare, name: Bare, source: {kind: push}, healthy: {at_least: 5}}
"""


@pytest.fixture
def card(company):
    """The doors, with a mapping in which every epic looks from one perspective."""
    text = presets.text("epics-as-objectives").replace(
        "  - id: epics\n", "  - id: epics\n    perspective: customer\n"
    )
    assert "perspective: customer" in text
    activate(company.connector, COMMAND_LINE, "main", text + KPIS)
    drain(lambda: company.connector.context("main"))
    return company


def test_page_api_and_command_tell_the_same(card):
    given = card.api("GET", "/scorecard").json
    said = card.command("scorecard", "--json")
    assert (said.exit_code, json.loads(said.stdout)) == (0, given)
    every = card.api("GET", "/objectives?limit=200").json["items"]
    running = max(one["cycle"] for one in every)
    mine = {one["key"] for one in every if one["cycle"] == running}
    found = {one["perspective"]: one for one in given["perspectives"]}
    assert list(found) == ["finance", "customer", "process", "learning", "safety", None]
    assert {one["key"] for one in found["customer"]["objectives"]} == mine
    assert {name: [one["id"] for one in part["kpis"]] for name, part in found.items()} == {
        "finance": ["cash"],
        "customer": [],
        "process": [],
        "learning": [],
        "safety": ["care"],
        None: ["bare"],
    }
    assert {one["perspective"] for one in every if one["cycle"] == running} == {"customer"}
    page = BeautifulSoup(card.look("/scorecard"), "html.parser")
    assert {column["aria-label"]: len(column.select("li")) for column in page.select(".perspective")} == {
        "Finance": 1,
        "Customer": len(mine),
        "Process": 0,
        "Learning": 0,
        "Safety": 1,
        "No perspective": 1,
    }
    assert "Nothing looks from here." in page.text
    table = card.command("scorecard").stdout
    assert all(key in table for key in mine)
    assert "Learning: nothing looks from here." in table


def test_one_cycle_and_one_that_nobody_has(card):
    every = card.api("GET", "/objectives?limit=200").json["items"]
    ended = min(one["cycle"] for one in every)
    given = card.api("GET", f"/scorecard?cycle={ended}").json
    shown = {one["key"] for part in given["perspectives"] for one in part["objectives"]}
    assert shown == {one["key"] for one in every if one["cycle"] == ended}
    assert card.api("GET", "/scorecard?cycle=1066-Q4").status_code == 404
    assert card.command("scorecard", "--cycle", "1066-Q4").exit_code != 0
    assert "Nothing to show yet" in card.look("/scorecard?cycle=1066-Q4")
