"""By project and permission, whether our account had it when Jira was asked last."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, select

from connectors.store.database.sql import insert_into
from connectors.store.schema import permit as table

Place = tuple[str, str]
"""The key of a project, and the permission there."""


def load_all(conn: Connection, site: str) -> dict[Place, bool]:
    """What is known."""
    mine = table.c.site == site
    found = conn.execute(select(table.c.project, table.c.permission, table.c.may).where(mine))
    return {(row.project, row.permission): bool(row.may) for row in found}


def put(conn: Connection, site: str, permits: Mapping[Place, bool]) -> None:
    """Jira said so of these; the others stay as they are known."""
    rows = [
        {"site": site, "project": project, "permission": permission, "may": int(may)}
        for (project, permission), may in sorted(permits.items())
    ]
    if rows:
        statement = insert_into(conn, table)
        conn.execute(
            statement.on_conflict_do_update(
                index_elements=[table.c.site, table.c.project, table.c.permission],
                set_={"may": statement.excluded.may},
            ),
            rows,
        )
