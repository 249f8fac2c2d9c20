"""What a clock that was far ahead wrote holds nothing up once it is right again, and what is right stays as it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Column, Connection, Table, insert, select

from connectors.store import Store
from connectors.store.database.instant import to_ms
from connectors.store.jobs import standstills
from connectors.store.schema import metadata
from connectors.store.work import due

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
YEAR, SECOND = timedelta(days=365), timedelta(seconds=1)
WAITED_FOR = {"until", "lease_until", "run_after", "next_at", "next_try", "seen"}
NOT_HELD_UP = {
    "schedule.until": "schedules see to it themselves, for it is they who look at the rest",
    "counted_span.until": "a fact of the past",
    "cycle_lock.until": "when it was lifted",
    "forge_code.until": "the end of what is valid",
    "oauth_consent.until": "the end of what is valid",
    "open_session.seen": "sessions of the future do not hold",
    "set_up_link.until": "the end of what is valid",
    "sign_in_link.until": "the end of what is valid",
    "quota.until": "shown; each answer of Jira puts another in its place",
}


def put(conn: Connection, column: Column[int], at: datetime) -> None:
    """One row, in which this column lies so."""
    table = column.table
    assert isinstance(table, Table)
    values = {
        one.name: (b"x" if one.type.python_type is bytes else 0)
        if one.type.python_type in (int, float, bool, bytes)
        else "x"
        for one in table.c
        if not one.nullable
    }
    conn.execute(insert(table).values({**values, column.name: to_ms(at)}))


@pytest.mark.parametrize(
    ("column", "farthest"),
    [
        pytest.param(column, signs[column], id=f"{column.table.name}.{column.name}")
        for column, signs in standstills.HOLDING
    ],
)
def test_an_instant_that_no_right_clock_sets_is_now(
    store: Store, column: Column[int], farthest: timedelta
) -> None:
    for ahead, left in (
        (YEAR, NOW),
        (farthest + SECOND, NOW),
        (farthest, NOW + farthest),
        (-YEAR, NOW - YEAR),
    ):
        with store.write() as conn:
            conn.execute(column.table.delete())
            put(conn, column, NOW + ahead)
            assert standstills.is_any(conn, NOW) is (left == NOW)
            ended = standstills.end(conn, NOW)
            assert not standstills.is_any(conn, NOW)
            assert (ended > 0) is (left == NOW)
            assert conn.execute(select(column)).scalar_one() == to_ms(left)


def test_an_objective_that_was_due_in_a_year_is_due_now(store: Store) -> None:
    with store.write() as conn:
        due.mark(conn, "main", ["1"], NOW + YEAR, "an event", NOW + YEAR)
        assert due.claim(conn, "early", NOW + YEAR, timedelta(minutes=2), 1)
        assert not due.claim(conn, "me", NOW, timedelta(minutes=2), 1)
        standstills.end(conn, NOW)
        assert [one.objective_id for one in due.claim(conn, "me", NOW, timedelta(minutes=2), 1)] == ["1"]


def test_whatever_is_waited_for_is_let_run_out_or_need_not_be() -> None:
    waited = {
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.c
        if column.name in WAITED_FOR and column.type.python_type is int
    }
    held = {f"{column.table.name}.{column.name}" for column, _ in standstills.HOLDING}
    assert waited - held == set(NOT_HELD_UP)
