"""Other sites in the same database, before and after ours by name: what we do changes nothing of theirs, and nothing of theirs counts."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table, insert, select

from connectors.store.schema import metadata
from tests.plugin.sync.test_leftovers import WITH_KEY_RESULTS, epic, key_result

NEIGHBOURS = ("a", "zz")
"""One stands before `main`, one behind it."""


def shared_tables() -> list[Table]:
    """Every table whose rows are named by their site, so that the same row may stand there for another one."""
    return [table for table in metadata.sorted_tables if "site" in table.primary_key.columns]


def move_in(conn: Connection) -> None:
    """The neighbours hold what we hold, to the letter."""
    for table in shared_tables():
        rows = [dict(row) for row in conn.execute(select(table).where(table.c.site == "main")).mappings()]
        for site in NEIGHBOURS:
            if rows:
                conn.execute(insert(table), [{**row, "site": site} for row in rows])


def held(conn: Connection, site: str) -> dict[str, list[Any]]:
    """Everything a site holds, by table."""
    found = {}
    for table in shared_tables():
        rows = conn.execute(select(table).where(table.c.site == site).order_by(*table.primary_key.columns))
        columns = [column.name for column in table.c if column.name != "site"]
        found[table.name] = [tuple(row[name] for name in columns) for row in rows.mappings()]
    return {name: rows for name, rows in found.items() if rows}


def test_neighbours_keep_what_they_have_and_do_not_count_here(hand: Any) -> None:
    hand.activate(WITH_KEY_RESULTS)
    objective, leaving = epic(hand), epic(hand)
    result = key_result(hand, objective, 5)
    hand.sync()
    assert (hand.field(objective), hand.field(leaving)) == (50, 50)
    with hand.connector.store.write() as conn:
        ours = held(conn, "main")
        move_in(conn)
        assert {site: held(conn, site) for site in NEIGHBOURS} == dict.fromkeys(NEIGHBOURS, ours)
    assert len(ours) >= 16, "a table that is empty says nothing"

    hand.clock.pass_by(minutes=5)
    hand.edit(result, customfield_10052=8)
    hand.land(result)
    hand.work_off()
    assert hand.field(objective) == 80
    hand.edit(leaving, labels=[])
    hand.sync()
    assert (hand.field(objective), hand.field(leaving)) == (80, None)
    assert hand.points(objective) == [50, 80]

    with hand.connector.store.read() as conn:
        assert {site: held(conn, site) for site in NEIGHBOURS} == dict.fromkeys(NEIGHBOURS, ours)
        assert held(conn, "main") != ours
