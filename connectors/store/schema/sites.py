"""The tables of sites and their mappings: the site itself, what Jira lists there, revisions, drafts, what is read and named for them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text

from connectors.store.schema import columns

site = Table(
    "site",
    columns.metadata,
    columns.part("name"),
    columns.text("settings"),
    Column("credentials", LargeBinary),
    columns.number("created_at"),
    columns.number("updated_at"),
)

oauth_grant = Table(
    "oauth_grant",
    columns.metadata,
    columns.site(),
    columns.text("basis"),
    columns.number("generation"),
    Column("tokens", LargeBinary),
    Column("expires_at", BigInteger),
    Column("begun_at", BigInteger),
    Column("granted_at", BigInteger),
    Column("holder", Text),
    Column("lease_until", BigInteger),
    columns.text("fault"),
    Column("account", Text, nullable=False, server_default=""),
    Column("account_name", Text, nullable=False, server_default=""),
)

oauth_consent = Table(
    "oauth_consent",
    columns.metadata,
    columns.part("state"),
    columns.text("site"),
    columns.text("actor"),
    columns.text("callback"),
    columns.number("until"),
    Column("tokens", LargeBinary),
)

revision = Table(
    "revision",
    columns.metadata,
    columns.site(),
    columns.part("revision"),
    columns.text("text"),
    columns.text("author"),
    columns.number("created_at"),
)

binding = Table(
    "binding",
    columns.metadata,
    columns.site(),
    columns.part("revision"),
    columns.number("version"),
    columns.text("content"),
)

activation = Table(
    "activation",
    columns.metadata,
    columns.serial(),
    columns.text("site"),
    columns.text("revision"),
    columns.text("by"),
    columns.number("at"),
    columns.text("preview_hash"),
    Index(None, "site"),
)

catalogue = Table(
    "catalogue",
    columns.metadata,
    columns.site(),
    columns.text("content"),
    Column("read_at", BigInteger),
)

api_version = Table("api_version", columns.metadata, columns.site(), columns.number("version"))

webhook_state = Table(
    "webhook_state",
    columns.metadata,
    columns.site(),
    Column("registered", BigInteger),
    columns.number("enabled"),
    columns.number("at"),
    Column("events", Text),
    columns.text("filters"),
    Column("expires_at", BigInteger),
)

app_webhook = Table(
    "app_webhook",
    columns.metadata,
    columns.site(),
    columns.text("address"),
    columns.text("fault"),
    columns.text("remedy"),
)

draft = Table(
    "draft",
    columns.metadata,
    columns.site(),
    Column("account_id", BigInteger, primary_key=True, autoincrement=False),
    columns.text("text"),
    columns.text("base"),
    columns.number("at"),
)

name_comparison = Table(
    "name_comparison",
    columns.metadata,
    columns.site(),
    columns.text("revision"),
    columns.number("at"),
    columns.text("renames"),
    columns.text("absences"),
)

former_name = Table(
    "former_name",
    columns.metadata,
    columns.site(),
    columns.part("field_id"),
    columns.part("name"),
    columns.text("type"),
    columns.text("custom"),
    columns.number("serial"),
)

activation_run = Table(
    "activation_run",
    columns.metadata,
    columns.site(),
    columns.text("revision"),
    columns.text("text"),
    columns.text("file"),
    columns.text("by"),
    columns.number("large"),
    columns.number("began"),
    columns.number("seen"),
    columns.number("done"),
    Column("total", BigInteger),
    columns.text("failed"),
    columns.number("held"),
    Column("refused", BigInteger, nullable=False, server_default="0"),
    Column("worker", Text, nullable=False, server_default=""),
)

coming_mapping = Table(
    "coming_mapping",
    columns.metadata,
    columns.site(),
    columns.text("text"),
    columns.text("revision"),
    columns.text("scope"),
    columns.text("fields"),
    columns.text("metrics"),
    columns.number("began"),
    columns.number("complete"),
)

backfill = Table(
    "backfill",
    columns.metadata,
    columns.site(),
    columns.text("revision"),
    columns.number("at"),
    columns.number("points"),
)
