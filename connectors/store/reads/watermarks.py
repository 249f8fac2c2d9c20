"""Up to when everything of a site is known to have been read: for the active mapping, and for one that is to be activated."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, select

from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.sql import insert_into
from connectors.store.schema import watermark as table

MarkedMapping = Literal["active", "coming"]


@dataclass(frozen=True, slots=True)
class Watermark:
    """Everything updated up to `at` has been read; `under` names what was asked then."""

    at: datetime
    under: str


def load_mark(conn: Connection, site: str, place: MarkedMapping = "active") -> Watermark | None:
    """The mark; None where there is none."""
    mine = (table.c.site == site, table.c.place == place)
    row = conn.execute(select(table).where(*mine)).first()
    return None if row is None else Watermark(from_ms(row.at), row.under)


def put(conn: Connection, site: str, mark: Watermark, place: MarkedMapping = "active") -> None:
    """Set the mark."""
    values = {"at": to_ms(mark.at), "under": mark.under}
    statement = insert_into(conn, table).values(site=site, place=place, **values)
    conn.execute(statement.on_conflict_do_update(index_elements=[table.c.site, table.c.place], set_=values))
