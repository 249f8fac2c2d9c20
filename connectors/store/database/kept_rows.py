"""How many rows are kept of what grows, and how many bytes they hold. Reads all of them: for a person who asks, never by the clock."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, LargeBinary, Table, Text, cast, func, select
from sqlalchemy.types import TypeEngine

from connectors.store.schema import (
    check_in,
    check_in_reply,
    closing,
    cycle_end,
    cycle_line,
    cycle_lock,
    delivery,
    history,
    issue,
    issue_history,
    kpi_former_reading,
    kpi_period,
    kpi_reading,
    learning,
    objective,
    plan,
    snapshot,
    write,
)

NUMBER = 8
"""Bytes that a number or an instant is counted as."""
WHAT_GROWS: tuple[tuple[str, tuple[Table, ...]], ...] = (
    ("issues", (issue,)),
    ("histories of issues", (issue_history,)),
    ("objectives", (objective,)),
    ("steps of objectives", (history, snapshot)),
    ("writes to Jira", (plan, write)),
    ("deliveries", (delivery,)),
    ("readings of KPIs", (kpi_reading, kpi_former_reading)),
    ("counted periods of KPIs", (kpi_period,)),
    ("check-ins and answers to them", (check_in, check_in_reply)),
    ("ends, locks and closings of cycles", (cycle_end, cycle_line, cycle_lock, closing)),
    ("what was learnt in cycles", (learning,)),
)


@dataclass(frozen=True, slots=True)
class KeptRows:
    """What is kept of one kind, of one site. `bytes` is what the values hold, without indexes and empty space."""

    what: str
    rows: int
    bytes: int


def kept_rows(conn: Connection, site: str) -> tuple[KeptRows, ...]:
    """Of everything that grows."""
    return tuple(_kept(conn, site, what, tables) for what, tables in WHAT_GROWS)


def _kept(conn: Connection, site: str, what: str, tables: tuple[Table, ...]) -> KeptRows:
    rows, held = 0, 0
    for table in tables:
        lengths = [_bytes(conn.dialect.name, column, column.type) for column in table.c]
        whole = sum(lengths[1:], start=lengths[0])
        statement = select(func.count(), func.coalesce(func.sum(whole), 0)).where(table.c.site == site)
        found = conn.execute(statement).one()
        rows, held = rows + int(found[0]), held + int(found[1])
    return KeptRows(what, rows, held)


def _bytes(dialect: str, column: ColumnElement[object], kind: TypeEngine[object]) -> ColumnElement[int]:
    if not isinstance(kind, Text | LargeBinary):
        return func.coalesce(column * 0 + NUMBER, 0)
    if dialect == "sqlite":
        return func.coalesce(func.length(cast(column, LargeBinary)), 0)
    return func.coalesce(func.octet_length(column), 0)
