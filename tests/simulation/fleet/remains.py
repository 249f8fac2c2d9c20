"""What is left in the tables when a run has settled, and how they are kept for whoever looks into a failure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection, func, select, text

from connectors.store import Store, StoreError
from connectors.store.schema import delivery, due, metadata


def claims_left(store: Store) -> Iterator[str]:
    """Claims that nobody will ever give back: nothing is due, so nobody may hold anything."""
    with store.read() as conn:
        for table in (due, delivery):
            held = select(func.count()).select_from(table).where(table.c.worker.is_not(None))
            if count := conn.execute(held).scalar_one():
                yield f"{count} claims are left in {table.name}"
        if store.dialect == "postgresql":
            yield from _jobs_left(conn)


def _jobs_left(conn: Connection) -> Iterator[str]:
    query = (
        "SELECT status, count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing') GROUP BY status"
    )
    for status, count in conn.execute(text(query)):
        yield f"{count} jobs are still {status}"


def keep(store: Store, folder: Path) -> None:
    """All rows of all tables, one file each: a database of the tests goes when they end."""
    folder.mkdir(exist_ok=True)
    for table in metadata.sorted_tables:
        with suppress(StoreError), store.read() as conn:
            rows = [row._asdict() for row in conn.execute(select(table))]
            lines = "".join(json.dumps(row, default=str) + "\n" for row in rows)
            (folder / f"{table.name}.jsonl").write_text(lines, encoding="utf-8")
