"""Which cycles of a site were locked, by whom and until when, and with what terms. One row a lock; one that was lifted stays."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from connectors.store.database import json_text
from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.sql import StoredRow
from connectors.store.mirror.issue_text import IssueReader, text_of
from connectors.store.schema import cycle_lock as table
from mappings.document.lock import CycleLock, LockedObjective
from mappings.document.schema import ObjectivePart
from mappings.facts.catalogue import Field


def every(conn: Connection, site: str) -> tuple[CycleLock, ...]:
    """All locks of a site, the oldest first."""
    mine = select(table).where(table.c.site == site).order_by(table.c.at, table.c.cycle_id)
    return tuple(_read(row) for row in conn.execute(mine))


def add(conn: Connection, site: str, lock: CycleLock) -> None:
    """Keep that a cycle is locked."""
    row = {
        "site": site,
        "cycle_id": lock.cycle_id,
        "at": to_ms(lock.at),
        "until": None,
        "by": lock.by,
        "reason": lock.reason,
        "lifted_by": "",
        "content": _packed(lock.objectives),
    }
    conn.execute(insert(table), row)


def lift(conn: Connection, site: str, lock: CycleLock, by: str, now: datetime) -> None:
    """Keep that it holds no longer."""
    mine = (table.c.site == site, table.c.cycle_id == lock.cycle_id, table.c.at == to_ms(lock.at))
    conn.execute(update(table).where(*mine).values(until=to_ms(now), lifted_by=by))


@dataclass(frozen=True, slots=True)
class _Terms:
    id: str
    part: str
    fields: Mapping[str, Field]
    key_results: Mapping[str, tuple[str, ...]]
    issues: tuple[str, ...]


def _packed(objectives: tuple[LockedObjective, ...]) -> bytes:
    found = tuple(
        _Terms(
            id=one.id,
            part=one.part.model_dump_json(by_alias=True, exclude_unset=True),
            fields=one.fields,
            key_results=one.key_results,
            issues=tuple(text_of(issue) for issue in one.issues),
        )
        for one in objectives
    )
    return zlib.compress(json_text.encode(found).encode())


def _read(row: StoredRow) -> CycleLock:
    found = json_text.decode(zlib.decompress(row.content).decode(), tuple[_Terms, ...])
    reader = IssueReader()
    parts = {text: ObjectivePart.model_validate_json(text) for text in {one.part for one in found}}
    objectives = tuple(
        LockedObjective(
            id=one.id,
            part=parts[one.part],
            fields=one.fields,
            key_results=one.key_results,
            issues=tuple(reader.read(text) for text in one.issues),
        )
        for one in found
    )
    return CycleLock(
        cycle_id=row.cycle_id,
        at=from_ms(row.at),
        by=row.by,
        reason=row.reason,
        objectives=objectives,
        until=None if row.until is None else from_ms(row.until),
    )
