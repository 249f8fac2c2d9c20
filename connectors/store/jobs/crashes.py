"""Crashes: processes that ended without taking themselves off the list, because they were killed, died of a fault, or lost their machine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from connectors.store.database.instant import from_ms, to_ms
from connectors.store.jobs.processes import SignOfLife
from connectors.store.schema import process_crash as table

KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Crash:
    """Process `pid` of `host`, heard `last` and missed since; `found` is when somebody noticed."""

    role: str
    host: str
    pid: int
    last: datetime
    found: datetime


def note(conn: Connection, sign: SignOfLife, found: datetime) -> None:
    """A process was taken off the list that had not done so itself; what is older than a month is forgotten."""
    values = {
        "id": sign.id,
        "role": sign.role,
        "host": sign.host,
        "pid": sign.pid,
        "last": to_ms(sign.at),
        "found": to_ms(found),
    }
    conn.execute(delete(table).where(table.c.found < to_ms(found - KEPT)))
    conn.execute(insert(table).values(values))


def load_since(conn: Connection, at: datetime) -> list[Crash]:
    """Those that were noticed from then on, the latest first."""
    rows = conn.execute(
        select(table).where(table.c.found >= to_ms(at)).order_by(table.c.found.desc(), table.c.id)
    )
    return [
        Crash(role=row.role, host=row.host, pid=row.pid, last=from_ms(row.last), found=from_ms(row.found))
        for row in rows
    ]
