"""Which release of an engine has its own tables in the database."""

from __future__ import annotations

from sqlalchemy import Connection, select

from connectors.store.database.sql import insert_into
from connectors.store.schema import engine_version as table


def get(conn: Connection, engine: str) -> str | None:
    """The release; None where it was not installed by us."""
    return conn.execute(select(table.c.version).where(table.c.engine == engine)).scalar()


def put(conn: Connection, engine: str, version: str) -> None:
    """Its tables are those of this release now."""
    statement = insert_into(conn, table).values(engine=engine, version=version)
    conn.execute(statement.on_conflict_do_update(index_elements=[table.c.engine], set_={"version": version}))
