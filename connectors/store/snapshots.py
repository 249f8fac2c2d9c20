"""The ledgers of each objective as they stood: what says later, between any two moments, which issues moved the number.

A snapshot holds the rows that a number was made of, without what only a page shows, compressed; one is kept where they changed or
another mapping revision took over. Between two snapshots the former one holds.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, Table, delete, func, insert, select

from connectors.store import json_text
from connectors.store.instant import from_ms, maybe_from_ms, to_ms
from connectors.store.json_text import fraction_of, fraction_text
from connectors.store.schema import history, snapshot
from connectors.store.sql import among
from mappings.ledger import Contribution, Disposition, Ledger
from mappings.state import Cause, Health, HealthLevel, KeyResultState, Measurement, ObjectiveState

DAY_MS = 86_400_000
ZERO = Fraction(0)
ENTERING = (Disposition.COUNTED, Disposition.NOT_ACHIEVED)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The ledgers from `at` on. `state` has numbers and ledgers alone; `backfilled` says that it was reconstructed, not observed."""

    at: datetime
    mapping_revision: str
    backfilled: bool
    state: ObjectiveState


class _Row(msgspec.Struct, array_like=True, omit_defaults=True, frozen=True, gc=False):
    """A contribution. A title only where there is no key to find it by, a reason only where the row is left out."""

    id: str
    key: str
    disposition: str
    status: str = ""
    weight: str | None = None
    progress: str | None = None
    share: str = "0/1"
    title: str = ""
    reason: str = ""


class _Ledger(msgspec.Struct, array_like=True, omit_defaults=True, frozen=True):
    total: str | None
    rows: tuple[_Row, ...] = ()


class _KeyResult(msgspec.Struct, array_like=True, omit_defaults=True, frozen=True):
    id: str
    key: str
    title: str
    kind: str
    nature: str
    progress: str | None
    ledger: _Ledger


class _Content(msgspec.Struct, array_like=True, omit_defaults=True, frozen=True):
    key: str
    health: str
    ledger: _Ledger
    key_results: tuple[_KeyResult, ...] = ()


def keep(
    conn: Connection,
    site: str,
    former: tuple[ObjectiveState, str] | None,
    state: ObjectiveState,
    revision: str,
    now: datetime,
) -> bool:
    """Keep a snapshot where the ledgers, or the revision they were made by, differ from the former ones; whether one was kept."""
    content = _compact(state)
    if former is not None and former[1] == revision and _compact(former[0]) == content:
        if latest(conn, site, state.id) is not None:
            return False
    conn.execute(insert(snapshot).values(_values(site, state.id, content, revision, now)))
    return True


def backfill(
    conn: Connection, site: str, points: Iterable[tuple[datetime, ObjectiveState]], revision: str
) -> None:
    """Keep reconstructed snapshots."""
    rows = [
        {**_values(site, state.id, _compact(state), revision, at), "backfilled": 1} for at, state in points
    ]
    if rows:
        conn.execute(insert(snapshot), rows)


def at(conn: Connection, site: str, objective_id: str, moment: datetime) -> Snapshot | None:
    """The snapshot that held at this moment, or None where history begins later."""
    found = _of(site, objective_id).where(snapshot.c.at <= to_ms(moment))
    row = conn.execute(found.order_by(snapshot.c.at.desc(), snapshot.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else _snapshot(row)


def turns(
    conn: Connection, site: str, objective_id: str, since: datetime, until: datetime
) -> list[tuple[datetime, str]]:
    """Instant and revision of every snapshot after `since` and up to `until`, oldest first, without its content."""
    found = (
        select(snapshot.c.at, snapshot.c.mapping_revision)
        .where(snapshot.c.site == site, snapshot.c.objective_id == objective_id)
        .where(snapshot.c.at > to_ms(since), snapshot.c.at <= to_ms(until))
        .order_by(snapshot.c.at, snapshot.c.id)
    )
    return [(from_ms(instant), revision) for instant, revision in conn.execute(found)]


def begins(conn: Connection, site: str, objective_id: str, *, observed: bool = False) -> datetime | None:
    """When the first snapshot is from, or None; with `observed` the first that was not reconstructed."""
    first = select(func.min(snapshot.c.at)).where(
        snapshot.c.site == site, snapshot.c.objective_id == objective_id
    )
    if observed:
        first = first.where(snapshot.c.backfilled == 0)
    return maybe_from_ms(conn.execute(first).scalar())


def latest(conn: Connection, site: str, objective_id: str) -> datetime | None:
    """When the last snapshot is from, or None."""
    last = select(func.max(snapshot.c.at)).where(
        snapshot.c.site == site, snapshot.c.objective_id == objective_id
    )
    return maybe_from_ms(conn.execute(last).scalar())


def thin(conn: Connection, site: str, before: datetime) -> int:
    """Of what is older, keep the last of each objective, day (UTC) and mapping revision; how many rows went."""
    return sum(_thin(conn, table, site, to_ms(before)) for table in (snapshot, history))


def forget_backfilled(conn: Connection, site: str, ids: Iterable[str]) -> None:
    """Drop what was reconstructed of these objectives, points and ledgers, before it is reconstructed anew."""
    ids = list(ids)
    for table in (snapshot, history):
        mine = (table.c.site == site, table.c.backfilled == 1, among(conn, table.c.objective_id, ids))
        conn.execute(delete(table).where(*mine))


def _thin(conn: Connection, table: Table, site: str, before: int) -> int:
    later = table.alias("later")
    newer = (later.c.at > table.c.at) | ((later.c.at == table.c.at) & (later.c.id > table.c.id))
    # The range lets the index be used; the division alone says what a day is.
    same_day = (
        later.c.at.between(table.c.at, table.c.at + DAY_MS),
        later.c.at // DAY_MS == table.c.at // DAY_MS,
    )
    same = (
        later.c.site == table.c.site,
        later.c.objective_id == table.c.objective_id,
        later.c.mapping_revision == table.c.mapping_revision,
    )
    followed = select(later.c.id).where(*same, *same_day, newer).correlate(table).exists()
    gone = delete(table).where(table.c.site == site, table.c.at < before, followed)
    return conn.execute(gone).rowcount


def _of(site: str, objective_id: str) -> Select[Any]:
    return select(snapshot).where(snapshot.c.site == site, snapshot.c.objective_id == objective_id)


def _values(
    site: str, objective_id: str, content: _Content, revision: str, now: datetime
) -> dict[str, object]:
    text = msgspec.json.encode(content)
    return {
        "site": site,
        "objective_id": objective_id,
        "at": to_ms(now),
        "mapping_revision": revision,
        "backfilled": 0,
        "content": zlib.compress(text),
    }


def _compact(state: ObjectiveState) -> _Content:
    key_results = tuple(
        _KeyResult(
            one.id,
            one.key,
            "" if one.key else one.title,
            one.kind,
            one.nature,
            fraction_text(one.measurement.progress),
            _rows(one.measurement.ledger),
        )
        for one in state.key_results
    )
    return _Content(state.key, state.health.level.value, _rows(state.ledger), key_results)


def _rows(ledger: Ledger) -> _Ledger:
    return _Ledger(fraction_text(ledger.total), tuple(_row(row) for row in ledger.rows))


def _row(row: Contribution) -> _Row:
    return _Row(
        row.id,
        row.key,
        row.disposition.value,
        row.status,
        fraction_text(row.weight),
        fraction_text(row.progress),
        fraction_text(row.share) or "0/1",
        "" if row.key else row.title,
        "" if row.disposition in ENTERING else row.reason,
    )


def _snapshot(row: Any) -> Snapshot:
    content = json_text.decoder(_Content).decode(zlib.decompress(row.content))
    state = _state(row.objective_id, content)
    return Snapshot(from_ms(row.at), row.mapping_revision, bool(row.backfilled), state)


def _state(objective_id: str, content: _Content) -> ObjectiveState:
    ledger = _ledger(content.ledger)
    return ObjectiveState(
        id=objective_id,
        rule_id="",
        title="",
        progress=ledger.total,
        health=Health(HealthLevel(content.health), "", ""),
        ledger=ledger,
        key_results=tuple(_key_result(one) for one in content.key_results),
        key=content.key,
    )


def _key_result(one: _KeyResult) -> KeyResultState:
    progress = fraction_of(one.progress)
    measured = Measurement(progress, progress, Cause.MEASURED, "", ledger=_ledger(one.ledger))
    health = Health(HealthLevel.UNKNOWN, "", "")
    return KeyResultState(
        one.id, "", one.kind, one.nature, one.title, measured, health, None, True, key=one.key
    )


def _ledger(found: _Ledger) -> Ledger:
    return Ledger(tuple(_contribution(row) for row in found.rows), fraction_of(found.total))


def _contribution(row: _Row) -> Contribution:
    return Contribution(
        row.id,
        row.key,
        row.title,
        Disposition(row.disposition),
        row.reason,
        fraction_of(row.weight),
        fraction_of(row.progress),
        fraction_of(row.share) or ZERO,
        row.status,
    )
