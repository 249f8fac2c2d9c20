"""The catalogue of a site as Jira gave it last: fields, statuses, projects and whatever else a mapping names."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, select

from connectors.store.database import json_text
from connectors.store.database.instant import maybe_from_ms, to_ms
from connectors.store.database.sql import insert_into
from connectors.store.schema import catalogue as table
from mappings.facts.catalogue import Catalogue


def get(conn: Connection, site: str) -> Catalogue | None:
    """The catalogue; None where it has not been read."""
    text = conn.execute(select(table.c.content).where(table.c.site == site)).scalar()
    return None if text is None else json_text.decode(text, Catalogue)


def is_known(conn: Connection, site: str) -> bool:
    """Whether there is one; it may be long, and this does not read it."""
    return conn.execute(select(table.c.site).where(table.c.site == site)).first() is not None


def read_at(conn: Connection, site: str) -> datetime | None:
    """When it was read."""
    return maybe_from_ms(conn.execute(select(table.c.read_at).where(table.c.site == site)).scalar())


def put(conn: Connection, site: str, catalogue: Catalogue, now: datetime) -> None:
    """It was read now."""
    values = {"content": json_text.encode(catalogue), "read_at": to_ms(now)}
    statement = insert_into(conn, table).values(site=site, **values)
    conn.execute(statement.on_conflict_do_update(index_elements=[table.c.site], set_=values))


def forget(conn: Connection, site: str) -> None:
    """It is to be read anew."""
    conn.execute(delete(table).where(table.c.site == site))
