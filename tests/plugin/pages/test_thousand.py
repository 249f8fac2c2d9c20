"""The pages of a meeting and the review stay light with a thousand objectives: what is sent and what a browser lays out, as counts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from docs.screenshots.company import seeded
from mappings.rollup.state import HealthLevel

pytestmark = pytest.mark.slow
HEAVIEST, MOST_NODES = 250_000, 3_500
"""Bytes before they are packed, and elements."""


@pytest.fixture(scope="module")
def thousand() -> Any:
    """Twenty objectives of the company, each served by forty-nine of ten teams."""
    one = next(
        each
        for each in seeded().saved
        if (each.state.cycle_id, each.state.health.level) == ("2026-Q4", HealthLevel.OFF_TRACK)
    )
    saved = []
    for number in range(1000):
        above = () if number < 20 else (str(number % 20),)
        state = replace(
            one.state, id=str(number), key=f"PLAT-{number}", title=f"Objective {number}", aligned_to=above, team=f"Team {number % 10}"
        )  # fmt: skip
        saved.append(replace(one, state=state))
    return replace(seeded(), saved=tuple(saved))


@pytest.fixture
def client(thousand: Any, client_for: Any) -> FlaskClient:
    found: FlaskClient = client_for(thousand)
    return found


@pytest.mark.parametrize("address", ["/review", "/map", "/brief", "/present"])
def test_a_page_over_a_thousand_objectives_is_light(client: FlaskClient, address: str) -> None:
    text = client.get(address).text
    nodes = len(BeautifulSoup(text, "html.parser").find_all(True))
    assert 50 < nodes <= MOST_NODES, nodes
    assert len(text.encode()) <= HEAVIEST, len(text)


def test_the_review_shows_every_objective_once_over_its_pages(client: FlaskClient) -> None:
    shown, address = [], "/review?cycle=2026-Q4"
    while address:
        page = BeautifulSoup(client.get(address).text, "html.parser")
        shown += [one.text for one in page.select("table.list .key")]
        following = [one["href"] for one in page.select(".pager a") if one.text == "Next"]
        address = following[0] if following else ""
    assert (len(shown), len(set(shown))) == (1000, 1000)


def test_the_map_counts_by_health_and_opens_one_lane(client: FlaskClient) -> None:
    page = BeautifulSoup(client.get("/map?lane=7").text, "html.parser")
    lanes = page.select(".lane")
    assert [len(one.select("li li")) for one in lanes] == [49 if at == 7 else 0 for at in range(1, 21)]
    cells = page.select(".map-count")
    assert sum(int(one.find(string=True, recursive=False)) for one in cells) == 980
    brief = BeautifulSoup(client.get("/brief").text, "html.parser")
    assert len(brief.select(".sheet-t tbody tr")) == 8
    assert "12 more stand on the map" in " ".join(brief.select_one(".sheet").text.split())
