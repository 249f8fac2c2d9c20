"""Sessions that were signed out before their time. A cookie cannot be taken back; so the session in it is remembered as ended."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, select

from connectors.store.database.instant import to_ms
from connectors.store.database.sql import insert_into
from connectors.store.schema import ended_session as table


def end(conn: Connection, session_id: str, until: datetime, now: datetime) -> None:
    """Remember it until the session would have ended by itself; those whose time has come are forgotten."""
    conn.execute(delete(table).where(table.c.until < to_ms(now)))
    row = {"id": session_id, "until": to_ms(until)}
    conn.execute(insert_into(conn, table).on_conflict_do_nothing(), row)


def has(conn: Connection, session_id: str) -> bool:
    """Whether it was ended."""
    return conn.execute(select(table.c.id).where(table.c.id == session_id)).first() is not None
