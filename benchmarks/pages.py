"""The list of 5,000 objectives: time on the server against the time of its SQL alone, over the same rows of the same file.

Beside it, without an aim, the same page against reading the whole stored states, which a list that kept no headlines has to do.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from benchmarks.ratio import Ratio
from connectors.store import Store, objectives, open_store, upgrade
from connectors.store.schema import history, objective
from connectors.store.sql import scanned
from docs.screenshots.company import NOW, REVISION, large
from plugin.connector import Connector
from plugin.pages import pages_blueprint
from plugin.pages.stored_sources import StoredSources
from plugin.pages.views.listing import PAGE
from plugin.settings import Settings

COUNT = 5_000
ROUNDS = 9
TARGET = 3.0


def measured(work: Callable[[], object]) -> float:
    """Median seconds of the processor a call takes, after one that is not counted: both sides compute, neither waits."""
    work()
    taken = []
    for _ in range(ROUNDS):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return statistics.median(taken)


def main(quick: bool) -> list[Ratio]:
    """Server time of the first page over the time to read the rows it needs."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'okr.sqlite3'}")
        upgrade(store)
        count = COUNT // 10 if quick else COUNT
        fill(store, count)
        client = client_over(store)
        page = measured(lambda: client.get("/").get_data())
        rows = measured(lambda: rows_alone(store))
        states = measured(lambda: states_alone(store))
        store.close()
    name = f"page of {count:,} objectives"
    return [
        Ratio(name, page * 1000, rows * 1000, "ms", at_most=TARGET, theirs_name="SQL alone"),
        Ratio(name, page * 1000, states * 1000, "ms", theirs_name="rows of the whole states"),
    ]


def fill(store: Store, count: int) -> None:
    """Save that many objectives of an invented company."""
    with store.write() as conn:
        for one in large(count).saved:
            objectives.save(conn, "main", one.state, REVISION, NOW)


def client_over(store: Store) -> FlaskClient:
    """The pages over this store, as the connector serves them."""
    site: Any = SimpleNamespace(name="main", jira=None, browse_url="https://jira.example.com")
    settings = Settings(_env_file=None)  # type: ignore[call-arg]
    connector = Connector(settings, store, {"main": site}, lambda: NOW)
    app = Flask("pages")
    app.register_blueprint(pages_blueprint(StoredSources(connector)))
    return app.test_client()


def rows_alone(store: Store) -> None:
    """What the page reads, and nothing done with it: every objective, and some history."""
    with store.read() as conn:
        conn.execute(
            select(objective.c.headline, objective.c.changed_at).where(
                scanned(conn, objective.c.site) == "main"
            )
        ).all()
        conn.execute(select(history).where(history.c.site == "main").limit(PAGE)).all()


def states_alone(store: Store) -> None:
    """The rows of the whole states, ledgers included, not decoded."""
    with store.read() as conn:
        conn.execute(select(objective.c.content).where(objective.c.site == "main")).all()
