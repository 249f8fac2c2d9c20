"""The tour of the demo: six steps, each on its page, read without script, and left by each person for themselves."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from bs4 import BeautifulSoup

from connectors.store import Store
from connectors.store.numbers import objectives
from docs.screenshots.company import REVISION, seeded
from plugin.pages.accounts.tour import STEPS
from plugin.runtime.connector import Connector, Site
from plugin.runtime.settings import Settings
from tests.plugin.use_cases.conftest import Doors, opened

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.fixture
def connector(sqlite_store: Store) -> Connector:
    site = Site(name="main", jira=None, browse_url="https://jira.example.com", webhook_secret=None)  # type: ignore[arg-type]
    with sqlite_store.write() as conn:
        objectives.save(conn, "main", seeded().saved[0].state, REVISION, NOW)
    settings = Settings(_env_file=None, secret_key="kept secret " * 4)
    return Connector(settings, sqlite_store, {"main": site}, lambda: NOW)


def step(doors: Doors, page: str) -> Any:
    return BeautifulSoup(doors.look(page), "html.parser").select_one(".tour")


def test_six_steps_lead_from_page_to_page_until_one_has_seen_enough(connector: Connector) -> None:
    connector.move_clock = lambda _: None
    viewer, editor = (opened(connector, {}, role) for role in ("viewer", "editor"))
    page, titles = "/", []
    while page:
        told = step(viewer, page)
        titles.append(told.h2.text)
        onward = [one["href"] for one in told.select("a") if one.text == "Next"]
        page = viewer.browser.get(onward[0]).headers["Location"] if onward else ""
    assert titles == [f"Tour, {number} of 6 {one.title}" for number, one in enumerate(STEPS, 1)]
    board = step(viewer, "/?tour=2").select_one("a[target]")
    assert board["href"] == "https://jira.example.com"
    assert viewer.page("/tour/leave").status_code == 302
    assert [step(viewer, one) for one in ("/", "/brief", "/health")] == [None] * 3
    assert step(viewer, "/?tour=1") is not None, "asked for from the menu of the account"
    assert step(editor, "/") is not None


def test_there_is_no_tour_where_days_pass_by_themselves(connector: Connector) -> None:
    viewer = opened(connector, {}, "viewer")
    assert step(viewer, "/?tour=1") is None
    assert viewer.browser.get("/tour/1").status_code == 404
