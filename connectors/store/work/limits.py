"""What all workers know of a site's rate limits: one JSON value per bucket. Knows nothing of budgets and spacing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update

from connectors.store.database import json_text
from connectors.store.database.instant import to_ms
from connectors.store.database.sql import insert_into
from connectors.store.schema import rate_limit as table


def load(conn: Connection, site: str, key: str, shape: Any = object) -> Any:
    """The value of a bucket; None where there is none."""
    text = conn.execute(select(table.c.content).where(table.c.site == site, table.c.key == key)).scalar()
    return None if text is None else json_text.decode(text, shape)


def change(
    conn: Connection,
    site: str,
    key: str,
    now: datetime,
    step: Callable[[Any], object],
    shape: Any = object,
) -> Any:
    """Put `step(value)` in the place of the value (None at first) and give it back; other workers wait meanwhile."""
    mine = (table.c.site == site, table.c.key == key)
    empty = {"site": site, "key": key, "content": "null", "updated_at": to_ms(now)}
    conn.execute(insert_into(conn, table).on_conflict_do_nothing(), empty)
    text = conn.execute(select(table.c.content).where(*mine).with_for_update()).scalar_one()
    changed = step(None if text == "null" else json_text.decode(text, shape))
    conn.execute(update(table).where(*mine).values(content=json_text.encode(changed), updated_at=to_ms(now)))
    return changed


def prune(conn: Connection, before: datetime) -> int:
    """Forget buckets that nobody touched since; how many."""
    return conn.execute(delete(table).where(table.c.updated_at < to_ms(before))).rowcount
