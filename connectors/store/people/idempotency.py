"""Answers given to requests that carried an idempotency key, so that asking again does nothing again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, func, select, update

from connectors.store.database import json_text
from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.sql import insert_into
from connectors.store.schema import idempotency_answer as table
from mappings.json_value import Json


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """What was asked (`fingerprint`) and answered; `content` is None while the first request is still being served."""

    fingerprint: str
    content: Json
    at: datetime


def begin(conn: Connection, who: str, key: str, fingerprint: str, now: datetime) -> StoredAnswer | None:
    """Take this key; None where it is ours now, else what stands under it."""
    row = {"who": who, "key": key, "fingerprint": fingerprint, "content": None, "at": to_ms(now)}
    taken = conn.execute(insert_into(conn, table).on_conflict_do_nothing().returning(table.c.key), row)
    if taken.first() is not None:
        return None
    found = conn.execute(select(table).where(*_mine(who, key))).one()
    return StoredAnswer(found.fingerprint, _said(found.content), from_ms(found.at))


def _said(content: str | None) -> Json:
    said: Json = None if content is None else json.loads(content)
    return said


def finish(conn: Connection, who: str, key: str, content: object) -> None:
    """Keep the answer under its key."""
    conn.execute(update(table).where(*_mine(who, key)).values(content=json_text.encode(content)))


def release(conn: Connection, who: str, key: str) -> None:
    """Give the key back: nothing was done under it."""
    conn.execute(delete(table).where(*_mine(who, key)))


def count(conn: Connection, who: str) -> int:
    """How many keys of somebody are kept."""
    return conn.execute(select(func.count()).select_from(table).where(table.c.who == who)).scalar_one()


def prune(conn: Connection, before: datetime) -> int:
    """Forget answers older than this; how many."""
    return conn.execute(delete(table).where(table.c.at < to_ms(before))).rowcount


def _mine(who: str, key: str) -> tuple[ColumnElement[bool], ...]:
    return (table.c.who == who, table.c.key == key)
