"""The tables of who may see what."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table

from connectors.store.schema import columns

site_visibility = Table(
    "site_visibility", columns.metadata, columns.site(), columns.text("mode"), columns.number("at")
)

account_person = Table(
    "account_person",
    columns.metadata,
    Column(
        "account_id",
        BigInteger,
        ForeignKey("account.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    columns.site(),
    columns.text("person"),
    columns.text("name"),
    columns.text("proof"),
    columns.number("proven_at"),
)

issue_sight = Table(
    "issue_sight",
    columns.metadata,
    columns.site(),
    columns.part("person"),
    columns.part("issue_id"),
    columns.number("may"),
    columns.number("asked_at"),
    Index(None, "site", "issue_id"),
    Index(None, "asked_at"),
)

counted_span = Table(
    "counted_span",
    columns.metadata,
    columns.site(),
    columns.part("objective_id"),
    columns.part("issue_id"),
    columns.number("since"),
    Column("until", BigInteger),
    sqlite_with_rowid=False,
)

project_sight = Table(
    "project_sight",
    columns.metadata,
    columns.site(),
    columns.part("person"),
    columns.part("project_id"),
    columns.number("at"),
    sqlite_with_rowid=False,
)

departed_sight = Table(
    "departed_sight",
    columns.metadata,
    columns.site(),
    columns.part("issue_id"),
    columns.part("person"),
    columns.number("at"),
    sqlite_with_rowid=False,
)
