"""What fields were called before: histories of Data Center tell of a change by the name that the field had then."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, delete, func, select

from connectors.store.database import sql
from connectors.store.schema import former_name as table
from mappings.facts.catalogue import Field


def every(conn: Connection, site: str) -> tuple[Field, ...]:
    """The fields under each name that they had before, in the order in which that was noticed."""
    rows = conn.execute(select(table).where(table.c.site == site).order_by(table.c.serial))
    return tuple(Field(id=row.field_id, name=row.name, type=row.type, custom=row.custom) for row in rows)


def forget(conn: Connection, site: str) -> None:
    """It is another Jira now."""
    conn.execute(delete(table).where(table.c.site == site))


def note(conn: Connection, site: str, before: Iterable[Field], after: Iterable[Field]) -> frozenset[str]:
    """Keep the names that fields had `before` and have no more; the ids of these fields."""
    today = {one.id: one.name for one in after}
    renamed = [one for one in before if today.get(one.id, one.name) != one.name]
    if not renamed:
        return frozenset()
    sql.hold(conn, f"{site}:former names")
    known = {(one.id, one.name) for one in every(conn, site)}
    last = conn.execute(select(func.max(table.c.serial)).where(table.c.site == site)).scalar() or 0
    rows = [
        {
            "site": site,
            "field_id": one.id,
            "name": one.name,
            "type": one.type,
            "custom": one.custom,
            "serial": serial,
        }
        for serial, one in enumerate((one for one in renamed if (one.id, one.name) not in known), last + 1)
    ]
    if rows:
        conn.execute(table.insert(), rows)
    return frozenset(one.id for one in renamed)
