"""What people see of issues that Jira does not show them, by site. A site of which nothing is kept shows everybody everything."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, select

from connectors.store.database.instant import to_ms
from connectors.store.database.sql import insert_into
from connectors.store.schema import site_visibility as table


class Visibility(StrEnum):
    """The modes, from the one that shows most to the one that shows least."""

    EVERYONE = "everyone"
    TITLES = "titles_by_permission"
    ROWS = "rows_by_permission"
    NUMBERS = "numbers_by_permission"


def put(conn: Connection, site: str, mode: Visibility, now: datetime) -> None:
    """The site is in this mode from now on."""
    values = {"mode": mode.value, "at": to_ms(now)}
    statement = insert_into(conn, table).values(site=site, **values)
    conn.execute(statement.on_conflict_do_update(index_elements=[table.c.site], set_=values))


def load_all(conn: Connection) -> dict[str, Visibility]:
    """By site, where one was ever set."""
    return {row.site: Visibility(row.mode) for row in conn.execute(select(table))}
