"""Texts that are kept packed: how each kind is read, and how it is put back with other words."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, Table, and_, select, update

from connectors.store.cycles import closings
from connectors.store.numbers import snapshots
from connectors.store.schema import (
    closing,
    cycle_end,
    cycle_lock,
    delivery,
    delivery_base,
    snapshot,
    snapshot_base,
)
from connectors.store.work import inbox

Rewording = Callable[[str], str]
"""A text with other words; the same where it stays."""


@dataclass(frozen=True, slots=True)
class PackedText:
    """A text of one row, and what tells the row."""

    table: str
    row: dict[str, object]
    text: str


@dataclass(frozen=True, slots=True)
class PackedColumns:
    """Columns of one kind of packing, read and reworded together."""

    columns: tuple[str, ...]
    texts: Callable[[Connection], Iterator[PackedText]]
    reword: Callable[[Connection, Rewording], int]


def _compressed(table: Table) -> PackedColumns:
    keys = list(table.primary_key.columns)

    def texts(conn: Connection) -> Iterator[PackedText]:
        for row in conn.execute(select(*keys, table.c.content)).mappings():
            named = {column.name: row[column.name] for column in keys}
            yield PackedText(table.name, named, zlib.decompress(row["content"]).decode())

    def reword(conn: Connection, rewording: Rewording) -> int:
        changed = 0
        for one in texts(conn):
            made = rewording(one.text)
            if made != one.text:
                mine = and_(*(column == one.row[column.name] for column in keys))
                conn.execute(update(table).where(mine).values(content=zlib.compress(made.encode())))
                changed += 1
        return changed

    return PackedColumns((f"{table.name}.content",), texts, reword)


def _snapshots(conn: Connection) -> Iterator[PackedText]:
    for site, objective_id, at, text in snapshots.texts(conn):
        yield PackedText(snapshot.name, {"site": site, "objective_id": objective_id, "at": at}, text)


def _closings(conn: Connection) -> Iterator[PackedText]:
    for site in closings.chained_sites(conn):
        for one in closings.links(conn, site):
            row: dict[str, object] = {
                "site": site,
                "cycle_id": one.cycle_id,
                "kind": one.kind.value,
                "at": one.at,
            }
            yield PackedText(closing.name, row, one.content)


def _deliveries(conn: Connection) -> Iterator[PackedText]:
    for one in inbox.bodies(conn):
        row: dict[str, object] = {"id": one.id, "site": one.site, "event": one.event}
        yield PackedText(delivery.name, row, one.body.decode(errors="replace"))


SNAPSHOTS = PackedColumns(
    (f"{snapshot.name}.content", f"{snapshot_base.name}.content"), _snapshots, snapshots.reword
)
"""By far the most of them."""
PACKED = (
    _compressed(cycle_end),
    _compressed(cycle_lock),
    SNAPSHOTS,
    PackedColumns((f"{closing.name}.content",), _closings, closings.reword),
    PackedColumns((f"{delivery.name}.body", f"{delivery_base.name}.body"), _deliveries, inbox.reword),
)
"""Every packed text there is."""
