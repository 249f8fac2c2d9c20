"""Pages that people keep for themselves under a name: where each leads, by account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from connectors.store.database.instant import to_ms
from connectors.store.database.sql import insert_into
from connectors.store.schema import saved_view as table


@dataclass(frozen=True, slots=True)
class SavedView:
    """A page somebody keeps: its name, and its address within the pages."""

    name: str
    address: str


def put(conn: Connection, account_id: int, view: SavedView, now: datetime) -> None:
    """Keep a view, in the place of one of the same name."""
    row = {"account_id": account_id, "name": view.name, "address": view.address, "at": to_ms(now)}
    kept = insert_into(conn, table).on_conflict_do_update(
        index_elements=[table.c.account_id, table.c.name], set_={"address": view.address, "at": to_ms(now)}
    )
    conn.execute(kept, row)


def remove(conn: Connection, account_id: int, name: str) -> bool:
    """Keep it no longer; whether it was kept."""
    mine = (table.c.account_id == account_id, table.c.name == name)
    return conn.execute(delete(table).where(*mine)).rowcount > 0


def load_views(conn: Connection, account_id: int) -> list[SavedView]:
    """Those of an account, by name."""
    found = select(table.c.name, table.c.address).where(table.c.account_id == account_id)
    return [SavedView(row.name, row.address) for row in conn.execute(found.order_by(table.c.name))]
