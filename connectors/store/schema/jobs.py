"""The tables of processes and their jobs: who lives, what runs by the clock, what a person asked for, which engine is installed."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, Index, Table, Text

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

schedule = Table(
    "schedule",
    columns.metadata,
    columns.site(),
    columns.part("name"),
    Column("last_at", BigInteger),
    Column("holder", Text),
    Column("until", BigInteger),
)

pace_day = Table("pace_day", columns.metadata, columns.site(), columns.text("day"))

process = Table(
    "process",
    columns.metadata,
    columns.part("id"),
    *(columns.text(name) for name in ("host", "role", "place", "began", "counted")),
    *(columns.number(name) for name in ("pid", "at", "wanted", "workers")),
    Index(None, "at"),
)

process_crash = Table(
    "process_crash",
    columns.metadata,
    columns.part("id"),
    *(columns.text(name) for name in ("role", "host")),
    *(columns.number(name) for name in ("pid", "last", "found")),
    Index(None, "found"),
)

former_call = Table(
    "former_call", columns.metadata, columns.site(), columns.part("call"), columns.number("calls")
)

former_lag = Table(
    "former_lag",
    columns.metadata,
    columns.site(),
    columns.text("classes"),
    Column("seconds", Double, nullable=False),
)

engine_version = Table("engine_version", columns.metadata, columns.part("engine"), columns.text("version"))
