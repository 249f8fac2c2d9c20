"""The tables of what Jira grants the connector, as all processes know it together."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Table

from connectors.store.schema import columns

pause = Table(
    "pause",
    columns.metadata,
    columns.site(),
    columns.part("what"),
    columns.number("until"),
    columns.number("strikes"),
    columns.text("reason"),
)

caller = Table("caller", columns.metadata, columns.site(), columns.part("id"), columns.number("at"))

quota = Table(
    "quota",
    columns.metadata,
    columns.site(),
    columns.number("remaining"),
    Column("most", BigInteger),
    Column("until", BigInteger),
    columns.number("at"),
)

call_minute = Table(
    "call_minute",
    columns.metadata,
    columns.site(),
    Column("minute", BigInteger, primary_key=True, autoincrement=False),
    columns.number("calls"),
)
