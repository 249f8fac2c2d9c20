"""The list of 5,000 objectives: time on the server against the time of its SQL alone, on the same file in the same run.

"Its SQL alone" is what the page itself executes, statement by statement with the values it gave, noted while it does; then each is
executed by the bare driver and its rows are fetched, with nothing done to them. A ratio can be reached by slow SQL too, so the page
also stands beside another way to make the same page, which it has to beat: the headline of every objective is read, and plain Python
filters, sorts, counts and places, as the page once did.
"""

from __future__ import annotations

import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, insert

from benchmarks.ratio import Ratio
from connectors.store import Store, open_store, upgrade
from connectors.store.database.engine import CACHE_KIB
from connectors.store.database.instant import to_ms
from connectors.store.lists.list_rows import ListSlice, PageStart, RowSelection
from connectors.store.numbers import objectives
from connectors.store.schema import history
from docs.screenshots import plain_listing
from docs.screenshots.company import NOW, REVISION, large
from docs.screenshots.plain_listing import One
from mappings.rollup.state import ObjectiveState
from plugin.access.authorization.actor import COMMAND_LINE
from plugin.pages import pages_blueprint
from plugin.pages.stored_sources import StoredSources
from plugin.runtime.connector import Connector
from plugin.runtime.settings import Settings
from plugin.use_cases.objectives.objective_list import ListedHead, ObjectivePage, headlines, histories

COUNT = 5_000
ROUNDS = 15
STEPS = 6
TARGET = 3.0
PAGES = {
    "first page": "/",
    "filtered": "/?project=PLAT&q=deploy",
    "deep page": "/?order=key&after=2500.x",
}

Said = list[tuple[str, Any]]


def main(quick: bool) -> list[Ratio]:
    """Server time of three pages over the time of their statements."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "okr.sqlite3"
        store = open_store(f"sqlite:///{path}")
        upgrade(store)
        count = COUNT // 10 if quick else COUNT
        fill(store, count)
        found = [one for name, address in PAGES.items() for one in ratios(store, path, name, address)]
        store.close()
    return [described(one, count) for one in found]


def ratios(store: Store, path: Path, name: str, address: str) -> list[Ratio]:
    """One page beside its SQL, and beside plain Python."""
    client, former = (
        client_over(StoredSources(connector_over(store), lambda: COMMAND_LINE)),
        client_over(EveryHeadline(connector_over(store), lambda: COMMAND_LINE)),
    )
    said = statements(store, lambda: page_of(client, address))
    with closing(sqlite3.connect(path, isolation_level=None)) as bare:
        bare.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        bare.execute("PRAGMA temp_store=MEMORY")
        page, alone, before = side_by_side(
            lambda: page_of(client, address),
            lambda: executed(bare, said),
            lambda: page_of(former, address),
        )
    return [
        Ratio(name, page * 1000, alone * 1000, "ms", at_most=TARGET, theirs_name="SQL alone"),
        Ratio(name, page * 1000, before * 1000, "ms", at_most=1.0, theirs_name="placed in Python"),
    ]


def described(one: Ratio, count: int) -> Ratio:
    """The same with the size in its name."""
    name = f"{one.name} of {count:,} objectives"
    return Ratio(name, one.ours, one.theirs, one.unit, one.at_least, one.at_most, one.theirs_name)


def side_by_side(*works: Callable[[], object]) -> list[float]:
    """Median seconds of the processor each call takes, taken in turn, so that whatever else runs here hits them alike."""
    taken: list[list[float]] = [[] for _ in works]
    for work in works:
        work()
    for _ in range(ROUNDS):
        for times, work in zip(taken, works, strict=True):
            start = time.process_time()
            work()
            times.append(time.process_time() - start)
    return [statistics.median(times) for times in taken]


def page_of(client: FlaskClient, address: str) -> bytes:
    """A page, whole; raises RuntimeError where the answer is another one, which would be quick and prove nothing."""
    answer = client.get(address)
    if answer.status_code != 200:
        raise RuntimeError(f"{address} answered {answer.status_code}")
    return answer.get_data()


def statements(store: Store, work: Callable[[], object]) -> Said:
    """What a page executes, with its values."""
    said: Said = []

    def note(_conn: object, _cursor: object, statement: str, values: Any, *_: object) -> None:
        if statement != "BEGIN":
            said.append((statement, values))

    event.listen(store.engine, "before_cursor_execute", note)
    work()
    event.remove(store.engine, "before_cursor_execute", note)
    return said


def executed(bare: sqlite3.Connection, said: Said) -> None:
    """The same statements in one transaction, their rows fetched and dropped."""
    bare.execute("BEGIN")
    for statement, values in said:
        bare.execute(statement, values).fetchall()
    bare.execute("COMMIT")


class EveryHeadline(StoredSources):
    """Every headline is read and decoded, and Python filters, sorts and places."""

    def listing(self, wanted: RowSelection, after: PageStart, size: int) -> ObjectivePage:
        with self.connector.store.read() as conn:
            every = [One("main", saved.state, saved.changed_at) for saved in headlines(conn, "main")]  # type: ignore[arg-type]
            mine = replace(wanted, sites=("main",))
            part = plain_listing.page(every, mine, after, size)
            points = histories(conn, "main", [one.state.id for one, _ in part.rows])
        rows = [
            ListedHead(
                None, one.state, one.changed_at, depth, steps := points.get(one.state.id, []), len(steps)
            )
            for one, depth in part.rows
        ]
        return ObjectivePage(
            rows, ListSlice((), part.start, part.previous, part.next), plain_listing.tallies(every, mine)
        )


def fill(store: Store, count: int) -> None:
    """Save that many objectives of an invented company, each with a history of some steps."""
    with store.write() as conn:
        for one in large(count).saved:
            for step in range(1, STEPS):
                conn.execute(insert(history).values(point(one.state, step)))
            objectives.save(conn, "main", one.state, REVISION, NOW)


def point(state: ObjectiveState, step: int) -> dict[str, object]:
    """Where an objective stood some days ago."""
    return {
        "site": "main",
        "objective_id": state.id,
        "at": to_ms(NOW - timedelta(days=STEPS - step)),
        "progress": f"{step}/{STEPS}",
        "health": state.health.level.value,
        "mapping_revision": REVISION,
    }


def connector_over(store: Store) -> Connector:
    """A connector with one site that is never called."""
    site: Any = SimpleNamespace(
        name="main", jira=None, browse_url="https://jira.example.com", token_expires=None
    )
    settings = Settings(_env_file=None)  # type: ignore[call-arg]
    return Connector(settings, store, {"main": site}, lambda: NOW)


def client_over(sources: StoredSources) -> FlaskClient:
    """The pages over these sources, as the connector serves them."""
    app = Flask("pages")
    app.register_blueprint(pages_blueprint(sources))
    return app.test_client()
