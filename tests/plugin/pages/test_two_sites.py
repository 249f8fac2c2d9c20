"""Two sites with objectives of equal ids and keys: every address leads to the one that is meant, and none to the first by chance."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from connectors.store.mirror import mirror
from connectors.store.numbers import objectives
from connectors.store.reads import full_reads
from connectors.store.reads.full_reads import FullRead
from connectors.store.work import drift
from connectors.store.writes import refusals
from docs.screenshots.company import NOW, REVISION, seeded
from mappings.facts.issue import Issue, IssueType, Project, Status
from mappings.write_back.plan import Change
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.pages import pages_blueprint
from plugin.pages.stored_sources import StoredSources
from plugin.runtime.connector import Connector, Site
from plugin.runtime.settings import Settings


def mirrored(state):
    """The issue of an objective, so that its key is known."""
    project = Project(state.project_key, state.project_key, state.project_key)
    return Issue(
        state.id, state.key, project, IssueType("1", "Epic", 1), Status("3", "Open", "new"), NOW, NOW
    )


@pytest.fixture
def sites(sqlite_store):
    """`main` has the company; `partners` has a GROW-1 of the same id with another title and number, and GROW-4 below it."""
    first, second, *rest = [one.state for one in seeded().saved]
    others = [
        replace(first, title="The partners’ own", progress=Fraction(1, 7)),
        replace(second, title="Partners learn by themselves"),
    ]
    with sqlite_store.write() as conn:
        mirror.put(conn, "main", [mirrored(state) for state in (first, second, *rest)])
        mirror.put(conn, "partners", [mirrored(state) for state in others])
        for state in (first, second, *rest):
            objectives.save(conn, "main", state, REVISION, NOW - timedelta(hours=3))
        for state in others:
            objectives.save(
                conn, "partners", replace(state, progress=None), REVISION, NOW - timedelta(days=3)
            )
            objectives.save(conn, "partners", state, REVISION, NOW - timedelta(hours=2))
    known = {
        name: Site(name=name, jira=None, browse_url=f"https://{name}.example.com", webhook_secret=None)
        for name in ("main", "partners")
    }
    return Connector(Settings(_env_file=None), sqlite_store, known, lambda: NOW)


@pytest.fixture
def client(sites):
    app = Flask("two-sites")
    app.register_blueprint(pages_blueprint(StoredSources(sites, lambda: COMMAND_LINE)))
    return app.test_client()


def soup(answer):
    return BeautifulSoup(answer.text, "html.parser")


def test_a_name_that_two_sites_have_is_a_choice(client):
    answer = client.get("/objectives/GROW-1")
    assert answer.status_code == 300
    page = soup(answer)
    assert page.h1.text == "GROW-1 exists on 2 sites"
    assert [link["href"] for link in page.select(".choices a")] == [
        "/objectives/GROW-1?site=main",
        "/objectives/GROW-1?site=partners",
    ]
    assert "The partners’ own" in page.text


def test_the_site_of_the_address_decides(client):
    for site, title, figure in (
        ("main", "Customers choose us without a sales call", "54"),
        ("partners", "The partners’ own", "14"),
    ):
        page = soup(client.get(f"/objectives/GROW-1?site={site}"))
        assert page.h1.text == title
        assert page.select_one(".big").text.startswith(figure)
        assert page.select_one(".facts .issue")["href"] == f"https://{site}.example.com/browse/GROW-1"


def test_everything_below_stays_on_the_site(client):
    page = soup(client.get("/objectives/GROW-1?site=partners"))
    assert [link["href"] for link in page.select("section[aria-labelledby=below] a")] == [
        "/objectives/GROW-4?site=partners"
    ]
    assert len(page.select("figcaption table tbody tr")) == 2
    links = [
        link["href"] for link in page.select("main a[href]") if link["href"].startswith(("?", "/objectives/"))
    ]
    assert links
    assert all("site=partners" in link for link in links), links
    assert page.select_one("form.since-day [name=site]")["value"] == "partners"
    below = soup(client.get("/objectives/GROW-4?site=partners&exact=1"))
    assert below.select_one(".crumbs li + li a")["href"] == "/objectives/GROW-1?site=partners"
    assert below.select_one(".with-action a")["href"] == "/objectives/GROW-4?site=partners#why"
    since = soup(client.get("/objectives/GROW-1?site=partners&since=first"))
    assert since.select_one(".since .chip[aria-current]")["href"].startswith("?site=partners&since=first")


def test_one_match_needs_no_site_and_says_it_all_the_same_below(client):
    answer = client.get("/objectives/PLAT-2")
    assert answer.status_code == 200
    assert {link["href"] for link in soup(answer).select("section[aria-labelledby=below] a")} == {
        "/objectives/PLAT-5?site=main",
        "/objectives/PLAT-8?site=main",
    }


def test_a_site_that_has_it_not_and_one_that_is_not_there_are_said(client):
    assert client.get("/objectives/PLAT-2?site=partners").status_code == 404
    assert client.get("/objectives/PLAT-2?site=nowhere").status_code == 404


def test_why_is_a_choice_where_two_sites_have_the_issue(client):
    page = soup(client.get("/why/20240"))
    assert [link["href"] for link in page.select(".choices a")] == [
        "/objectives/GROW-4?site=main&row=20240#kr-4-row",
        "/objectives/GROW-4?site=partners&row=20240#kr-4-row",
    ]
    assert "on partners" in page.text
    assert (
        client.get("/why/20240?site=partners").location
        == "/objectives/GROW-4?site=partners&row=20240#kr-4-row"
    )
    assert client.get("/why/PLAT-2").location == "/objectives/PLAT-2?site=main"
    assert [link["href"] for link in soup(client.get("/why/GROW-1")).select(".choices a")] == [
        "/objectives/GROW-1?site=main",
        "/objectives/GROW-1?site=partners",
    ]


def test_a_review_and_sync_health_lead_to_the_site_that_is_meant(client, sites):
    links = {link["href"] for link in soup(client.get("/review?cycle=2026-Q4")).select(".list a.title")}
    assert {"/objectives/GROW-1?site=main", "/objectives/GROW-1?site=partners"} <= links
    with sites.store.write() as conn:
        full_reads.note(conn, "partners", FullRead(NOW, issues=9, wrong=1))
        (saved, *_) = objectives.load_all(conn, "partners")
        drift.add(conn, "partners", {saved.state.id: 1}, NOW)
    (link,) = soup(client.get("/health")).select(".columns a[href^='/objectives/']")
    assert link["href"] == f"/objectives/{saved.state.id}?site=partners"


def test_what_a_resync_had_to_correct_is_said_on_the_page_of_its_own_site(client, sites):
    with sites.store.write() as conn:
        (saved, *_) = objectives.load_all(conn, "partners")
        drift.add(conn, "partners", {saved.state.id: 2}, NOW - timedelta(hours=2))
    said = "2 issues behind this number were not what Jira had; a full reading found it 2 h ago and put it right."
    shown = {
        site: " ".join(soup(client.get(f"/objectives/{saved.state.key}?site={site}")).text.split())
        for site in ("main", "partners")
    }
    assert said in shown["partners"]
    assert "not what Jira had" not in shown["main"]


def test_a_refused_field_leads_to_the_issue_of_its_own_site(client, sites):
    with sites.store.write() as conn:
        (saved, *_) = objectives.load_all(conn, "partners")
        state = saved.state
        change = Change(state.id, state.key, "f", "OKR", None, 1, "a test")
        refusals.put(conn, "partners", state.id, change, "no", "do", REVISION, NOW)
    (link,) = soup(client.get("/health")).select(".dead-head a.issue")
    assert link["href"] == f"https://partners.example.com/browse/{state.key}"
