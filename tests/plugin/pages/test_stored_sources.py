"""The pages over a real store: what was saved is what is shown, and nothing of it needs Jira."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from connectors.store.numbers import objectives
from connectors.store.reads import full_reads
from connectors.store.reads.full_reads import FullRead
from connectors.store.work import drift, due, inbox
from docs.screenshots.company import NOW, REVISION, seeded
from mappings.rollup.health import plain_parent
from mappings.rollup.rows.ledger import Contribution, Disposition, Ledger
from mappings.rollup.state import Cause, KeyResultState, Measurement, ObjectiveState
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.pages import pages_blueprint, stored_sources
from plugin.pages.stored_sources import StoredSources
from plugin.runtime.connector import Connector, Site
from plugin.runtime.settings import Settings
from plugin.use_cases import viewer
from plugin.use_cases.cycles.cycles import UnknownCycle
from plugin.use_cases.health import status
from tests.statements import listen_to


@pytest.fixture
def sources(sqlite_store):
    site = Site(name="main", jira=None, browse_url="https://jira.example.com", webhook_secret=None)
    connector = Connector(Settings(_env_file=None), sqlite_store, {"main": site}, lambda: NOW)
    return StoredSources(connector, lambda: COMMAND_LINE)


@pytest.fixture
def client(sources):
    app = Flask("stored")
    app.register_blueprint(pages_blueprint(sources))
    return app.test_client()


def fill(store):
    with store.write() as conn:
        for one in seeded().saved:
            objectives.save(conn, "main", one.state, REVISION, NOW - timedelta(hours=3))


def test_a_fresh_connector_says_what_to_do(client):
    for address in ("/", "/health"):
        answer = client.get(address)
        assert answer.status_code == 200
    assert "No objectives yet" in client.get("/").text
    assert "Never synced" in client.get("/health").text


def test_what_was_saved_is_what_is_shown(client, sqlite_store):
    fill(sqlite_store)
    page = BeautifulSoup(client.get("/").text, "html.parser")
    shown = {
        row.select_one(".key").text: row.select_one(".figure").text
        for row in page.select("table.list tbody tr")
    }
    saved = seeded().saved
    assert shown.keys() == {one.state.key for one in saved}
    assert shown["CORE-2"] == "13\u202f%"
    for one in saved:
        answer = client.get(f"/objectives/{one.state.id}")
        assert answer.status_code == 200
        assert one.state.title in answer.text
        assert f"https://jira.example.com/browse/{one.state.key}" in answer.text


def test_every_headline_is_what_the_whole_state_says(sources, sqlite_store):
    fill(sqlite_store)
    for headline in sources.objectives():
        (located,) = sources.located(headline.state.id)
        whole = located.saved
        for name in [one.removesuffix("_text") for one in headline.state.__struct_fields__]:
            assert getattr(headline.state, name) == getattr(whole.state, name)
        assert headline.changed_at == whole.changed_at


def test_why_finds_the_objective_of_an_issue(client, sqlite_store):
    fill(sqlite_store)
    assert client.get("/why/20240").location == "/objectives/GROW-4?row=20240#kr-4-row"
    assert client.get("/why/99").status_code == 404


def test_sync_health_shows_what_waits_and_what_failed(client, sqlite_store):
    fill(sqlite_store)
    with sqlite_store.write() as conn:
        inbox.store(conn, "main", "d-1", b"{}", NOW - timedelta(seconds=12))
        full_reads.note(conn, "main", FullRead(NOW - timedelta(hours=1), issues=40, wrong=3))
        due.mark(conn, "main", ["10104"], NOW - timedelta(minutes=1), "event")
        (claimed,) = due.claim(conn, "w", NOW, timedelta(minutes=1), 1)
        due.bury(conn, claimed, "Jira answered 400", "Add the field to the edit screen", NOW)
    page = BeautifulSoup(client.get("/health").text, "html.parser")
    text = page.get_text(" ", strip=True)
    assert "Needs a person" in text
    assert "12 s ago" in text
    assert "3 issues corrected" in text
    assert "Add the field to the edit screen" in text
    assert page.select_one(".dead a")["href"] == "/objectives/GROW-4"


def test_a_dead_letter_of_an_objective_never_computed_leads_nowhere(client, sqlite_store):
    with sqlite_store.write() as conn:
        due.mark(conn, "main", ["777"], NOW, "event")
        (claimed,) = due.claim(conn, "w", NOW, timedelta(minutes=1), 1)
        due.bury(conn, claimed, "Jira answered 400", "Look", NOW)
    page = BeautifulSoup(client.get("/health").text, "html.parser")
    assert page.select_one(".dead b").text == "777"
    assert not page.select(".dead a")


def test_many_dead_letters_and_much_drift_cost_pages_no_more_statements_than_one(
    client, sources, sqlite_store, monkeypatch
):
    # What is believed for some seconds is asked each time.
    monkeypatch.setattr(viewer, "LOOK_S", 0.0)
    monkeypatch.setattr(status, "TRIED_EVERY", timedelta())
    fill(sqlite_store)
    ids = [one.state.id for one in seeded().saved]
    said = listen_to(sqlite_store.engine)

    def asked(address):
        said.clear()
        assert client.get(address).status_code == 200
        return len(said)

    def go_wrong(wrong):
        with sqlite_store.write() as conn:
            full_reads.note(conn, "main", FullRead(NOW, issues=9, wrong=1))
            drift.add(conn, "main", dict.fromkeys(wrong, 1), NOW)
            due.mark(conn, "main", wrong, NOW, "a test")
            for one in due.claim(conn, "w", NOW, timedelta(minutes=1), len(wrong)):
                due.bury(conn, one, "it broke", "mend it", NOW)

    go_wrong(ids[:1])
    before = [asked(address) for address in ("/health", "/")]
    go_wrong(ids[1:])
    assert [asked(address) for address in ("/health", "/")] == before
    page = BeautifulSoup(client.get("/health").text, "html.parser")
    assert len(page.select(".dead .dead-error")) == len(ids)
    assert len({link["href"] for link in page.select(".dead a[href^='/objectives/']")}) >= len(ids)


def test_why_explains_the_sums_of_a_plain_parent_and_no_list_has_it(client, sqlite_store):
    rows = Ledger((Contribution("31", "PLAT-31", "A story", Disposition.COUNTED, "done", Fraction(3), Fraction(1), Fraction(3, 8)),
                   Contribution("32", "PLAT-32", "Another", Disposition.COUNTED, "to do", Fraction(5), Fraction(0), Fraction(0))), Fraction(3, 8))  # fmt: skip
    measurement = Measurement(Fraction(3, 8), Fraction(3, 8), Cause.MEASURED, "2 of 2 count", ledger=rows)
    summed = KeyResultState(
        "30/rows",
        "rows",
        "delivery",
        "delivery",
        "the rows",
        measurement,
        plain_parent(),
        Fraction(1),
        contributing=True,
    )
    state = ObjectiveState(
        "30", "write_back[0]", "An epic", Fraction(3, 8), plain_parent(), rows, (summed,), "30", "PLAT-30",
        touched=frozenset({"30", "31", "32"}), plain=True,
    )  # fmt: skip
    with sqlite_store.write() as conn:
        objectives.save(conn, "main", state, REVISION, NOW)
    page = client.get("/why/30").text
    assert "1 of 2 issues done, weighing 3 of 8" in page
    assert "write_back[0]" in page
    assert client.get("/why/31").location == "/why/PLAT-30?row=31#rows-row"
    marked = BeautifulSoup(client.get("/why/30?row=31").text, "html.parser").select("tr[aria-current]")
    assert [row.select_one(".what").text for row in marked] == ["A story"]
    assert client.get("/objectives/PLAT-30").status_code == 404
    assert "PLAT-30" not in client.get("/").text


def test_what_was_learned_in_a_cycle_that_a_site_has_not_is_nothing(sources, monkeypatch) -> None:
    """One cycle is asked for at all sites, and one of them may know nothing of it."""

    def unknown(_connector: Connector, _actor: object, _site: str, cycle_id: str) -> None:
        raise UnknownCycle(cycle_id)

    monkeypatch.setattr(stored_sources, "list_learnings", unknown)
    assert sources.learnings("1066-X9") == {}
