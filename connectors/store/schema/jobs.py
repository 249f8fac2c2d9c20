"""The tables of processes and their jobs: who lives, what runs by the clock, what a person asked for, which engine is installed."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Table

from connectors.store.schema import columns

background_job = Table(
    "background_job",
    columns.metadata,
    columns.site(),
    columns.part("name"),
    columns.text("by"),
    columns.number("began"),
    columns.number("seen"),
    columns.text("state"),
    columns.number("done"),
    Column("total", BigInteger),
    columns.text("said"),
    columns.text("todo"),
    columns.number("at_first"),
    Column("counting", BigInteger),
)
