"""The bound form of each mapping revision: what its names stand for. Grows when something new bears a bound name; knows no rules."""

from __future__ import annotations

from typing import TypeVar

from sqlalchemy import Connection, bindparam, select, update

from connectors.store.database import json_text
from connectors.store.database.sql import insert_into
from connectors.store.schema import binding as table

T = TypeVar("T")

_VERSION = select(table.c.version).where(
    table.c.site == bindparam("of_site"), table.c.revision == bindparam("of_revision")
)


def get(conn: Connection, site: str, revision: str, shape: type[T]) -> T | None:
    """The bound form as the type `shape`; None where the revision has none yet."""
    mine = (table.c.site == site, table.c.revision == revision)
    content = conn.execute(select(table.c.content).where(*mine)).scalar()
    return None if content is None else json_text.decode(content, shape)


def version(conn: Connection, site: str, revision: str) -> int | None:
    """Counts up with every change of the bound form; None where there is none yet. The form itself may be long."""
    found = conn.execute(_VERSION, {"of_site": site, "of_revision": revision}).scalar()
    return None if found is None else int(found)


def put(conn: Connection, site: str, revision: str, value: object) -> None:
    """Keep the bound form of a revision in the place of the former one."""
    row = {"site": site, "revision": revision, "version": 1, "content": json_text.encode(value)}
    statement = insert_into(conn, table)
    changed = {"content": statement.excluded.content, "version": table.c.version + 1}
    conn.execute(
        statement.on_conflict_do_update(index_elements=[table.c.site, table.c.revision], set_=changed), row
    )


def renew(conn: Connection, site: str, revision: str) -> None:
    """Let what was bound of a revision be bound anew: what it comes to is another, though its names stand for what they stood for."""
    mine = (table.c.site == site, table.c.revision == revision)
    conn.execute(update(table).where(*mine).values(version=table.c.version + 1))
