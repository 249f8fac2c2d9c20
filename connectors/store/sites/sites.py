"""The Jira sites we know: their settings as JSON, their credentials as an encrypted blob that is opened elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from connectors.store.database import json_text
from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.sql import StoredRow, insert_into
from connectors.store.schema import delivery, due
from connectors.store.schema import site as table


@dataclass(frozen=True, slots=True)
class SavedSite:
    """One site; `credentials` are ciphertext, and are left out of every repr."""

    name: str
    settings: dict[str, object]
    credentials: bytes | None
    created_at: datetime
    updated_at: datetime

    def __repr__(self) -> str:
        return f"SavedSite(name={self.name!r}, settings={self.settings!r})"


def put(
    conn: Connection, name: str, settings: Mapping[str, object], credentials: bytes | None, now: datetime
) -> None:
    """Keep a site in the place of the one of this name."""
    at = to_ms(now)
    statement = insert_into(conn, table).values(
        name=name, settings=json_text.encode(settings), credentials=credentials, created_at=at, updated_at=at
    )
    news = {column: statement.excluded[column] for column in ("settings", "credentials", "updated_at")}
    conn.execute(statement.on_conflict_do_update(index_elements=[table.c.name], set_=news))


def get(conn: Connection, name: str) -> SavedSite | None:
    """The site, or None."""
    row = conn.execute(select(table).where(table.c.name == name)).one_or_none()
    return None if row is None else _saved(row)


def to_change(conn: Connection, name: str) -> SavedSite | None:
    """The site for whoever puts it back changed: others that want to change it wait until this transaction ends, and none overwrites another.

    SQLite has one writer at a time anyway.
    """
    row = conn.execute(select(table).where(table.c.name == name).with_for_update()).one_or_none()
    return None if row is None else _saved(row)


def load_all(conn: Connection) -> list[SavedSite]:
    """Every site, by name."""
    return [_saved(row) for row in conn.execute(select(table).order_by(table.c.name))]


def remove(conn: Connection, name: str) -> bool:
    """Forget a site and its credentials; False where there is none. What was mirrored of it stays until it is deleted."""
    return conn.execute(delete(table).where(table.c.name == name)).rowcount == 1


def forget_work(conn: Connection, name: str) -> None:
    """Drop what is due of a site that is gone, and deliveries that nobody will read."""
    conn.execute(delete(due).where(due.c.site == name))
    conn.execute(delete(delivery).where(delivery.c.site == name, delivery.c.status == "pending"))


def _saved(row: StoredRow) -> SavedSite:
    settings = json_text.decode(row.settings, dict[str, object])
    return SavedSite(
        name=row.name,
        settings=settings,
        credentials=row.credentials,
        created_at=from_ms(row.created_at),
        updated_at=from_ms(row.updated_at),
    )
