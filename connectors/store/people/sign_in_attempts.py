"""How often somebody tried to sign in since their window began: counted by all processes together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, case, delete, or_, update

from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.sql import insert_into
from connectors.store.schema import sign_in_attempt as table


@dataclass(frozen=True, slots=True)
class Attempts:
    """So many since the window began."""

    count: int
    since: datetime


def count(conn: Connection, key: str, now: datetime, window: timedelta) -> Attempts:
    """One attempt more, in a new window where the former is over, or was begun by a clock that was far ahead."""
    over = or_(table.c.since <= to_ms(now - window), table.c.since > to_ms(now + window))
    statement = insert_into(conn, table).values(key=key, count=1, since=to_ms(now))
    row = conn.execute(
        statement.on_conflict_do_update(
            index_elements=[table.c.key],
            set_={
                "count": case((over, 1), else_=table.c.count + 1),
                "since": case((over, to_ms(now)), else_=table.c.since),
            },
        ).returning(table.c.count, table.c.since)
    ).one()
    return Attempts(row[0], from_ms(row[1]))


def take_back(conn: Connection, key: str) -> None:
    """One attempt less: it was none."""
    conn.execute(update(table).where(table.c.key == key, table.c.count > 0).values(count=table.c.count - 1))


def forget(conn: Connection, key: str) -> None:
    """They know the password."""
    conn.execute(delete(table).where(table.c.key == key))


def prune(conn: Connection, before: datetime) -> None:
    """Forget windows that began before."""
    conn.execute(delete(table).where(table.c.since < to_ms(before)))
