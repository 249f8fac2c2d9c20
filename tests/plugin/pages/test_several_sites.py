"""The list where a connector has two sites whose ids and keys are equal: nothing collides, in rows, links or cursors."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from connectors.store.numbers import objectives
from connectors.store.reads import full_reads
from connectors.store.reads.full_reads import FullRead
from connectors.store.work import due, inbox
from docs.screenshots.company import NOW, REVISION, large
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.pages import pages_blueprint
from plugin.pages.stored_sources import StoredSources
from plugin.pages.views.words.freshness import pulse
from plugin.runtime.connector import Connector, Site
from plugin.runtime.settings import Settings

SITES = ("main", "partners.two")


def connector_of(store, *names):
    sites = {
        name: Site(name=name, jira=None, browse_url=f"https://{name}.example.com", webhook_secret=None)
        for name in names
    }
    return Connector(Settings(_env_file=None), store, sites, lambda: NOW)


def client_of(store, *names):
    app = Flask("two")
    app.register_blueprint(pages_blueprint(StoredSources(connector_of(store, *names), lambda: COMMAND_LINE)))
    return app.test_client()


@pytest.fixture
def filled(store):
    with store.write() as conn:
        for one in large(40).saved:
            state = replace(one.state, key="")  # known by its id alone, for nothing here fills a mirror
            objectives.save(conn, "main", state, REVISION, one.changed_at)
            other = replace(state, title=f"{one.state.title} there", progress=None)
            objectives.save(conn, "partners.two", other, REVISION, one.changed_at)
    return store


def rows_of(page):
    return page.select("table.list tbody tr")


@pytest.mark.parametrize("order", ["health", "key", "progress", "changed"])
def test_all_rows_of_both_sites_are_shown_once_by_following_the_cursors(filled, order):
    client, address, seen = client_of(filled, *SITES), f"/?order={order}", []
    while address:
        page = BeautifulSoup(client.get(address).text, "html.parser")
        seen += [row.select_one("a.title")["href"] for row in rows_of(page)]
        following = page.select_one("a[rel=next]")
        address = f"/{following['href']}" if following else None
    assert len(seen) == len(set(seen)) == 80
    assert {href.partition("?")[2] for href in seen} == {"site=main", "site=partners.two"}


def test_a_link_of_the_list_leads_to_the_objective_of_its_site(filled):
    client = client_of(filled, *SITES)
    page = BeautifulSoup(client.get("/?q=there&order=key").text, "html.parser")
    link = rows_of(page)[0].select_one("a.title")
    assert link["href"].endswith("?site=partners.two")
    assert link.text.endswith(" there")
    answer = client.get(link["href"])
    assert answer.status_code == 200
    assert link.text in answer.text


def test_one_site_needs_no_name(filled):
    client = client_of(filled, "main")
    page = BeautifulSoup(client.get("/?order=key").text, "html.parser")
    assert page.select_one(".found b").text == "40"
    assert not [row for row in rows_of(page) if "site=" in row.select_one("a.title")["href"]]
    assert "partners" not in page.text


def test_one_line_about_freshness_says_what_the_whole_page_about_it_says(store):
    with store.write() as conn:
        inbox.store(conn, "main", "d-1", b"{}", NOW - timedelta(seconds=12))
        full_reads.note(conn, "main", FullRead(NOW - timedelta(hours=1), issues=40, wrong=3))
        due.mark(conn, "main", ["1"], NOW - timedelta(hours=1), "event")
    sources = StoredSources(connector_of(store, *SITES), lambda: COMMAND_LINE)
    assert pulse(sources.vitals(), NOW, sources.zone) == pulse(sources.freshness(), NOW, sources.zone)
