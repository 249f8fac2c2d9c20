"""Signs of life: what each process said of itself last, one row each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, delete, select

from connectors.store.database import json_text
from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.sql import insert_into
from connectors.store.jobs.counts import ProcessCounts
from connectors.store.schema import process as table


@dataclass(frozen=True, slots=True)
class SignOfLife:
    """`workers` is how many of its worker threads live, of `wanted`; `place` and `began` tell it from another one of this number."""

    id: str
    host: str
    pid: int
    role: str
    at: datetime
    wanted: int
    workers: int
    counted: ProcessCounts
    place: str = ""
    began: str = ""


def put(conn: Connection, sign: SignOfLife) -> None:
    """A process lives."""
    values = {
        "host": sign.host,
        "pid": sign.pid,
        "role": sign.role,
        "at": to_ms(sign.at),
        "wanted": sign.wanted,
        "workers": sign.workers,
        "counted": json_text.encode(sign.counted),
        "place": sign.place,
        "began": sign.began,
    }
    statement = insert_into(conn, table).values(id=sign.id, **values)
    conn.execute(statement.on_conflict_do_update(index_elements=[table.c.id], set_=values))


def load_all(conn: Connection) -> list[SignOfLife]:
    """Every process that is not taken off the list, the latest sign first."""
    return [_sign(row) for row in conn.execute(select(table).order_by(table.c.at.desc(), table.c.id))]


def take(conn: Connection, id_: str) -> SignOfLife | None:
    """Take a process off the list; of those who try, one gets what it said last."""
    row = conn.execute(delete(table).where(table.c.id == id_).returning(*table.c)).first()
    return None if row is None else _sign(row)


def put_and_take(conn: Connection, now: datetime) -> None:
    """Write and take it back: what shows whether the database takes writes, and leaves nothing."""
    trial = SignOfLife(
        id="trial", host="", pid=0, role="trial", at=now, wanted=0, workers=0, counted=ProcessCounts()
    )
    put(conn, trial)
    take(conn, trial.id)


def _sign(row: Row[tuple[object, ...]]) -> SignOfLife:
    return SignOfLife(
        id=row.id,
        host=row.host,
        pid=row.pid,
        role=row.role,
        at=from_ms(row.at),
        wanted=row.wanted,
        workers=row.workers,
        counted=json_text.decode(row.counted, ProcessCounts),
        place=row.place,
        began=row.began,
    )
