"""How many calls Jira last said it still grants."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from connectors.store.database.instant import from_ms, maybe_from_ms, maybe_ms, to_ms
from connectors.store.database.sql import insert_into
from connectors.store.schema import quota as table


@dataclass(frozen=True, slots=True)
class Quota:
    """So many are left of `most` until it starts anew, as Jira said at the instant `at`; None where it does not say."""

    remaining: int
    most: int | None
    until: datetime | None
    at: datetime


def get(conn: Connection, site: str) -> Quota | None:
    """The last word of a site, None where it never said one."""
    row = conn.execute(select(table).where(table.c.site == site)).first()
    if row is None:
        return None
    return Quota(row.remaining, row.most, maybe_from_ms(row.until), from_ms(row.at))


def put(conn: Connection, site: str, quota: Quota) -> None:
    """What it says now."""
    values = {
        "remaining": quota.remaining,
        "most": quota.most,
        "until": maybe_ms(quota.until),
        "at": to_ms(quota.at),
    }
    statement = insert_into(conn, table).values(site=site, **values)
    conn.execute(statement.on_conflict_do_update(index_elements=[table.c.site], set_=values))
