"""From where deliveries of a site come: when each source was heard last, by the present secret and by a former one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from connectors.store.database.instant import maybe_from_ms, to_ms
from connectors.store.database.sql import insert_into
from connectors.store.schema import delivery_source as table


@dataclass(frozen=True, slots=True)
class HeardSource:
    """When a source was heard last; None for never in this way."""

    source: str
    at: datetime | None
    former_at: datetime | None


def heard(conn: Connection, site: str, source: str, at: datetime, *, former: bool) -> None:
    """A delivery came from there, proved by the present secret or by a `former` one."""
    when = {"former_at" if former else "at": to_ms(at)}
    statement = insert_into(conn, table).values(site=site, source=source, **when)
    conn.execute(statement.on_conflict_do_update(index_elements=[table.c.site, table.c.source], set_=when))


def all_of(conn: Connection, site: str) -> tuple[HeardSource, ...]:
    """Every source of a site that was ever heard, by name."""
    found = conn.execute(select(table).where(table.c.site == site).order_by(table.c.source))
    return tuple(
        HeardSource(row.source, maybe_from_ms(row.at), maybe_from_ms(row.former_at)) for row in found
    )
