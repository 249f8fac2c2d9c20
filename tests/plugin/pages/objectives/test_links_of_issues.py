"""The link that Jira shows on an issue leads to the page that explains it, with its icons, as the demo writes it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from connectors.clock import system_clock
from mappings.rollup.state import HealthLevel
from mappings.write_back.targets.remote_link import ICONS, icon_of
from plugin.access.authorization.demonstration import demo_admin
from plugin.cli.work.sync import sync_site
from plugin.runtime.application import create_app
from plugin.runtime.demonstration import Demo, demo_world

PAGES = "https://okr.acme.example"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("linked")
    with demo_world(folder, clock=system_clock, base_url=PAGES, resync_minutes=0) as made:
        sync_site(made.connector, "main")
        yield made


@pytest.fixture(scope="module")
def client(demo: Demo) -> FlaskClient:
    """Somebody who signed in."""
    email, password = demo_admin(demo.connector)
    client = create_app(demo.connector).test_client()
    client.environ_base["HTTP_ACCEPT"] = "text/html"
    page = client.get("/sign-in", base_url=PAGES).get_data(as_text=True)
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found is not None
    said = {"csrf_token": found[1], "email": email, "password": password}
    answer = client.post("/sign-in", data=said, base_url=PAGES, headers={"Referer": f"{PAGES}/sign-in"})
    assert answer.status_code == 302
    return client


def linked(demo: Demo, kind: str) -> dict[str, Any]:
    """The links of all issues of a kind, by key."""
    sandbox = demo.sandbox.sandbox
    return {
        record.key: link["object"]
        for record in sandbox.records.values()
        if record.type.name == kind
        for link in sandbox.remote_links[record.id].values()
    }


def test_the_link_of_an_objective_opens_its_page_which_says_the_same_number(
    demo: Demo, client: FlaskClient
) -> None:
    links = linked(demo, "Epic")
    key, link = next((key, one) for key, one in links.items() if "%" in one["title"])
    page = client.get(link["url"], follow_redirects=True)
    assert (page.status_code, page.request.path) == (200, f"/objectives/{key}")
    number = re.fullmatch(r"OKR: (\d+ %) — why\?", link["title"])
    assert number is not None
    assert number[1] in page.get_data(as_text=True).replace("\u202f", " ").replace("\xa0", " ")


def test_the_link_of_a_key_result_marks_its_row(demo: Demo, client: FlaskClient) -> None:
    key, link = next(iter(linked(demo, "Key Result").items()))
    page = client.get(link["url"], follow_redirects=True)
    soup = BeautifulSoup(page.get_data(as_text=True), "html.parser")
    assert key in soup.select("tr[aria-current]")[0].text


def test_everybody_may_fetch_the_icons(demo: Demo) -> None:
    stranger = create_app(demo.connector).test_client()
    for name in ("okr.png", *map(icon_of, HealthLevel)):
        with stranger.get(f"{ICONS}{name}") as answer:
            assert (answer.status_code, answer.mimetype) == (200, "image/png")
            assert answer.data.startswith(b"\x89PNG")


def test_the_sandbox_shows_the_link_on_the_page_of_the_issue(demo: Demo) -> None:
    key, link = next(iter(linked(demo, "Epic").items()))
    page = BeautifulSoup(requests.get(f"{demo.sandbox.url}/browse/{key}", timeout=10).text, "html.parser")
    [shown] = [one for one in page.select("dd a") if one["href"] == link["url"]]
    assert shown.text == link["title"]
    assert link["summary"] in shown.parent.text
