"""Which version of Jira's API a site speaks: 3 for Cloud, 2 for Data Center."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import Connection, delete, select

from connectors.store.database.sql import insert_into
from connectors.store.schema import api_version as table


def get(conn: Connection, site: str) -> Literal[2, 3] | None:
    """The version; None where Jira was not asked yet."""
    found = conn.execute(select(table.c.version).where(table.c.site == site)).scalar()
    if found is None:
        return None
    return 3 if found == 3 else 2


def put(conn: Connection, site: str, version: Literal[2, 3]) -> None:
    """Jira was asked."""
    statement = insert_into(conn, table).values(site=site, version=version)
    conn.execute(statement.on_conflict_do_update(index_elements=[table.c.site], set_={"version": version}))


def forget(conn: Connection, site: str) -> None:
    """It may be another Jira from now on."""
    conn.execute(delete(table).where(table.c.site == site))
