"""What each KPI was read as, and where it stands between watching and key result. Decides nothing about it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from connectors.store.database import json_text
from connectors.store.database.instant import from_ms, to_ms
from connectors.store.database.json_text import fraction_of, fraction_text
from connectors.store.database.sql import insert_into
from connectors.store.schema import kpi_reading, kpi_state
from mappings.facts.issue import Reading


def put(conn: Connection, site: str, kpi_id: str, state: object, now: datetime) -> None:
    """Keep the state of a KPI: JSON values, or a dataclass of them."""
    statement = insert_into(conn, kpi_state).values(
        site=site, kpi_id=kpi_id, content=json_text.encode(state), updated_at=to_ms(now)
    )
    news = {"content": statement.excluded.content, "updated_at": statement.excluded.updated_at}
    conn.execute(
        statement.on_conflict_do_update(index_elements=[kpi_state.c.site, kpi_state.c.kpi_id], set_=news)
    )


def get(conn: Connection, site: str, kpi_id: str, shape: Any = object) -> Any:
    """The state, as the type `shape` where one is named; None where there is none."""
    mine = (kpi_state.c.site == site, kpi_state.c.kpi_id == kpi_id)
    text = conn.execute(select(kpi_state.c.content).where(*mine)).scalar()
    return None if text is None else json_text.decode(text, shape)


def all(conn: Connection, site: str, shape: Any = object) -> dict[str, Any]:
    """The states of every KPI of the site, by id."""
    rows = conn.execute(
        select(kpi_state.c.kpi_id, kpi_state.c.content)
        .where(kpi_state.c.site == site)
        .order_by(kpi_state.c.kpi_id)
    )
    return {kpi_id: json_text.decode(content, shape) for kpi_id, content in rows}


def record(conn: Connection, site: str, kpi_id: str, reading: Reading) -> None:
    """Keep a reading; a second one of the same millisecond takes the place of the first. None is a reading that is missing."""
    statement = insert_into(conn, kpi_reading).values(
        site=site, kpi_id=kpi_id, at=to_ms(reading.at), value=fraction_text(reading.value)
    )
    key = [kpi_reading.c.site, kpi_reading.c.kpi_id, kpi_reading.c.at]
    conn.execute(
        statement.on_conflict_do_update(index_elements=key, set_={"value": statement.excluded.value})
    )


def readings(conn: Connection, site: str, kpi_id: str, since: datetime | None = None) -> tuple[Reading, ...]:
    """What was read, oldest first; with `since` only readings at or after it."""
    statement = select(kpi_reading.c.at, kpi_reading.c.value).where(
        kpi_reading.c.site == site, kpi_reading.c.kpi_id == kpi_id
    )
    if since is not None:
        statement = statement.where(kpi_reading.c.at >= to_ms(since))
    rows = conn.execute(statement.order_by(kpi_reading.c.at))
    return tuple(Reading(from_ms(at), fraction_of(value)) for at, value in rows)
