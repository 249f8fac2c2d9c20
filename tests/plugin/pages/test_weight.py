"""What a page weighs on its way: sent smaller, styles in one answer, and kept by browsers for ever where its address says what is in it."""

from __future__ import annotations

import gzip
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from connectors.store import Store
from connectors.store.numbers import objectives
from docs.screenshots.company import NOW, REVISION, seeded
from plugin.access.authentication import tokens
from plugin.access.authorization import members
from plugin.runtime.application import create_app
from plugin.runtime.connector import Connector, Site
from plugin.runtime.settings import Settings

BUDGET = 60 * 1024
"""For the list of 50 objectives with its styles and scripts; the font comes once, after the text."""
FOREVER = "public, max-age=31536000, immutable"


@pytest.fixture
def client(sqlite_store: Store) -> FlaskClient:
    """Sixty objectives behind the real application, asked by a viewer's token."""
    site = Site(name="main", jira=None, browse_url="https://jira.example.com", webhook_secret=None)  # type: ignore[arg-type]
    connector = Connector(
        Settings(_env_file=None, secret_key="kept secret " * 4), sqlite_store, {"main": site}, lambda: NOW
    )
    states = [one.state for one in seeded().saved]
    with sqlite_store.write() as conn:
        for number in range(60):
            state = states[number % len(states)]
            mine = replace(state, id=f"{state.id}-{number}", key=f"PLAT-{number}", aligned_to=())
            objectives.save(conn, "main", mine, REVISION, NOW - timedelta(hours=3))
    account = members.add(connector, "viewer@acme.example", "Vera", "viewer", None, "tests")
    token = tokens.issue(connector, account, "tests", ["read"], 30, "tests")
    client = create_app(connector).test_client()
    client.environ_base |= {"HTTP_AUTHORIZATION": f"Bearer {token}", "HTTP_ACCEPT": "text/html"}
    return client


def test_the_list_with_all_it_asks_for_fits_the_budget(client: FlaskClient) -> None:
    packed = {"Accept-Encoding": "br"}
    page = client.get("/", headers=packed, buffered=True)
    assert (page.status_code, page.headers["Content-Encoding"]) == (200, "br")
    text = client.get("/", headers={"Accept-Encoding": "identity"}).text
    assert text.count("<tr>") == 51, "a head and 50 rows"
    styles = re.findall(r'<link rel="stylesheet" href="([^"]+)"', text)
    scripts = re.findall(r'<script src="([^"]+)"', text)
    assert len(styles) == 1
    parts = {address: client.get(address, headers=packed, buffered=True) for address in [*styles, *scripts]}
    assert {one.headers["Content-Encoding"] for one in parts.values()} == {"br"}
    assert {one.headers["Cache-Control"] for one in parts.values()} == {FOREVER}
    weights = {"/": len(page.data)} | {address: len(one.data) for address, one in parts.items()}
    assert sum(weights.values()) <= BUDGET, weights


@pytest.mark.parametrize(
    "page",
    ["/review", "/map", "/present", "/brief", "/kpis", "/scorecard", "/practice", "/health", "/teams/PLAT"],
)
def test_each_page_of_sixty_objectives_fits_it_too(client: FlaskClient, page: str) -> None:
    packed = {"Accept-Encoding": "br"}
    answer = client.get(page, headers=packed, buffered=True)
    assert answer.status_code == 200
    text = client.get(page, headers={"Accept-Encoding": "identity"}).text
    asked = re.findall(r'<(?:link rel="stylesheet" href|script src)="([^"]+)"', text)
    parts = [len(client.get(address, headers=packed, buffered=True).data) for address in asked]
    assert len(answer.data) + sum(parts) <= BUDGET, (page, len(answer.data), parts)


def test_whoever_takes_no_brotli_gets_gzip_and_whoever_takes_neither_the_plain_text(
    client: FlaskClient,
) -> None:
    plain = client.get("/", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    packed = client.get("/", headers={"Accept-Encoding": "gzip"}, buffered=True)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert "<h1>Objectives</h1>" in gzip.decompress(packed.data).decode()


def test_an_open_page_is_not_sent_again_packed_or_not(client: FlaskClient) -> None:
    looking = {"X-Poll": "1", "Accept-Encoding": "br"}
    first = client.get("/", headers=looking, buffered=True)
    again = client.get("/", headers={**looking, "If-None-Match": first.headers["ETag"]}, buffered=True)
    assert (first.status_code, again.status_code, again.data) == (200, 304, b"")
