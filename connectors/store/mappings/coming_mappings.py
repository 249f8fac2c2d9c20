"""The mapping that is read for while another one rules: one for each site."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from connectors.store.database import json_text
from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.sql import insert_into
from connectors.store.schema import coming_mapping as table


@dataclass(frozen=True, slots=True)
class ComingMapping:
    """What is read for a text, in which scope, since when; `complete` where all of it was."""

    text: str
    revision: str
    scope: str
    fields: frozenset[str]
    metrics: frozenset[str]
    began: datetime
    complete: bool = False


def get(conn: Connection, site: str) -> ComingMapping | None:
    """The mapping that is read for, or that was read for last."""
    row = conn.execute(select(table).where(table.c.site == site)).first()
    if row is None:
        return None
    return ComingMapping(
        text=row.text,
        revision=row.revision,
        scope=row.scope,
        fields=json_text.decode(row.fields, frozenset[str]),
        metrics=json_text.decode(row.metrics, frozenset[str]),
        began=from_ms(row.began),
        complete=bool(row.complete),
    )


def begin(conn: Connection, site: str, coming: ComingMapping) -> None:
    """From now on it is read for, in the place of any before."""
    values = {
        "text": coming.text,
        "revision": coming.revision,
        "scope": coming.scope,
        "fields": json_text.encode(coming.fields),
        "metrics": json_text.encode(coming.metrics),
        "began": to_ms(coming.began),
        "complete": int(coming.complete),
    }
    statement = insert_into(conn, table).values(site=site, **values)
    conn.execute(statement.on_conflict_do_update(index_elements=[table.c.site], set_=values))


def complete(conn: Connection, site: str, coming: ComingMapping) -> bool:
    """All of it was read; False where something else is read for meanwhile."""
    began = to_ms(coming.began)
    mine = (table.c.site == site, table.c.revision == coming.revision, table.c.began == began)
    return conn.execute(update(table).where(*mine).values(complete=1)).rowcount > 0


def drop(conn: Connection, site: str, revision: str) -> None:
    """What was read for this revision is lost; nothing where another one is read for by now."""
    conn.execute(delete(table).where(table.c.site == site, table.c.revision == revision))
