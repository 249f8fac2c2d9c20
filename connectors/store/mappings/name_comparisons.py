"""What the latest look at Jira's names found under a mapping revision: what is called otherwise, and what is gone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from connectors.store.database import json_text, sql
from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.sql import insert_into
from connectors.store.schema import name_comparison as table
from mappings.document.names import Absence, Rename


@dataclass(frozen=True, slots=True)
class NameComparison:
    """Under which revision, when, and what was found."""

    revision: str
    at: datetime
    renames: tuple[Rename, ...] = ()
    absences: tuple[Absence, ...] = ()


def hold(conn: Connection, site: str) -> None:
    """Other transactions that compare wait until this one ends: each builds on what the one before it found."""
    sql.hold(conn, f"{site}:names")


def load_latest(conn: Connection, site: str) -> NameComparison | None:
    """The latest; None where there was none yet."""
    row = conn.execute(select(table).where(table.c.site == site)).first()
    if row is None:
        return None
    return NameComparison(
        row.revision,
        from_ms(row.at),
        json_text.decode(row.renames, tuple[Rename, ...]),
        json_text.decode(row.absences, tuple[Absence, ...]),
    )


def put(conn: Connection, site: str, found: NameComparison) -> None:
    """The latest from now on. Hold the site before."""
    values = {
        "revision": found.revision,
        "at": to_ms(found.at),
        "renames": json_text.encode(found.renames),
        "absences": json_text.encode(found.absences),
    }
    statement = insert_into(conn, table).values(site=site, **values)
    conn.execute(statement.on_conflict_do_update(index_elements=[table.c.site], set_=values))
