"""Which way SQLite takes to the rows: without statistics it chooses by rules of thumb, and some of them read a whole site."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, event, select

from connectors.store import Store
from connectors.store.mirror import mirror
from connectors.store.numbers import objectives
from connectors.store.numbers.history_retention import DAY_MS, Thinning
from connectors.store.schema import snapshot
from connectors.store.work import due, inbox
from connectors.store.writes import writes

NOW = datetime(2026, 11, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("call", "way"),
    [
        (lambda conn: mirror.get(conn, "main", ["1"]), "(site=? AND id=?)"),
        (lambda conn: list(mirror.every(conn, "main")), "SCAN issue"),
        (lambda conn: list(mirror.ids(conn, "main")), "USING COVERING INDEX"),
        (lambda conn: mirror.newest(conn, "main"), "USING COVERING INDEX ix_issue_site_updated_id"),
        (lambda conn: mirror.subtree(conn, "main", ["1"]), "(site=? AND parent_id=?)"),
        (lambda conn: mirror.load_linked(conn, "main", ["1"]), "(site=? AND other_id=?)"),
        (lambda conn: mirror.id_of_key(conn, "main", "A-1"), "(site=? AND key=?)"),
        (lambda conn: inbox.load_pending(conn, 9), "(status=?)"),
        (lambda conn: inbox.counts(conn, "main"), "USING COVERING INDEX"),
        (lambda conn: inbox.recent(conn, "main", 9), "SCAN delivery"),
        (lambda conn: inbox.prune(conn, NOW), "(status=? AND received_at<?)"),
        (lambda conn: due.claim(conn, "w", NOW, timedelta(1), 9), "(bulk=? AND run_after<?)"),
        (lambda conn: objectives.depending_on(conn, "main", ["1"]), "(site=? AND issue_id=?)"),
        (lambda conn: objectives.history(conn, "main", "1"), "(site=? AND objective_id=?)"),
        (lambda conn: writes.recent(conn, "main", 9), "SCAN write"),
        (lambda conn: writes.recent(conn, "main", 9, "1"), "(site=? AND objective_id=?)"),
        (lambda conn: writes.load_unsettled(conn, "main", "1"), "(site=? AND objective_id=?)"),
        (lambda conn: writes.load_parked(conn, "main", "1"), "(site=? AND objective_id=?)"),
        (lambda conn: writes.lapse(conn, "main", NOW, "1", ()), "(site=? AND objective_id=?)"),
        (lambda conn: writes.load_parked(conn, "main"), "ix_write_waiting (site=? AND outcome=?)"),
        (lambda conn: writes.written_since(conn, "main", "1", "f", NOW), "AND field_id=? AND at<?"),
    ],
)
def test_rows_are_reached_the_short_way(
    sqlite_store: Store, call: Callable[[Connection], object], way: str
) -> None:
    with sqlite_store.write() as conn:
        assert way in _ways(conn, call)


@pytest.mark.parametrize(
    "way", ["(site=? AND objective_id=? AND at<?)", "(site=? AND objective_id=? AND at>?)"]
)
def test_the_snapshots_beside_an_old_one_are_found_without_reading_all_of_its_objective(
    sqlite_store: Store, way: str
) -> None:
    thinning = Thinning(DAY_MS, 0, 9 * DAY_MS)
    old = select(snapshot.c.id).where(thinning.old(snapshot, "main"), thinning.followed(snapshot, []))

    with sqlite_store.write() as conn:
        assert way in _ways(conn, lambda conn: conn.execute(old))


def test_bodies_to_compress_are_read_in_their_order_without_sorting_what_is_left(sqlite_store: Store) -> None:
    statements: list[tuple[str, object]] = []

    def note(_conn: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        statements.append((statement, parameters))

    event.listen(sqlite_store.engine, "before_cursor_execute", note)
    inbox.compress(sqlite_store, "main", NOW)
    event.remove(sqlite_store.engine, "before_cursor_execute", note)

    ((statement, parameters),) = [one for one in statements if one[0].startswith("SELECT")]
    with sqlite_store.read() as conn:
        explained = conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        assert [row[-1] for row in explained] == ["SEARCH delivery USING INTEGER PRIMARY KEY (rowid>?)"]


def _ways(conn: Connection, call: Callable[[Connection], object]) -> str:
    """What EXPLAIN QUERY PLAN says of the first statement of the call."""
    statements: list[tuple[str, object]] = []

    def note(_conn: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        statements.append((statement, parameters))

    event.listen(conn, "before_cursor_execute", note)
    call(conn)
    event.remove(conn, "before_cursor_execute", note)
    statement, parameters = statements[0]
    explained = conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
    return "; ".join(row[-1] for row in explained)
