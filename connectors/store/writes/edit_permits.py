"""By project, whether our account might edit issues there when Jira was asked last."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, select

from connectors.store.database.sql import insert_into
from connectors.store.schema import edit_permit as table


def all(conn: Connection, site: str) -> dict[str, bool]:
    """What is known, by key of the project."""
    found = conn.execute(select(table.c.project, table.c.may).where(table.c.site == site))
    return {row.project: bool(row.may) for row in found}


def put(conn: Connection, site: str, permits: Mapping[str, bool]) -> None:
    """Jira said so of these projects; the others stay as they are known."""
    rows = [{"site": site, "project": key, "may": int(may)} for key, may in sorted(permits.items())]
    if rows:
        statement = insert_into(conn, table)
        conn.execute(
            statement.on_conflict_do_update(
                index_elements=[table.c.site, table.c.project], set_={"may": statement.excluded.may}
            ),
            rows,
        )
