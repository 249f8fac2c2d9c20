"""The tables of reads: how far a full read is, up to when everything was read, what asked for it, and what fails."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Table, Text

from connectors.store.schema import columns

resync_run = Table(
    "resync_run",
    columns.metadata,
    columns.site(),
    columns.text("read"),
    columns.text("holder"),
    columns.text("content"),
    columns.number("saved_at"),
)

resync_page = Table(
    "resync_page",
    columns.metadata,
    columns.site(),
    columns.part("read"),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    columns.text("content"),
    sqlite_with_rowid=False,
)

read_request = Table(
    "read_request",
    columns.metadata,
    columns.site(),
    columns.number("asked"),
    columns.number("served"),
    columns.number("at"),
)

full_read = Table(
    "full_read",
    columns.metadata,
    columns.site(),
    columns.number("at"),
    Column("revision", Text),
    Column("issues", BigInteger),
    Column("wrong", BigInteger),
)

recent_read = Table(
    "recent_read",
    columns.metadata,
    columns.site(),
    Column("at", BigInteger),
    columns.number("wrong"),
    Column("wrong_at", BigInteger),
)

watermark = Table(
    "watermark",
    columns.metadata,
    columns.site(),
    columns.part("place"),
    columns.number("at"),
    columns.text("under"),
)

read_failure = Table(
    "read_failure",
    columns.metadata,
    columns.site(),
    columns.part("kind"),
    columns.number("since"),
    columns.number("at"),
    columns.number("tries"),
    columns.text("error"),
    columns.text("remedy"),
)
