"""Writes that Jira refused for good: one row per objective, issue and field, until a person or a new mapping mends it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select

from connectors.store.instant import from_ms, to_ms
from connectors.store.schema import refusal as table
from connectors.store.sql import insert_into, plain
from mappings.planning import Change

LONGEST_TEXT = 2_000
_OF_OBJECTIVE = select(table.c.issue_id, table.c.field_id).where(
    table.c.site == bindparam("site"),
    table.c.objective_id == bindparam("objective"),
    table.c.mapping_revision == bindparam("revision"),
)


@dataclass(frozen=True, slots=True)
class Refused:
    """One field that could not be written, what Jira said, and what to do about it."""

    site: str
    objective_id: str
    issue_id: str
    issue_key: str
    field_id: str
    field_name: str
    message: str
    remedy: str
    mapping_revision: str
    at: datetime


def put(
    conn: Connection,
    site: str,
    objective_id: str,
    change: Change,
    message: str,
    remedy: str,
    mapping_revision: str,
    now: datetime,
) -> None:
    """Keep a refusal in the place of the former one of this field."""
    statement = insert_into(conn, table).values(
        site=site,
        objective_id=objective_id,
        issue_id=change.issue_id,
        field_id=change.field_id,
        issue_key=change.issue_key,
        field_name=plain(change.field_name, LONGEST_TEXT),
        message=plain(message, LONGEST_TEXT),
        remedy=plain(remedy, LONGEST_TEXT),
        mapping_revision=mapping_revision,
        at=to_ms(now),
    )
    key = [table.c.site, table.c.objective_id, table.c.issue_id, table.c.field_id]
    news = {
        name: statement.excluded[name]
        for name in ("issue_key", "field_name", "message", "remedy", "mapping_revision", "at")
    }
    conn.execute(statement.on_conflict_do_update(index_elements=key, set_=news))


def of(conn: Connection, site: str, objective_id: str, mapping_revision: str) -> frozenset[tuple[str, str]]:
    """Issue id and field id of what stands refused; a refusal under another mapping revision no longer counts."""
    rows = conn.execute(
        _OF_OBJECTIVE, {"site": site, "objective": objective_id, "revision": mapping_revision}
    )
    return frozenset((row.issue_id, row.field_id) for row in rows)


def all(conn: Connection, site: str | None = None) -> list[Refused]:
    """Every standing refusal, the latest first."""
    statement = select(table).order_by(table.c.at.desc(), table.c.issue_key, table.c.field_id)
    if site is not None:
        statement = statement.where(table.c.site == site)
    return [
        Refused(
            row.site,
            row.objective_id,
            row.issue_id,
            row.issue_key,
            row.field_id,
            row.field_name,
            row.message,
            row.remedy,
            row.mapping_revision,
            from_ms(row.at),
        )
        for row in conn.execute(statement)
    ]


def clear(
    conn: Connection, site: str, objective_id: str, issue_id: str | None = None, field_id: str | None = None
) -> int:
    """Forget refusals of an objective (of one issue, of one field): the next reconcile tries again. How many there were."""
    statement = delete(table).where(table.c.site == site, table.c.objective_id == objective_id)
    if issue_id is not None:
        statement = statement.where(table.c.issue_id == issue_id)
    if field_id is not None:
        statement = statement.where(table.c.field_id == field_id)
    return conn.execute(statement).rowcount
